using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>
/// Integers mod t = 2^k lifted to multiples of q/t and rounded back: BFV's encoding, for k up to 192.
/// </summary>
/// <remarks>
/// <para>Up: ⌊(q·m + ⌊(t+1)/2⌋)/t⌋ per coefficient, as SEAL's scalingvariant.cpp. With r = (q·m + t/2) mod t the result
/// is (t/2 − r)·t^−1 modulo every prime of q, because q is zero there: no division by t of long integers.</para>
/// <para>Down: ⌊t·x/q + 1/2⌋ mod t. With y_j = x_j·(q/q_j)^−1 mod q_j the fraction x/q is Σ y_j/q_j mod 1 (Chinese
/// remainders). Each 1/q_j is held to 256 bits, so the sum is short of x/q by less than Σ q_j/2^256, which can change
/// the rounding only where t·x/q lies within 2^(k+63)/2^256 of a half: beyond every noise bound that is
/// accepted.</para>
/// </remarks>
internal sealed class PlaintextScaling
{
    /// <summary>Words of a plaintext coefficient, least significant first.</summary>
    internal const int PlainWords = 3;

    private const int FractionWords = 4;

    private readonly Ring _ring;
    private readonly ulong[] _product;
    private readonly ulong[] _half;
    private readonly ulong[] _mask;
    private readonly ulong[][] _factors;
    private readonly ulong[] _constants;
    private readonly ulong[] _cofactorInverses;
    private readonly ulong[][] _reciprocals;

    internal PlaintextScaling(Ring ring, int plainBits)
    {
        if (plainBits < 1 || plainBits > 64 * PlainWords || ring.Profile.Product.GetBitLength() <= plainBits)
        {
            throw new ArgumentOutOfRangeException(nameof(plainBits), plainBits, "t is 2 to 2^192, and below q.");
        }

        _ring = ring;
        PlainBits = plainBits;
        BigInteger q = ring.Profile.Product;
        BigInteger half = BigInteger.One << (plainBits - 1);
        _product = WordsOf(q, PlainWords);
        _half = WordsOf(half, PlainWords);
        _mask = WordsOf((BigInteger.One << plainBits) - 1, PlainWords);
        _factors = new ulong[ring.PrimeCount][];
        _constants = new ulong[ring.PrimeCount];
        _cofactorInverses = new ulong[ring.PrimeCount];
        _reciprocals = new ulong[ring.PrimeCount][];
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Modulus modulus = ring.Tables[j].Modulus;
            BigInteger prime = modulus.Value;
            BigInteger inverse = modulus.Inverse((ulong)(BigInteger.Pow(2, plainBits) % prime));
            _factors[j] = [.. Enumerable.Range(0, PlainWords)
                .Select(word => (ulong)(prime - ((BigInteger.Pow(2, 64 * word) * inverse) % prime)))];
            _constants[j] = (ulong)((half * inverse) % prime);
            _cofactorInverses[j] = modulus.Inverse((ulong)((q / prime) % prime));
            _reciprocals[j] = WordsOf((BigInteger.One << (64 * FractionWords)) / prime, FractionWords);
        }
    }

    /// <summary>k.</summary>
    internal int PlainBits { get; }

    /// <summary>Replaces m by r = (q·m + t/2) mod t, coefficient by coefficient: what every prime needs of m.</summary>
    internal void Prepare(Span<ulong> plain)
    {
        unchecked
        {
            (ulong q0, ulong q1, ulong q2) = (_product[0], _product[1], _product[2]);
            for (int i = 0; i < plain.Length; i += PlainWords)
            {
                (ulong m0, ulong m1, ulong m2) = (plain[i], plain[i + 1], plain[i + 2]);
                UInt128 low = ((UInt128)q0 * m0) + _half[0];
                UInt128 first = (UInt128)q0 * m1;
                UInt128 second = (UInt128)q1 * m0;
                UInt128 middle = (low >> 64) + (ulong)first + (ulong)second + _half[1];
                ulong high = (ulong)(middle >> 64) + (ulong)(first >> 64) + (ulong)(second >> 64)
                    + (q0 * m2) + (q1 * m1) + (q2 * m0) + _half[2];
                plain[i] = (ulong)low & _mask[0];
                plain[i + 1] = (ulong)middle & _mask[1];
                plain[i + 2] = high & _mask[2];
            }
        }
    }

    /// <summary>residues ← residues + the scaled plaintext, modulo prime <paramref name="j"/>.</summary>
    internal void Add(ReadOnlySpan<ulong> prepared, Span<ulong> residues, int j)
    {
        unchecked
        {
            Modulus modulus = _ring.Tables[j].Modulus;
            ulong[] factors = _factors[j];
            (ulong f0, ulong f1, ulong f2) = (factors[0], factors[1], factors[2]);
            ulong constant = _constants[j];
            for (int i = 0; i < residues.Length; i++)
            {
                int at = i * PlainWords;
                UInt128 sum = ((UInt128)prepared[at] * f0) + ((UInt128)prepared[at + 1] * f1)
                    + ((UInt128)prepared[at + 2] * f2) + constant + residues[i];
                residues[i] = modulus.Reduce(sum);
            }
        }
    }

    /// <summary>
    /// Rounds a coefficient given by its residues, <paramref name="stride"/> words apart.
    /// </summary>
    /// <returns>The noise in units of 2^−64 of a step q/t, as a distance from the nearest multiple.</returns>
    internal ulong Round(ReadOnlySpan<ulong> residues, int stride, Span<ulong> plain)
    {
        unchecked
        {
            Span<ulong> fraction = stackalloc ulong[FractionWords];
            fraction.Clear();
            for (int j = 0; j < _reciprocals.Length; j++)
            {
                ulong digit = _ring.Tables[j].Modulus.Multiply(residues[j * stride], _cofactorInverses[j]);
                ulong carry = 0;
                ulong[] reciprocal = _reciprocals[j];
                for (int word = 0; word < FractionWords; word++)
                {
                    UInt128 term = ((UInt128)digit * reciprocal[word]) + fraction[word] + carry;
                    fraction[word] = (ulong)term;
                    carry = (ulong)(term >> 64);
                }
            }

            // Half a step more turns rounding into cutting off; 256 bits are the whole circle, so a carry out is right.
            int halfBit = (64 * FractionWords) - PlainBits - 1;
            ulong overflow = 1ul << (halfBit % 64);
            for (int word = halfBit / 64; word < FractionWords; word++)
            {
                fraction[word] += overflow;
                overflow = fraction[word] < overflow ? 1ul : 0;
            }

            for (int word = 0; word < PlainWords; word++)
            {
                plain[word] = BitsFrom(fraction, (64 * FractionWords) - PlainBits + (64 * word)) & _mask[word];
            }

            ulong rest = BitsFrom(fraction, (64 * FractionWords) - PlainBits - 64);
            long distance = (long)(rest - (1ul << 63));
            return (ulong)(distance < 0 ? -distance : distance);
        }
    }

    private static ulong BitsFrom(ReadOnlySpan<ulong> words, int bit)
    {
        int word = bit >> 6;
        int shift = bit & 63;
        ulong low = word >= 0 && word < words.Length ? words[word] >> shift : 0;
        ulong high = shift != 0 && word + 1 >= 0 && word + 1 < words.Length ? words[word + 1] << (64 - shift) : 0;
        return low | high;
    }

    private static ulong[] WordsOf(BigInteger value, int count)
    {
        BigInteger wordMask = ulong.MaxValue;
        return [.. Enumerable.Range(0, count).Select(word => (ulong)((value >> (64 * word)) & wordMask))];
    }
}
