using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The public key (b, a) whose secret is the sum of all dealers' secrets, and which nobody holds.</summary>
/// <remarks>
/// Mouchet, Troncoso-Pastoriza, Bossuat and Hubaux, "Multiparty Homomorphic Encryption from Ring-Learning-With-Errors",
/// PoPETs 2021, section IV-B: a is a common random polynomial, b the sum of the public shares b_i = −(a·s_i + e_i).
/// A dealer that sees the others' shares before it commits to its own can make b a key of its own choice: every share
/// is committed to before the first is opened, which is the caller's part. Immutable; safe for concurrent use.
/// </remarks>
public sealed class CollectiveKey
{
    /// <summary>Length in bytes of the digest that a is expanded from.</summary>
    public const int CeremonyBytes = 32;

    private readonly ThresholdParameters _parameters;

    private CollectiveKey(ThresholdParameters parameters, ulong[] b, ulong[] a)
    {
        _parameters = parameters;
        B = b;
        A = a;
    }

    internal ulong[] A { get; }

    internal ulong[] B { get; }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/threshold-encryption/common-polynomial/v1"u8;

    /// <summary>Sums the public shares of all dealers.</summary>
    /// <param name="parameters">What was agreed on.</param>
    /// <param name="ceremony32">The digest that every dealer used.</param>
    /// <param name="publicShares">One share of every dealer, in any order.</param>
    /// <exception cref="CiphertextException">
    /// There are more or fewer shares than parties, one comes twice, or one does not parse.
    /// </exception>
    public static CollectiveKey Sum(
        ThresholdParameters parameters, ReadOnlySpan<byte> ceremony32, IReadOnlyCollection<byte[]> publicShares)
    {
        if (publicShares.Count != parameters.Parties)
        {
            throw new CiphertextException(
                $"Public shares: expected {parameters.Parties}, got {publicShares.Count}.");
        }

        if (publicShares.Select(share => Convert.ToHexString(SHA256.HashData(share))).Distinct().Count()
            != publicShares.Count)
        {
            throw new CiphertextException("Public shares: expected distinct ones, got one twice.");
        }

        Ring ring = parameters.Ring;
        ulong[] sum = new ulong[ring.Words];
        foreach (byte[] share in publicShares)
        {
            ring.Check(share, "Public share");
            ring.Add(share, sum);
        }

        return new CollectiveKey(parameters, sum, CommonPolynomial(ring, ceremony32));
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="CiphertextException">The bytes are no key.</exception>
    public static CollectiveKey Parse(
        ThresholdParameters parameters, ReadOnlySpan<byte> ceremony32, ReadOnlySpan<byte> bytes)
    {
        ulong[] b = new ulong[parameters.Ring.Words];
        parameters.Ring.Read(bytes, b, "Collective key");
        return new CollectiveKey(parameters, b, CommonPolynomial(parameters.Ring, ceremony32));
    }

    /// <summary>The sum of the public shares; the common polynomial follows from the ceremony's digest.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[_parameters.Ring.PackedBytes];
        _parameters.Ring.Write(bytes, B);
        return bytes;
    }

    /// <summary>Encrypts a vector.</summary>
    /// <param name="slots">
    /// Signed integers in Z/2^<paramref name="slotBits"/>. The sum over all addends must stay in
    /// [−2^(slotBits−1), 2^(slotBits−1)) in every slot: a slot that leaves it comes out reduced mod 2^slotBits and puts
    /// the slot above it in the same coefficient off by the carry.
    /// </param>
    /// <param name="slotBits">Bits of a slot of the sum, sign included: 1 to 64.</param>
    public EncryptedVector Encrypt(ReadOnlySpan<ulong> slots, int slotBits) =>
        Encrypt(slots, slotBits, AesCounterStream.Fresh());

    /// <summary>Encrypts with the coins of <paramref name="stream"/>, which it takes over.</summary>
    internal EncryptedVector Encrypt(ReadOnlySpan<ulong> slots, int slotBits, AesCounterStream stream)
    {
        int perCoefficient = _parameters.SlotsPerCoefficient(slotBits);
        EncryptedVector vector = new(_parameters, slots.Length, slotBits);
        Ring ring = _parameters.Ring;
        PlaintextScaling scaling = _parameters.Scaling;
        ulong[] plain = GC.AllocateArray<ulong>(ring.Degree * PlaintextScaling.PlainWords, pinned: true);
        int perCiphertext = _parameters.UsableCoefficients * perCoefficient;
        using RingEncryption encryption = new(ring, stream);
        for (int i = 0; i < vector.Ciphertexts.Length; i++)
        {
            RingCiphertext ciphertext = vector.Ciphertexts[i];
            ReadOnlySpan<ulong> part = slots[(i * perCiphertext)..];
            part = part[..int.Min(part.Length, perCiphertext)];
            Span<ulong> coefficients = plain.AsSpan(0, ciphertext.Carried * PlaintextScaling.PlainWords);
            SlotPacking.Pack(part, slotBits, perCoefficient, coefficients);
            scaling.Prepare(coefficients);

            encryption.EncryptZero(B, A, ciphertext, offset: 1 << (ThresholdParameters.DroppedBits - 1));
            for (int j = 0; j < ring.PrimeCount; j++)
            {
                scaling.Add(coefficients, ciphertext.C0Row(j), j);
            }

            ciphertext.DropLowBits(ThresholdParameters.DroppedBits);
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(plain.AsSpan()));
        return vector;
    }

    /// <summary>
    /// The common random polynomial a, as k·N values: residues of SHAKE256 by rejection, without bias.
    /// </summary>
    internal static ulong[] CommonPolynomial(Ring ring, ReadOnlySpan<byte> ceremony32)
    {
        if (ceremony32.Length != CeremonyBytes)
        {
            throw new ArgumentException(
                $"Expected {CeremonyBytes} bytes, got {ceremony32.Length}.", nameof(ceremony32));
        }

        ulong[] values = new ulong[ring.Words];
        using ShakeStream stream = new([.. Domain, .. ceremony32]);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Modulus modulus = ring.Tables[j].Modulus;
            Span<ulong> row = ring.Row(values, j);
            ulong mask = (1ul << modulus.Bits) - 1;
            for (int i = 0; i < row.Length;)
            {
                stream.Fill(bytes);
                ulong candidate = BinaryPrimitives.ReadUInt64LittleEndian(bytes) & mask;
                row[i] = candidate;
                i += candidate < modulus.Value ? 1 : 0;
            }
        }

        return values;
    }
}
