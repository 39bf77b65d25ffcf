namespace DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

/// <summary>The sums of a training run, released one after another with noise.</summary>
/// <remarks>
/// A sum is a vector of integers that one patient changes by at most the clip of <see cref="GradientClipping"/>.
/// Whatever is written out is computed from integers plus exact discrete Gaussian noise and nothing else of the
/// patients. Not safe for concurrent use.
/// </remarks>
public abstract class SumRelease
{
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
        int number = Steps++;
        Release(number, sum, released);
    }

    protected abstract void Release(int number, ReadOnlySpan<long> sum, Span<double> released);
}
