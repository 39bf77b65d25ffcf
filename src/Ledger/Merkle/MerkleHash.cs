using System.Buffers.Binary;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Merkle;

/// <summary>A SHA-256 value of a Merkle tree: 32 bytes compared by value, base64 as text.</summary>
/// <remarks>Held as four words, so that a log of millions of entries costs 32 bytes each and no object.</remarks>
public readonly record struct MerkleHash
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    /// <summary>Takes <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException">There are fewer or more.</exception>
    public MerkleHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A Merkle hash has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _fourth = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Lower-case hex.</summary>
    public string Hex => Convert.ToHexStringLower(ToArray());

    /// <summary>Reads the base64 form that checkpoints use.</summary>
    /// <exception cref="FormatException">The text is not canonical base64 of 32 bytes.</exception>
    public static MerkleHash Parse(string base64) =>
        StrictBase64.Decode(base64) is { Length: Size } bytes
            ? new MerkleHash(bytes)
            : throw new FormatException($"'{base64}' is not a Merkle hash in base64.");

    /// <summary>Writes the bytes to the first 32 of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _third);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _fourth);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Base64, as in a checkpoint.</summary>
    public override string ToString() => Convert.ToBase64String(ToArray());
}
