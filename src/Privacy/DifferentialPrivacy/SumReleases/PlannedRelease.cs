using System.Numerics;

namespace DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

/// <summary>
/// Sums whose noise is correlated between steps, so that the sums over all steps so far, which is what training adds
/// up, carry less of it.
/// </summary>
/// <remarks>
/// The matrix mechanism for prefix sums: with A the lower triangle of ones and A = BC, what is noised is C·G, G the
/// sums of the steps as rows; B(CG + Z) is then an estimate of the prefix sums (Denisov, McMahan, Rush, Smith and
/// Thakurta, "Improved Differential Privacy for SGD via Optimal Private Linear Operators on Adaptive Streams", NeurIPS
/// 2022, who also prove that the sums may depend on what was released before). C has whole numbers only and Z is the
/// discrete Gaussian: CG + Z is released in integers. The whole run, planned beforehand, is one Gaussian mechanism of
/// <see cref="SumRelease.NoiseMultiplier"/>. No sampling is needed, and none is accounted.
/// </remarks>
public abstract class PlannedRelease : SumRelease
{
    private readonly DiscreteGaussian _gaussian;

    private protected PlannedRelease(
        int coordinates,
        double clipGrid,
        double noiseMultiplier,
        TrainingPlan plan,
        BigInteger squaredFactor,
        Func<int, RandomBits> noiseOfStep)
        : base(coordinates, noiseMultiplier, noiseOfStep)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clipGrid);
        Plan = plan;
        FactorSensitivity = Math.Sqrt((double)squaredFactor);
        SigmaGrid = noiseMultiplier * clipGrid * FactorSensitivity;

        // A patient shifts every release by a fixed share of the whole, so the shares' μ² add up to 1/z². Each release
        // is at most the whole: T·(d + μ²) covers T·d + Σ μ².
        GridSlack = plan.Steps * EulerMaclaurinSlack.Of(coordinates, SigmaGrid, noiseMultiplier);
        _gaussian = new DiscreteGaussian(VarianceOf(SigmaGrid));
    }

    /// <summary>The run that the noise is meant for.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>The L2 sensitivity of C·G in units of one patient's clip, over a whole run.</summary>
    public double FactorSensitivity { get; }

    /// <summary>σ of the fresh noise in grid units.</summary>
    public double SigmaGrid { get; }

    /// <summary>What the grid adds to δ in the whole run.</summary>
    public double GridSlack { get; }

    private protected sealed override void CheckStep(int number)
    {
        if (number >= Plan.Steps)
        {
            throw new InvalidOperationException($"The noise was planned for {Plan.Steps} steps.");
        }
    }

    private protected void DrawNoise(int number, Span<long> noise)
    {
        RandomBits bits = NoiseOfStep(number);
        _gaussian.Fill(noise, bits);
        (bits as IDisposable)?.Dispose();
    }
}
