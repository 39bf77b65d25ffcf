using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>
/// Rounds a vector to integers at random and without bias, again and again until its L2 norm is within a bound.
/// </summary>
/// <remarks>
/// <para>Algorithm 1, steps 3 and 4, of Kairouz, Liu and Steinke, "The Distributed Discrete Gaussian Mechanism for
/// Federated Learning with Secure Aggregation", ICML 2021. A coordinate with integer part i and fraction f becomes
/// i + 1 with probability f, towards or away from zero alike. The bound is compared in 128-bit integers, so it holds
/// whatever floating point did before: it is the sensitivity that an accountant may use.</para>
/// <para><b>Exactness.</b> The fraction of a double below 2^50 is itself a double, without rounding. It is compared
/// with 64 uniform bits: the probability is ⌊f·2^64⌋/2^64, at most 2^-64 below f. Sixteen of the bits are drawn for
/// every coordinate; they decide unless they equal those of f, once in 65,536, and then the other 48 are drawn.</para>
/// <para><b>Draws.</b> If ‖x‖ ≤ c and the bound is <see cref="SquaredBoundFor"/> of c, one draw fails with probability
/// at most β, and r in a row with probability at most β^r. After <see cref="MaximumDraws"/>, which has probability at
/// most 2^-128, the vector was longer than c and an exception is thrown.</para>
/// </remarks>
public sealed class ConditionalRounding
{
    /// <summary>
    /// 2^50: coordinates stay below it in magnitude, so that their fractions are exact and 2^26 squares fit 128 bits.
    /// </summary>
    public const double LargestMagnitude = 1L << 50;

    // Coordinates whose first random bits are drawn at once.
    private const int BatchLength = 1024;
    private const int FirstBits = 16;
    private const double FirstScale = 1 << FirstBits;
    private const int FurtherBits = 48;
    private const double FurtherScale = 1L << FurtherBits;

    /// <param name="squaredBound">Largest Σ x² of a rounded vector.</param>
    /// <param name="beta">β: largest probability that one draw fails, above 0 and below 1.</param>
    public ConditionalRounding(UInt128 squaredBound, double beta)
    {
        RequireBeta(beta);
        SquaredBound = squaredBound;
        MaximumDraws = (int)Math.Min(int.MaxValue, Math.Ceiling(128 * Math.Log(2) / -Math.Log(beta)));
    }

    /// <summary>Largest Σ x² of a rounded vector.</summary>
    public UInt128 SquaredBound { get; }

    /// <summary>⌈128 / log2(1/β)⌉.</summary>
    public int MaximumDraws { get; }

    /// <summary>
    /// ⌊min{(c + √d)², c² + d/4 + √(2·ln(1/β))·(c + √d/2)}⌋: the bound that a vector of norm c, rounded once, keeps
    /// with probability at least 1 − β. Kairouz, Liu and Steinke 2021, equation 2 with γ = 1.
    /// </summary>
    /// <remarks>
    /// Double arithmetic is 2^-51 off at most; the result is itself the bound that is enforced, so this moves only β.
    /// </remarks>
    /// <param name="norm">c in units of the integers, at most 2^50.</param>
    /// <param name="dimension">d: coordinates that are rounded.</param>
    /// <param name="beta">β, above 0 and below 1.</param>
    public static UInt128 SquaredBoundFor(double norm, int dimension, double beta)
    {
        if (!(norm >= 0 && norm <= LargestMagnitude))
        {
            throw new ArgumentOutOfRangeException(nameof(norm), norm, "From 0 to 2^50 units.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        RequireBeta(beta);
        double root = Math.Sqrt(dimension);
        double certain = (norm + root) * (norm + root);
        double likely = (norm * norm) + (dimension / 4.0)
            + (Math.Sqrt(-2 * Math.Log(beta)) * (norm + (root / 2)));
        return (UInt128)Math.Floor(Math.Min(certain, likely));
    }

    /// <summary>Rounds <paramref name="values"/>.</summary>
    /// <param name="values">In units of the integers.</param>
    /// <param name="bits">Two bytes per coordinate and draw, eight more for one coordinate in 65,536.</param>
    /// <param name="rounded">Same length.</param>
    /// <returns>How many draws it took.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="QuantisationException">A value is not finite or not below 2^50 in magnitude.</exception>
    /// <exception cref="InvalidOperationException">
    /// No draw of <see cref="MaximumDraws"/> was within the bound. <paramref name="rounded"/> is cleared.
    /// </exception>
    public int Round(ReadOnlySpan<double> values, RandomBits bits, Span<long> rounded)
    {
        if (values.Length != rounded.Length)
        {
            throw new ArgumentException($"Expected {values.Length} integers, got {rounded.Length}.", nameof(rounded));
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (!(Math.Abs(values[i]) < LargestMagnitude))
            {
                throw new QuantisationException(i, $"Value {i} is not finite or not below 2^50 units.");
            }
        }

        for (int draw = 1; draw <= MaximumDraws; draw++)
        {
            if (RoundOnce(values, bits, rounded) <= SquaredBound)
            {
                return draw;
            }
        }

        rounded.Clear();
        throw new InvalidOperationException(
            $"The vector is longer than the bound allows: {MaximumDraws} draws failed.");
    }

    /// <summary>One draw; returns Σ x² of it.</summary>
    // Optimised at once, because a vector is rounded in one or two calls.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static UInt128 RoundOnce(ReadOnlySpan<double> values, RandomBits bits, Span<long> rounded)
    {
        Span<byte> drawn = stackalloc byte[BatchLength * sizeof(ushort)];
        ulong low = 0;
        ulong high = 0;
        for (int start = 0; start < values.Length; start += BatchLength)
        {
            int length = int.Min(BatchLength, values.Length - start);
            ReadOnlySpan<double> batch = values.Slice(start, length);
            Span<long> integers = rounded.Slice(start, length);
            bits.Fill(drawn[..(length * sizeof(ushort))]);
            for (int i = 0; i < length; i++)
            {
                double magnitude = Math.Abs(batch[i]);
                long whole = (long)magnitude;
                double threshold = (magnitude - whole) * FirstScale;
                long first = (long)threshold;
                long uniform = BinaryPrimitives.ReadUInt16LittleEndian(drawn.Slice(i * sizeof(ushort), sizeof(ushort)));
                bool up = uniform == first ? FurtherBitsAreBelow(threshold - first, bits) : uniform < first;
                whole += up ? 1 : 0;
                integers[i] = batch[i] < 0 ? -whole : whole;

                ulong carried = Math.BigMul((ulong)whole, (ulong)whole, out ulong square);
                low = unchecked(low + square);
                high += carried + (low < square ? 1ul : 0);
            }
        }

        CryptographicOperations.ZeroMemory(drawn);
        return new UInt128(high, low);
    }

    private static bool FurtherBitsAreBelow(double fraction, RandomBits bits) =>
        (long)(bits.NextUInt64() >> (64 - FurtherBits)) < (long)(fraction * FurtherScale);

    private static void RequireBeta(double beta)
    {
        if (!(beta > 0 && beta < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "Above 0 and below 1.");
        }
    }
}
