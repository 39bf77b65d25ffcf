using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Everything that the parties of one encrypted sum must agree on. Immutable.</summary>
/// <remarks>
/// BFV (Brakerski 2012; Fan and Vercauteren 2012) over one ring with plaintexts mod 2^k: k is as large as the noise of
/// this many dealers, decryptors and addends leaves room for, with decryption failing at most once in 2^64.
/// </remarks>
public sealed class ThresholdParameters
{
    /// <summary>Ciphertexts that one key may decrypt; a longer study makes another key.</summary>
    public const int MostDecryptions = 1024;

    /// <summary>Most parties of one key.</summary>
    public const int MostParties = 128;

    /// <summary>Most addends of one sum.</summary>
    public const int MostAddends = 4096;

    /// <summary>
    /// Low bits of c0 that do not travel: rounding adds 2^16/12 to the variance, 2 % of what three dealers add.
    /// </summary>
    internal const int DroppedBits = 8;

    /// <summary>
    /// Zero coefficients after those in use: only right partial decryptions give zeros there.
    /// </summary>
    internal const int CheckCoefficients = 8;

    private ThresholdParameters(int parties, int threshold, int addends)
    {
        Parties = parties;
        Threshold = threshold;
        Addends = addends;
        Ring = Ring.Native;
        Noise = new SmudgingNoise(Ring.Degree, parties, threshold, addends, DroppedBits);

        // 2·bound < q/t, with a thousandth to spare for the rounding of this very line.
        double modulusBits = BigInteger.Log(Ring.Profile.Product, 2);
        double room = modulusBits - 1 - double.Log2(Noise.Bound) - 0.001;
        PlainBits = int.Min((int)double.Floor(room), 64 * PlaintextScaling.PlainWords);
        Scaling = new PlaintextScaling(Ring, PlainBits);
        NoiseLimit = (ulong)double.Exp2(double.Log2(Noise.Bound) + PlainBits - modulusBits + 64);
    }

    /// <summary>Dealers of the key, who are the possible decryptors.</summary>
    public int Parties { get; }

    /// <summary>Decryptors that are needed, and of whom one fewer learn nothing.</summary>
    public int Threshold { get; }

    /// <summary>Most vectors in one sum.</summary>
    public int Addends { get; }

    /// <summary>k: a plaintext coefficient is an integer mod 2^k.</summary>
    public int PlainBits { get; }

    /// <summary>Name of the ring.</summary>
    public string Profile => Ring.Profile.Name;

    /// <summary>Bytes of a dealer's public share.</summary>
    public int PublicShareBytes => Ring.PackedBytes;

    /// <summary>Bytes of the share that a dealer hands to one party.</summary>
    public int KeyShareBytes => Ring.PackedBytes;

    internal Ring Ring { get; }

    internal SmudgingNoise Noise { get; }

    internal PlaintextScaling Scaling { get; }

    /// <summary>The noise bound in units of 2^−64 of a step q/t.</summary>
    internal ulong NoiseLimit { get; }

    /// <summary>Coefficients of a ciphertext that carry slots.</summary>
    internal int UsableCoefficients => Ring.Degree - CheckCoefficients;

    /// <summary>The parameters of a sum.</summary>
    /// <param name="parties">2 to 128 dealers.</param>
    /// <param name="threshold">2 to <paramref name="parties"/> decryptors.</param>
    /// <param name="addends">1 to 4096 vectors.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is outside.</exception>
    public static ThresholdParameters For(int parties, int threshold, int addends)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parties, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parties, MostParties);
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, parties);
        ArgumentOutOfRangeException.ThrowIfLessThan(addends, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addends, MostAddends);
        return new ThresholdParameters(parties, threshold, addends);
    }

    /// <summary>
    /// Slots of <paramref name="slotBits"/> bits (the width of the sum, sign included) in a coefficient.
    /// </summary>
    public int SlotsPerCoefficient(int slotBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slotBits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotBits, SlotPacking.MostSlotBits);
        return PlainBits / slotBits;
    }

    /// <summary>
    /// Ciphertexts of a vector of <paramref name="slots"/> slots; counts against <see cref="MostDecryptions"/>.
    /// </summary>
    public int CiphertextsFor(int slots, int slotBits) =>
        DivideUp(CoefficientsFor(slots, slotBits), UsableCoefficients);

    /// <summary>Bytes of an encrypted vector as a client sends it.</summary>
    public long CiphertextBytes(int slots, int slotBits) => VectorBytes(slots, slotBits, DroppedBits);

    /// <summary>Bytes of a sum of encrypted vectors, whose c0 travels whole.</summary>
    public long SumBytes(int slots, int slotBits) => VectorBytes(slots, slotBits, droppedBits: 0);

    /// <summary>Bytes of one party's partial decryption of an encrypted vector.</summary>
    public long PartialBytes(int slots, int slotBits) =>
        PartialHeader.Bytes + ((long)CiphertextsFor(slots, slotBits) * Ring.PackedBytes);

    /// <summary>SHA-256 of all the parameters, primes and noise included.</summary>
    public byte[] Digest() => SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"DigitalTwin/threshold-encryption/v1|{Profile}|{Ring.Degree}|{string.Join(',', Ring.Profile.Primes)}|"
        + $"{Parties}|{Threshold}|{Addends}|{PlainBits}|{DroppedBits}|{CheckCoefficients}|"
        + $"{Noise.Terms}x{Noise.TermBits}|{MostDecryptions}")));

    /// <summary>
    /// Coefficients that ciphertext <paramref name="index"/> of a vector carries, zeros to check included.
    /// </summary>
    internal int CarriedCoefficients(int slots, int slotBits, int index) => CheckCoefficients + int.Min(
        UsableCoefficients, CoefficientsFor(slots, slotBits) - (index * UsableCoefficients));

    private static int DivideUp(int value, int divisor) => ((value - 1) / divisor) + 1;

    private int CoefficientsFor(int slots, int slotBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        return DivideUp(slots, SlotsPerCoefficient(slotBits));
    }

    private long VectorBytes(int slots, int slotBits, int droppedBits)
    {
        long bytes = EncryptedVector.HeaderBytes;
        int ciphertexts = CiphertextsFor(slots, slotBits);
        for (int index = 0; index < ciphertexts; index++)
        {
            bytes += RingCiphertext.PackedBytes(Ring, CarriedCoefficients(slots, slotBits, index), droppedBits);
        }

        return bytes;
    }
}
