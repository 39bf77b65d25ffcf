namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Whether a word is prime, without error.</summary>
/// <remarks>
/// Miller–Rabin with the first twelve primes as bases, which has no pseudoprime below 3.3·10^24 (Sorenson and Webster,
/// "Strong pseudoprimes to twelve prime bases", Math. Comp. 86, 2017). Moduli are public: time depends on them.
/// </remarks>
internal static class PrimalityTest
{
    private static ReadOnlySpan<byte> Bases => [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

    internal static bool IsPrime(ulong candidate)
    {
        if (candidate < 2)
        {
            return false;
        }

        foreach (byte small in Bases)
        {
            if (candidate % small == 0)
            {
                return candidate == small;
            }
        }

        int twos = System.Numerics.BitOperations.TrailingZeroCount(candidate - 1);
        ulong odd = (candidate - 1) >> twos;
        foreach (byte witness in Bases)
        {
            if (ProvesComposite(witness, candidate, odd, twos))
            {
                return false;
            }
        }

        return true;
    }

    private static bool ProvesComposite(ulong witness, ulong candidate, ulong odd, int twos)
    {
        ulong power = Power(witness, odd, candidate);
        if (power == 1 || power == candidate - 1)
        {
            return false;
        }

        for (int squaring = 1; squaring < twos; squaring++)
        {
            power = Product(power, power, candidate);
            if (power == candidate - 1)
            {
                return false;
            }
        }

        return true;
    }

    private static ulong Power(ulong value, ulong exponent, ulong modulus)
    {
        ulong power = 1;
        for (; exponent != 0; exponent >>= 1)
        {
            power = (exponent & 1) == 1 ? Product(power, value, modulus) : power;
            value = Product(value, value, modulus);
        }

        return power;
    }

    private static ulong Product(ulong left, ulong right, ulong modulus) => (ulong)((UInt128)left * right % modulus);
}
