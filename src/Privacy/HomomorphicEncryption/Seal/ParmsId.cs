using System.Buffers.Binary;
using DigitalTwin.Privacy.Blake2;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>SEAL's parms_id: the digest by which objects name the parameters and the level they belong to.</summary>
/// <remarks>
/// BLAKE2b-256, unkeyed, of the little-endian words scheme, N, q_0 … q_(k−1), t (SEAL: encryptionparams.cpp,
/// compute_parms_id). The word t is there for CKKS too and is zero. All zero says: a plaintext in coefficient form.
/// </remarks>
public readonly record struct ParmsId
{
    internal const int Bytes = 32;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    private ParmsId(ReadOnlySpan<byte> bytes)
    {
        _first = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        _fourth = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
    }

    /// <summary>True for the mark of a plaintext in coefficient form.</summary>
    public bool IsZero => this == default;

    /// <summary>The 32 bytes in lower-case hexadecimal.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    internal static ParmsId Read(ReadOnlySpan<byte> bytes) => new(bytes);

    internal static ParmsId Of(SealScheme scheme, int degree, ReadOnlySpan<ulong> primes, ulong plainModulus)
    {
        byte[] message = new byte[(primes.Length + 3) * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(message, (ulong)scheme);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(8), (ulong)degree);
        for (int j = 0; j < primes.Length; j++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan((j + 2) * sizeof(ulong)), primes[j]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan((primes.Length + 2) * sizeof(ulong)), plainModulus);
        Span<byte> digest = stackalloc byte[Bytes];
        Blake2b.Hash(message, digest);
        return new ParmsId(digest);
    }

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _first);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], _second);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], _third);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], _fourth);
    }
}
