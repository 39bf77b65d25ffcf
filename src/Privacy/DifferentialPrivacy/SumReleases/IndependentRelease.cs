namespace DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

/// <summary>Every sum gets noise of its own: DP-SGD.</summary>
/// <remarks>
/// Abadi et al., "Deep Learning with Differential Privacy", CCS 2016, algorithm 1, with the exact discrete Gaussian of
/// <see cref="DiscreteGaussian"/> on the grid of <see cref="GradientClipping"/>. What the grid costs:
/// <see cref="EulerMaclaurinSlack"/>.
/// </remarks>
public sealed class IndependentRelease : SumRelease
{
    private readonly DiscreteGaussian _gaussian;
    private readonly long[] _noise;

    /// <param name="coordinates">Length of a sum.</param>
    /// <param name="sensitivityGrid">The sensitivity in grid units.</param>
    /// <param name="noiseMultiplier">σ over the sensitivity.</param>
    /// <param name="noiseOfStep">The bits of each step; a source of its own per step.</param>
    public IndependentRelease(
        int coordinates, double sensitivityGrid, double noiseMultiplier, Func<int, RandomBits> noiseOfStep)
        : base(coordinates, noiseMultiplier, noiseOfStep)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sensitivityGrid);
        SigmaGrid = noiseMultiplier * sensitivityGrid;
        SlackOfStep = EulerMaclaurinSlack.Of(coordinates, SigmaGrid, noiseMultiplier);

        _gaussian = new DiscreteGaussian(VarianceOf(SigmaGrid));
        _noise = new long[coordinates];
    }

    /// <summary>σ in grid units.</summary>
    public double SigmaGrid { get; }

    /// <summary>What the grid adds to δ in every step.</summary>
    public double SlackOfStep { get; }

    protected override void ReleaseSum(int number, ReadOnlySpan<long> sum, Span<double> released)
    {
        RandomBits bits = NoiseOfStep(number);
        _gaussian.Fill(_noise, bits);
        for (int i = 0; i < sum.Length; i++)
        {
            released[i] = sum[i] + _noise[i];
        }

        Array.Clear(_noise);
        (bits as IDisposable)?.Dispose();
    }
}
