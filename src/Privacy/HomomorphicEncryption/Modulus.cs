using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>
/// Arithmetic modulo one prime below 2^60, without a branch or a division that depends on the operands.
/// </summary>
/// <remarks>
/// Barrett reduction of 128-bit products with the quotient ⌊2^128/q⌋ (Handbook of Applied Cryptography, algorithm
/// 14.42, base 2^64), and Shoup's product with a constant (Harvey, "Faster arithmetic for number-theoretic transforms",
/// 2014, section 2). <see cref="Power"/>, <see cref="Inverse"/> and <see cref="IsPrime"/> are for public values.
/// </remarks>
internal readonly struct Modulus
{
    /// <summary>Bits of the largest prime: lazy reduction keeps values below 8q, and 8q as a signed word.</summary>
    internal const int MostBits = 60;

    private readonly ulong _ratioHigh;
    private readonly ulong _ratioLow;

    internal Modulus(ulong value)
    {
        if (value < 2 || value >> MostBits != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, $"A modulus has 2 to {MostBits} bits.");
        }

        Value = value;
        UInt128 ratio = UInt128.MaxValue / value;
        if (UInt128.MaxValue - (ratio * value) == value - 1)
        {
            ratio += 1;
        }

        _ratioHigh = unchecked((ulong)(ratio >> 64));
        _ratioLow = unchecked((ulong)ratio);
    }

    /// <summary>The modulus q.</summary>
    internal ulong Value { get; }

    /// <summary>⌈log2 q⌉: the bits of a residue.</summary>
    internal int Bits => 64 - BitOperations.LeadingZeroCount(Value - 1);

    /// <summary><paramref name="value"/> mod q.</summary>
    internal ulong Reduce(UInt128 value)
    {
        unchecked
        {
            ulong low = (ulong)value;
            ulong high = (ulong)(value >> 64);

            // The third and fourth words of the product with the ratio; the lowest word cannot carry into the quotient.
            ulong carry = Math.BigMul(low, _ratioLow, out _);
            ulong middleHigh = Math.BigMul(low, _ratioHigh, out ulong middleLow);
            middleLow += carry;
            middleHigh += LessThan(middleLow, carry);
            ulong otherHigh = Math.BigMul(high, _ratioLow, out ulong otherLow);
            otherLow += middleLow;
            otherHigh += LessThan(otherLow, middleLow);
            ulong quotient = (high * _ratioHigh) + middleHigh + otherHigh;
            return SubtractOnce(low - (quotient * Value));
        }
    }

    /// <summary>a·b mod q for any two words.</summary>
    internal ulong Multiply(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return Reduce(new UInt128(high, low));
    }

    /// <summary>a + b mod q for residues.</summary>
    internal ulong Add(ulong a, ulong b) => SubtractOnce(unchecked(a + b));

    /// <summary>a − b mod q for residues.</summary>
    internal ulong Subtract(ulong a, ulong b) => SubtractOnce(unchecked(a + Value - b));

    /// <summary>The residue of a signed integer of magnitude below 2^62, whatever the sign in the same time.</summary>
    internal ulong FromSigned(long value)
    {
        unchecked
        {
            ulong sign = (ulong)(value >> 63);
            ulong magnitude = ((ulong)value ^ sign) - sign;
            ulong residue = Reduce(magnitude);
            return SubtractOnce(((residue ^ sign) - sign) + (Value & sign));
        }
    }

    /// <summary>⌊w·2^64/q⌋, Shoup's constant beside the factor <paramref name="factor"/> below q.</summary>
    internal ulong Quotient(ulong factor) => unchecked((ulong)(((UInt128)factor << 64) / Value));

    /// <summary>b to the power e, mod q.</summary>
    internal ulong Power(ulong basis, ulong exponent)
    {
        ulong result = 1 % Value;
        for (ulong power = basis % Value; exponent != 0; exponent >>= 1)
        {
            result = (exponent & 1) != 0 ? Multiply(result, power) : result;
            power = Multiply(power, power);
        }

        return result;
    }

    /// <summary>a^−1 mod q, q prime (Fermat).</summary>
    internal ulong Inverse(ulong value) => Power(value, Value - 2);

    /// <summary>Miller–Rabin with the bases that decide every 64-bit number (Sorenson and Webster, 2015).</summary>
    internal static bool IsPrime(ulong candidate)
    {
        ReadOnlySpan<ulong> bases = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
        foreach (ulong small in bases)
        {
            if (candidate % small == 0)
            {
                return candidate == small;
            }
        }

        if (candidate < 2)
        {
            return false;
        }

        Modulus modulus = new(candidate);
        int twos = BitOperations.TrailingZeroCount(candidate - 1);
        foreach (ulong basis in bases)
        {
            ulong power = modulus.Power(basis, (candidate - 1) >> twos);
            bool witness = power != 1 && power != candidate - 1;
            for (int i = 1; witness && i < twos; i++)
            {
                power = modulus.Multiply(power, power);
                witness = power != candidate - 1;
            }

            if (witness)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The largest <paramref name="count"/> primes below 2^<paramref name="bits"/> that are 1 mod 2N, largest first.
    /// </summary>
    internal static ulong[] LargestPrimes(int bits, int degree, int count)
    {
        ulong step = 2 * (ulong)degree;
        List<ulong> primes = [];
        for (ulong candidate = (((1ul << bits) - 1) / step * step) + 1; primes.Count < count; candidate -= step)
        {
            if (candidate >> bits == 0 && IsPrime(candidate))
            {
                primes.Add(candidate);
            }
        }

        return [.. primes];
    }

    private static ulong LessThan(ulong a, ulong b) => unchecked((((~a & b) | ((~a | b) & (a - b))) >> 63));

    // value < 2q: the sign of value − q says whether to add q back.
    private ulong SubtractOnce(ulong value)
    {
        unchecked
        {
            ulong reduced = value - Value;
            return reduced + (Value & (ulong)((long)reduced >> 63));
        }
    }
}
