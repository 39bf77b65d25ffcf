using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Coefficients modulo any t below 2^60, lifted to multiples of q/t and rounded back, as SEAL does.</summary>
/// <remarks>
/// <para>Up: ⌊(q·m + ⌊(t+1)/2⌋)/t⌋ (SEAL: scalingvariant.cpp). With h = ⌊(t+1)/2⌋ and r = (q·m + h) mod t it is
/// (h − r)·t^−1 modulo every prime of q, because q is zero there.</para>
/// <para>Down: ⌊t·x/q + 1/2⌋ mod t. With y_j = x_j·(q/q_j)^−1 mod q_j the fraction x/q is Σ y_j/q_j mod 1 (Chinese
/// remainders). Each 1/q_j is held to 256 bits, so the sum is short of x/q by less than k·2^−196 and t·x/q by less than
/// k·2^−136: beyond every noise that is accepted.</para>
/// <para>Neither direction branches on the message.</para>
/// </remarks>
internal sealed class BfvScaling
{
    private const int FractionWords = 4;

    // A coefficient is accepted within a quarter of a step: honest noise lies far below, garbage is uniform.
    private const ulong MostDistance = 1ul << 62;

    private readonly Ring _ring;
    private readonly Modulus _plain;
    private readonly ulong _modulusResidue;
    private readonly ulong _half;
    private readonly ulong[] _inverses;
    private readonly ulong[] _cofactorInverses;
    private readonly ulong[][] _reciprocals;

    internal BfvScaling(Ring ring, ulong plainModulus)
    {
        _ring = ring;
        _plain = new Modulus(plainModulus);
        BigInteger q = ring.Profile.Product;
        _modulusResidue = (ulong)(q % plainModulus);
        _half = (plainModulus + 1) / 2;
        _inverses = new ulong[ring.PrimeCount];
        _cofactorInverses = new ulong[ring.PrimeCount];
        _reciprocals = new ulong[ring.PrimeCount][];
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Modulus modulus = ring.Tables[j].Modulus;
            _inverses[j] = modulus.Inverse(plainModulus % modulus.Value);
            _cofactorInverses[j] = modulus.Inverse((ulong)(q / modulus.Value % modulus.Value));
            BigInteger reciprocal = (BigInteger.One << (64 * FractionWords)) / modulus.Value;
            _reciprocals[j] = [.. Enumerable.Range(0, FractionWords)
                .Select(word => (ulong)((reciprocal >> (64 * word)) & ulong.MaxValue))];
        }
    }

    /// <summary>residues ← residues + the scaled message; residues by prime, then by coefficient.</summary>
    internal void Add(ReadOnlySpan<ulong> message, Span<ulong> residues)
    {
        for (int j = 0; j < _ring.PrimeCount; j++)
        {
            Modulus modulus = _ring.Tables[j].Modulus;
            Span<ulong> row = _ring.Row(residues, j);
            for (int i = 0; i < message.Length; i++)
            {
                ulong rest = _plain.Reduce(((UInt128)_modulusResidue * message[i]) + _half);
                ulong difference = modulus.Subtract(modulus.Reduce(_half), modulus.Reduce(rest));
                row[i] = modulus.Add(row[i], modulus.Multiply(difference, _inverses[j]));
            }
        }
    }

    /// <summary>Rounds every coefficient of <paramref name="residues"/> into <paramref name="message"/>.</summary>
    /// <exception cref="DecryptionException">The noise of a coefficient has no room: nothing is disclosed.</exception>
    internal void Round(ReadOnlySpan<ulong> residues, Span<ulong> message)
    {
        ulong farthest = 0;
        for (int i = 0; i < message.Length; i++)
        {
            farthest = ulong.Max(farthest, Round(residues, i, out message[i]));
        }

        if (farthest > MostDistance)
        {
            message.Clear();
            throw new DecryptionException();
        }
    }

    /// <returns>The distance of t·x/q from the nearest integer, in units of 2^−64.</returns>
    private ulong Round(ReadOnlySpan<ulong> residues, int coefficient, out ulong message)
    {
        unchecked
        {
            Span<ulong> fraction = stackalloc ulong[FractionWords];
            fraction.Clear();
            for (int j = 0; j < _ring.PrimeCount; j++)
            {
                ulong residue = residues[(j * _ring.Degree) + coefficient];
                ulong digit = _ring.Tables[j].Modulus.Multiply(residue, _cofactorInverses[j]);
                ulong carry = 0;
                for (int word = 0; word < FractionWords; word++)
                {
                    UInt128 term = ((UInt128)digit * _reciprocals[j][word]) + fraction[word] + carry;
                    fraction[word] = (ulong)term;
                    carry = (ulong)(term >> 64);
                }
            }

            // t·fraction + 1/2: the word above the fraction is the rounded quotient, which is t where it wraps to zero.
            ulong above = 0;
            for (int word = 0; word < FractionWords; word++)
            {
                ulong half = word == FractionWords - 1 ? 1ul << 63 : 0;
                UInt128 term = ((UInt128)fraction[word] * _plain.Value) + above + half;
                fraction[word] = (ulong)term;
                above = (ulong)(term >> 64);
            }

            message = _plain.Reduce(above);
            long distance = (long)(fraction[FractionWords - 1] - (1ul << 63));
            ulong sign = (ulong)(distance >> 63);
            return ((ulong)distance ^ sign) - sign;
        }
    }
}
