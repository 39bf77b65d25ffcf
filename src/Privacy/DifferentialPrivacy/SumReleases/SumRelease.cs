using System.Numerics;

namespace DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

/// <summary>The sums of a training run, released one after another with noise.</summary>
/// <remarks>
/// A sum is a vector of integers that one patient changes by at most the clip of <see cref="GradientClipping"/>.
/// Whatever is written out is computed from integers plus exact discrete Gaussian noise and nothing else of the
/// patients. Not safe for concurrent use.
/// </remarks>
public abstract class SumRelease
{
    // More than the roundings on the way to a variance come to: it must not fall short of what is accounted.
    private const double RoundingUp = 1 + (1.0 / (1L << 48));

    protected SumRelease(int coordinates, double noiseMultiplier, Func<int, RandomBits> noiseOfStep)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(coordinates);
        ArgumentNullException.ThrowIfNull(noiseOfStep);
        Coordinates = coordinates;
        NoiseMultiplier = noiseMultiplier > 0 && double.IsFinite(noiseMultiplier)
            ? noiseMultiplier
            : throw new ArgumentOutOfRangeException(
                nameof(noiseMultiplier), noiseMultiplier, "A noise multiplier is a number above zero.");
        NoiseOfStep = noiseOfStep;
    }

    /// <summary>Length of a sum.</summary>
    public int Coordinates { get; }

    /// <summary>Standard deviation of the fresh noise over the clip.</summary>
    public double NoiseMultiplier { get; }

    /// <summary>How many sums have been released.</summary>
    public int Steps { get; private set; }

    /// <summary>The bits from which the noise of a step is drawn; no two steps share any.</summary>
    protected Func<int, RandomBits> NoiseOfStep { get; }

    /// <summary>Releases the next sum.</summary>
    /// <param name="sum">The exact sum, in grid units.</param>
    /// <param name="released">Gets an unbiased estimate of it, in grid units.</param>
    /// <exception cref="ArgumentException">A vector has another length.</exception>
    public void Release(ReadOnlySpan<long> sum, Span<double> released)
    {
        if (sum.Length != Coordinates || released.Length != Coordinates)
        {
            throw new ArgumentException(
                $"Expected {Coordinates} sums and estimates, got {sum.Length} and {released.Length}.");
        }

        // Counted first: a step that fails half-way must not be given again with the same noise.
        CheckStep(Steps);
        int number = Steps++;
        ReleaseSum(number, sum, released);
    }

    /// <summary>Refuses a step that the noise was not planned for.</summary>
    /// <exception cref="InvalidOperationException">There is no such step.</exception>
    private protected virtual void CheckStep(int number)
    {
    }

    /// <summary>σ² as a whole number, rounded up.</summary>
    private protected static BigInteger VarianceOf(double sigmaGrid) =>
        new(Math.Ceiling(sigmaGrid * sigmaGrid * RoundingUp));

    protected abstract void ReleaseSum(int number, ReadOnlySpan<long> sum, Span<double> released);
}
