using System.Numerics;

namespace DigitalTwin.Ledger.Ethereum.Encoding;

/// <summary>
/// An item of the recursive length prefix: a byte string or a list of items (Ethereum yellow paper, appendix B).
/// </summary>
/// <remarks>Decoding takes only what encoding gives, so a decoded item has one text and one hash.</remarks>
public sealed class RlpItem
{
    /// <summary>How deep lists may be nested; an access list, the deepest here, has four levels.</summary>
    public const int MaxDepth = 64;

    private const byte ShortString = 0x80;
    private const byte LongString = 0xb7;
    private const byte ShortList = 0xc0;
    private const byte LongList = 0xf7;
    private const int MostShort = 55;

    private readonly byte[]? _bytes;
    private readonly IReadOnlyList<RlpItem>? _items;

    private RlpItem(byte[]? bytes, IReadOnlyList<RlpItem>? items)
    {
        _bytes = bytes;
        _items = items;
    }

    /// <summary>Whether this is a list.</summary>
    public bool IsList => _items is not null;

    /// <summary>The bytes of a string.</summary>
    /// <exception cref="FormatException">This is a list.</exception>
    public byte[] Bytes => _bytes ?? throw new FormatException("RLP: a byte string was expected, not a list.");

    /// <summary>The items of a list.</summary>
    /// <exception cref="FormatException">This is a byte string.</exception>
    public IReadOnlyList<RlpItem> Items =>
        _items ?? throw new FormatException("RLP: a list was expected, not a byte string.");

    /// <summary>A byte string.</summary>
    public static RlpItem Of(ReadOnlySpan<byte> bytes) => new(bytes.ToArray(), null);

    /// <summary>A number: big-endian without leading zeros, zero as the empty string.</summary>
    public static RlpItem Of(BigInteger number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return new RlpItem(number.IsZero ? [] : number.ToByteArray(isUnsigned: true, isBigEndian: true), null);
    }

    /// <summary>A list.</summary>
    public static RlpItem List(params IReadOnlyList<RlpItem> items) => new(null, [.. items]);

    /// <summary>Reads exactly one item.</summary>
    /// <exception cref="FormatException">The bytes are no item in its one encoding, or more than one.</exception>
    public static RlpItem Decode(ReadOnlySpan<byte> encoded)
    {
        RlpItem item = Read(encoded, MaxDepth, out int length);
        return length == encoded.Length
            ? item
            : throw new FormatException($"RLP: {encoded.Length - length} bytes follow the item.");
    }

    /// <summary>The number that the bytes of this string stand for.</summary>
    /// <exception cref="FormatException">There is a leading zero, or there are more than 32 bytes.</exception>
    public BigInteger ToNumber() => Bytes is { Length: <= 32 } bytes && (bytes.Length == 0 || bytes[0] != 0)
        ? new BigInteger(bytes, isUnsigned: true, isBigEndian: true)
        : throw new FormatException("RLP: a number has no leading zero and at most 32 bytes.");

    /// <summary>The encoding.</summary>
    public byte[] Encode()
    {
        if (_bytes is not null)
        {
            return _bytes.Length == 1 && _bytes[0] < ShortString
                ? [_bytes[0]]
                : [.. Prefix(_bytes.Length, ShortString, LongString), .. _bytes];
        }

        byte[][] items = [.. _items!.Select(item => item.Encode())];
        return [.. Prefix(items.Sum(item => item.Length), ShortList, LongList), .. items.SelectMany(item => item)];
    }

    private static byte[] Prefix(int length, byte shortBase, byte longBase)
    {
        if (length <= MostShort)
        {
            return [(byte)(shortBase + length)];
        }

        byte[] digits = new BigInteger(length).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [(byte)(longBase + digits.Length), .. digits];
    }

    private static RlpItem Read(ReadOnlySpan<byte> encoded, int depth, out int length)
    {
        if (encoded.IsEmpty || depth == 0)
        {
            throw new FormatException(encoded.IsEmpty ? "RLP: an item is missing." : "RLP: nested too deep.");
        }

        byte first = encoded[0];
        if (first < ShortString)
        {
            length = 1;
            return Of([first]);
        }

        bool isList = first >= ShortList;
        int start = Header(encoded, isList ? ShortList : ShortString, isList ? LongList : LongString, out int size);
        length = start + size;
        ReadOnlySpan<byte> content = encoded.Slice(start, size);
        if (isList)
        {
            return ReadList(content, depth);
        }

        return size == 1 && content[0] < ShortString
            ? throw new FormatException("RLP: a byte below 128 stands for itself.")
            : Of(content);
    }

    private static RlpItem ReadList(ReadOnlySpan<byte> content, int depth)
    {
        List<RlpItem> items = [];
        while (!content.IsEmpty)
        {
            items.Add(Read(content, depth - 1, out int length));
            content = content[length..];
        }

        return List(items);
    }

    // Length of the prefix, and of what follows it: a length is checked against the bytes there are before it is used.
    private static int Header(ReadOnlySpan<byte> encoded, byte shortBase, byte longBase, out int size)
    {
        int digits = encoded[0] <= longBase ? 0 : encoded[0] - longBase;
        if (digits > sizeof(int) || encoded.Length < 1 + digits)
        {
            throw new FormatException("RLP: the length is cut off or beyond any message.");
        }

        long declared = encoded[0] - shortBase;
        if (digits > 0)
        {
            declared = (long)new BigInteger(encoded.Slice(1, digits), isUnsigned: true, isBigEndian: true);
            if (encoded[1] == 0 || declared <= MostShort)
            {
                throw new FormatException("RLP: a length has no leading zero, and the short form where it fits.");
            }
        }

        size = declared <= encoded.Length - 1 - digits
            ? (int)declared
            : throw new FormatException($"RLP: {declared} bytes are declared and fewer are there.");
        return 1 + digits;
    }
}
