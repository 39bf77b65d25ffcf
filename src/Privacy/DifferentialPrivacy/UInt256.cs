using System.Numerics;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Integers from 0 to 2^256 − 1, with the few operations that an acceptance probability needs.</summary>
/// <remarks>
/// The probabilities of <see cref="DiscreteGaussian"/> have denominators near 2σ⁴, which is 161 bits at its largest σ.
/// Unbounded integers allocate memory for each operation, which took most of the time of a draw.
/// </remarks>
internal readonly struct UInt256
{
    /// <summary>Numbers below it can be multiplied by 32 bits.</summary>
    internal static readonly BigInteger LargestFactor = BigInteger.One << 224;

    private const int WordBits = 64;

    private readonly ulong _word0;
    private readonly ulong _word1;
    private readonly ulong _word2;
    private readonly ulong _word3;

    private UInt256(ulong word0, ulong word1, ulong word2, ulong word3)
    {
        _word0 = word0;
        _word1 = word1;
        _word2 = word2;
        _word3 = word3;
    }

    /// <summary>The number itself; it must be from 0 to 2^256 − 1.</summary>
    internal static UInt256 From(BigInteger value)
    {
        ulong mask = ulong.MaxValue;
        return new UInt256(
            (ulong)(value & mask),
            (ulong)((value >> WordBits) & mask),
            (ulong)((value >> (2 * WordBits)) & mask),
            (ulong)(value >> (3 * WordBits)));
    }

    internal static UInt256 Square(UInt128 value) => unchecked(SquareOf((ulong)(value >> WordBits), (ulong)value));

    /// <summary>
    /// A uniform number below <paramref name="bound"/>, which is not 0, of the same bytes as
    /// <see cref="RandomBits.Below(BigInteger)"/>.
    /// </summary>
    internal static UInt256 DrawBelow(UInt256 bound, RandomBits bits)
    {
        int length = bound.Less(new UInt256(1, 0, 0, 0)).BitLength;
        int bytes = (length + 7) / 8;
        while (true)
        {
            UInt256 candidate = new(
                Word(length, bytes, bits),
                Word(length - WordBits, bytes - sizeof(ulong), bits),
                Word(length - (2 * WordBits), bytes - (2 * sizeof(ulong)), bits),
                Word(length - (3 * WordBits), bytes - (3 * sizeof(ulong)), bits));
            if (candidate.IsBelow(bound))
            {
                return candidate;
            }
        }
    }

    internal BigInteger ToBigInteger() =>
        (((((((BigInteger)_word3 << WordBits) | _word2) << WordBits) | _word1) << WordBits) | _word0);

    /// <summary>Whether this is smaller than <paramref name="other"/>.</summary>
    internal bool IsBelow(UInt256 other)
    {
        // The highest words that differ decide, nearly always the first or second pair.
        if (_word3 != other._word3)
        {
            return _word3 < other._word3;
        }

        if (_word2 != other._word2)
        {
            return _word2 < other._word2;
        }

        return _word1 != other._word1 ? _word1 < other._word1 : _word0 < other._word0;
    }

    /// <summary>The difference; <paramref name="other"/> is not larger.</summary>
    internal UInt256 Less(UInt256 other)
    {
        unchecked
        {
            UInt128 lower = Lower - other.Lower;
            UInt128 upper = Upper - other.Upper - (Lower < other.Lower ? UInt128.One : UInt128.Zero);
            return new UInt256((ulong)lower, (ulong)(lower >> WordBits), (ulong)upper, (ulong)(upper >> WordBits));
        }
    }

    /// <summary>The product, for numbers below <see cref="LargestFactor"/>.</summary>
    internal UInt256 Times(uint factor)
    {
        unchecked
        {
            ulong carry0 = Math.BigMul(_word0, factor, out ulong low0);
            ulong carry1 = Math.BigMul(_word1, factor, out ulong low1);
            ulong carry2 = Math.BigMul(_word2, factor, out ulong low2);
            low1 += carry0;
            carry1 += low1 < carry0 ? 1ul : 0;
            low2 += carry1;
            carry2 += low2 < carry1 ? 1ul : 0;
            return new UInt256(low0, low1, low2, (_word3 * factor) + carry2);
        }
    }

    private UInt128 Lower => new(_word1, _word0);

    private UInt128 Upper => new(_word3, _word2);

    private int BitLength
    {
        get
        {
            if (_word3 != 0)
            {
                return (4 * WordBits) - BitOperations.LeadingZeroCount(_word3);
            }

            if (_word2 != 0)
            {
                return (3 * WordBits) - BitOperations.LeadingZeroCount(_word2);
            }

            return _word1 != 0
                ? (2 * WordBits) - BitOperations.LeadingZeroCount(_word1)
                : WordBits - BitOperations.LeadingZeroCount(_word0);
        }
    }

    private static UInt256 SquareOf(ulong high, ulong low)
    {
        unchecked
        {
            // (h·2^64 + l)² = h²·2^128 + 2·h·l·2^64 + l².
            ulong low1 = Math.BigMul(low, low, out ulong low0);
            ulong middle1 = Math.BigMul(high, low, out ulong middle0);
            ulong high1 = Math.BigMul(high, high, out ulong high0);
            UInt128 upper = new(high1, high0);
            ulong doubled0 = middle0 << 1;
            UInt128 doubled = new UInt128(middle1 >> 63, (middle1 << 1) | (middle0 >> 63));
            ulong word1 = low1 + doubled0;
            upper += doubled + (word1 < low1 ? UInt128.One : UInt128.Zero);
            return new UInt256(low0, word1, (ulong)upper, (ulong)(upper >> WordBits));
        }
    }

    /// <summary>The next word of a number that has so many bits and bytes left, from this word on.</summary>
    private static ulong Word(int length, int bytes, RandomBits bits)
    {
        if (length <= 0)
        {
            return 0;
        }

        ulong word = bits.NextBytes(int.Min(bytes, sizeof(ulong)));
        return length >= WordBits ? word : word & (ulong.MaxValue >> (WordBits - length));
    }
}
