namespace DigitalTwin.Privacy.Quantisation;

/// <summary>
/// Real vectors as words of Z/2^64, such that a sum of a known number of them decodes to the sum of the reals.
/// </summary>
/// <remarks>
/// A word is round(x · 2^s) in two's complement, halves to even. Integers are summed, so the result depends neither on
/// the order of the addends nor on the masks that cancel in between, and is the same on every processor.
/// </remarks>
public sealed class FixedPoint
{
    /// <summary>
    /// Bits of the largest sum: one bit below the sign stays free, so that rounding cannot reach it either.
    /// </summary>
    private const int SumBits = 62;

    private readonly double _limit;

    /// <param name="scaleBits">s: the grid is 2^-s. From 0 to 61.</param>
    /// <param name="addends">Number of vectors that will be added at most.</param>
    public FixedPoint(int scaleBits, int addends)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(scaleBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(scaleBits, SumBits);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(addends);
        ScaleBits = scaleBits;
        Addends = addends;

        // If the division rounds up, no double lies between the true and the stored limit; if down, we refuse early.
        _limit = Math.ScaleB(1, SumBits) / addends;
    }

    /// <summary>s: one grid unit is 2^-s.</summary>
    public int ScaleBits { get; }

    /// <summary>Number of vectors that may be added without wrapping around.</summary>
    public int Addends { get; }

    /// <summary>
    /// Largest difference, per coordinate, between the sum of <see cref="Addends"/> reals and the decoded sum of their
    /// words: half a grid unit each. A sum beyond 2^53 grid units adds its own rounding to a double, 2^-53 of itself.
    /// </summary>
    public double ErrorBound => Math.ScaleB(Addends, -(ScaleBits + 1));

    /// <summary>Writes one word per value.</summary>
    /// <exception cref="QuantisationException">
    /// A value is not finite or |x| · 2^s ≥ 2^62 / addends. <paramref name="words"/> is then left as it was.
    /// </exception>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Encode(ReadOnlySpan<double> values, Span<ulong> words)
    {
        if (values.Length != words.Length)
        {
            throw new ArgumentException($"Expected {values.Length} words, got {words.Length}.", nameof(words));
        }

        for (int i = 0; i < values.Length; i++)
        {
            // Written so that NaN fails it too. Scaling by a power of two is exact.
            if (!(Math.Abs(Math.ScaleB(values[i], ScaleBits)) < _limit))
            {
                // The value may be a patient's: the message names the place only.
                throw new QuantisationException(
                    i, $"Value {i} is not finite or not below 2^{SumBits} / {Addends} grid units of 2^-{ScaleBits}.");
            }
        }

        for (int i = 0; i < values.Length; i++)
        {
            long grid = (long)Math.Round(Math.ScaleB(values[i], ScaleBits), MidpointRounding.ToEven);
            words[i] = unchecked((ulong)grid);
        }
    }

    /// <summary>The reals that the words, or a sum of words, stand for.</summary>
    public double[] Decode(ReadOnlySpan<ulong> words)
    {
        double[] values = new double[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            values[i] = Math.ScaleB((double)unchecked((long)words[i]), -ScaleBits);
        }

        return values;
    }
}
