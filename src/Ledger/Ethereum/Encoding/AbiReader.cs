using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Encoding;

/// <summary>Reads values at offsets, with no length or offset believed before it is held against the bytes.</summary>
internal ref struct AbiReader
{
    private const int Word = AbiType.Word;

    private readonly ReadOnlySpan<byte> _bytes;

    // A canonical encoding spends at least a word on every value; offsets that point twice at one array would let few
    // bytes stand for many.
    private int _budget;

    public AbiReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _budget = bytes.Length / Word;
    }

    /// <summary>Values of these types; offsets among them count from <paramref name="start"/>.</summary>
    public IReadOnlyList<object> Sequence(IReadOnlyList<AbiType> types, int start)
    {
        object[] values = new object[types.Count];
        int head = start;
        for (int i = 0; i < types.Count; i++)
        {
            int at = types[i].IsDynamic ? start + Count(head, _bytes.Length - start) : head;
            values[i] = Value(types[i], at);
            head += types[i].HeadSize;
        }

        return values;
    }

    private object Value(AbiType type, int at) => type.Kind switch
    {
        AbiKind.Natural => InRange(type, new BigInteger(WordAt(at), isUnsigned: true, isBigEndian: true)),
        AbiKind.TwosComplement => InRange(type, new BigInteger(WordAt(at), isUnsigned: false, isBigEndian: true)),
        AbiKind.Bool => Count(at, 1) == 1,
        AbiKind.Address => new EthereumAddress(WordAt(at)[(Word - EthereumAddress.Size)..]),
        AbiKind.FixedBytes => WordAt(at)[..type.Size].ToArray(),
        AbiKind.Bytes => Counted(at).ToArray(),
        AbiKind.Text => Abi.TextOf(Counted(at)),
        AbiKind.Tuple => Sequence(type.Components, at),
        _ => Array(type, at),
    };

    private IReadOnlyList<object> Array(AbiType type, int at)
    {
        AbiType element = type.Components[0];
        int start = type.Length is null ? at + Word : at;

        // Every element costs at least its head, so more elements than heads that fit cannot be there.
        int length = type.Length ?? Count(at, int.Max(0, _bytes.Length - start) / element.HeadSize);
        return (long)length * element.HeadSize <= _bytes.Length - start
            ? Sequence([.. Enumerable.Repeat(element, length)], start)
            : throw new FormatException($"ABI: {type} is cut off.");
    }

    private ReadOnlySpan<byte> Counted(int at)
    {
        int length = Count(at, int.Max(0, _bytes.Length - at - Word));
        return _bytes.Slice(at + Word, length);
    }

    private int Count(int at, int most)
    {
        BigInteger number = new(WordAt(at), isUnsigned: true, isBigEndian: true);
        return number <= most
            ? (int)number
            : throw new FormatException($"ABI: a length or offset of {number} is beyond {most}.");
    }

    private ReadOnlySpan<byte> WordAt(int at)
    {
        if (at < 0 || at > _bytes.Length - Word || _budget-- <= 0)
        {
            throw new FormatException("ABI: the encoding is cut off, or points twice at the same bytes.");
        }

        return _bytes.Slice(at, Word);
    }

    private static BigInteger InRange(AbiType type, BigInteger number)
    {
        // The bits of a signed number leave out its sign.
        long bits = number.GetBitLength() + (type.Kind == AbiKind.TwosComplement ? 1 : 0);
        return bits <= type.Size ? number : throw new FormatException($"ABI: {number} is no {type}.");
    }
}
