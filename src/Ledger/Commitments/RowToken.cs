using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>What stands for a row outside its hospital: HMAC-SHA256 of its identifier under a secret salt.</summary>
/// <remarks>Ordered as its 32 bytes are, and as its hex form is. Held as two words, so it costs no object.</remarks>
public readonly record struct RowToken : IComparable<RowToken>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = HMACSHA256.HashSizeInBytes;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <summary>Takes <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException">There are fewer or more.</exception>
    public RowToken(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A row token has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    /// <summary>Lower-case hex, as in a withdrawal.</summary>
    public string Hex => Convert.ToHexStringLower(ToArray());

    public static bool operator <(RowToken left, RowToken right) => left.CompareTo(right) < 0;

    public static bool operator >(RowToken left, RowToken right) => left.CompareTo(right) > 0;

    public static bool operator <=(RowToken left, RowToken right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RowToken left, RowToken right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(RowToken other) =>
        _high == other._high ? _low.CompareTo(other._low) : _high.CompareTo(other._high);

    /// <summary>Writes the bytes to the first 32 of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Lower-case hex.</summary>
    public override string ToString() => Hex;
}
