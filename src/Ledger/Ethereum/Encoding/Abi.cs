using System.Numerics;
using System.Text;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Encoding;

/// <summary>Encodes and decodes what contracts take and give (Solidity contract ABI).</summary>
/// <remarks>
/// https://docs.soliditylang.org/en/latest/abi-spec.html, "Formal Specification of the Encoding". A value is a
/// <see cref="BigInteger"/>, <see cref="EthereumAddress"/>, <see cref="bool"/>, <see cref="string"/>, byte array, or
/// for arrays and tuples an <c>IReadOnlyList&lt;object&gt;</c>. Decoding takes only the encoding that encoding gives.
/// </remarks>
public static class Abi
{
    /// <summary>Length in bytes of a function selector.</summary>
    public const int SelectorSize = 4;

    private const int Word = AbiType.Word;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    /// <summary>The selector of a function: the first four bytes of the hash of its signature.</summary>
    /// <param name="signature">Name and types, for example <c>vote(uint256)</c>.</param>
    public static byte[] Selector(string signature) => Topic(signature)[..SelectorSize];

    /// <summary>The first topic of an event: the hash of its signature.</summary>
    public static byte[] Topic(string signature) => Keccak256.HashData(System.Text.Encoding.ASCII.GetBytes(signature));

    /// <summary>A call: selector and arguments.</summary>
    /// <exception cref="ArgumentException">A value does not fit its type.</exception>
    public static byte[] Call(string signature, params IReadOnlyList<object> arguments)
    {
        ArgumentNullException.ThrowIfNull(signature);
        int open = signature.IndexOf('(', StringComparison.Ordinal);
        return [.. Selector(signature), .. Encode(AbiType.ParseList(signature[(open + 1)..^1]), arguments)];
    }

    /// <summary>Encodes values as the arguments of a call or the data of an event.</summary>
    /// <exception cref="ArgumentException">A value does not fit its type.</exception>
    public static byte[] Encode(IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        ArgumentNullException.ThrowIfNull(types);
        ArgumentNullException.ThrowIfNull(values);
        if (types.Count != values.Count)
        {
            throw new ArgumentException($"{types.Count} values were expected, not {values.Count}.", nameof(values));
        }

        List<byte> heads = [];
        List<byte> tails = [];
        int headSize = types.Sum(type => type.HeadSize);
        for (int i = 0; i < types.Count; i++)
        {
            byte[] encoded = Encode(types[i], values[i]);
            if (types[i].IsDynamic)
            {
                heads.AddRange(WordOf(headSize + tails.Count));
                tails.AddRange(encoded);
            }
            else
            {
                heads.AddRange(encoded);
            }
        }

        return [.. heads, .. tails];
    }

    /// <summary>Reads what <see cref="Encode(IReadOnlyList{AbiType}, IReadOnlyList{object})"/> gives.</summary>
    /// <exception cref="FormatException">The bytes are not the encoding of any such values.</exception>
    public static IReadOnlyList<object> Decode(IReadOnlyList<AbiType> types, ReadOnlySpan<byte> encoded)
    {
        ArgumentNullException.ThrowIfNull(types);
        AbiReader reader = new(encoded);
        IReadOnlyList<object> values = reader.Sequence(types, 0);

        // Padding that is not zero, offsets that overlap and bytes that nobody reads would give one value many
        // encodings, so that what was hashed and what was meant could differ.
        return Encode(types, values).AsSpan().SequenceEqual(encoded)
            ? values
            : throw new FormatException("ABI: the encoding is not the canonical one.");
    }

    internal static byte[] WordOf(BigInteger number)
    {
        byte[] word = new byte[Word];
        byte[] bytes = number.ToByteArray(isUnsigned: number.Sign >= 0, isBigEndian: true);
        word.AsSpan().Fill(number.Sign < 0 ? (byte)0xff : (byte)0);
        bytes.CopyTo(word, Word - bytes.Length);
        return word;
    }

    internal static string TextOf(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException error)
        {
            throw new FormatException("ABI: a string is not UTF-8.", error);
        }
    }

    private static byte[] Encode(AbiType type, object value) => (type.Kind, value) switch
    {
        (AbiKind.Natural, BigInteger number) when number.Sign >= 0 && number.GetBitLength() <= type.Size =>
            WordOf(number),
        (AbiKind.TwosComplement, BigInteger number) when number.GetBitLength() < type.Size => WordOf(number),
        (AbiKind.Bool, bool truth) => WordOf(truth ? BigInteger.One : BigInteger.Zero),
        (AbiKind.Address, EthereumAddress address) => [.. new byte[Word - EthereumAddress.Size], .. address.ToArray()],
        (AbiKind.FixedBytes, byte[] bytes) when bytes.Length == type.Size => Padded(bytes),
        (AbiKind.Bytes, byte[] bytes) => [.. WordOf(bytes.Length), .. Padded(bytes)],
        (AbiKind.Text, string text) => Encode(AbiType.Parse("bytes"), StrictUtf8.GetBytes(text)),
        (AbiKind.Tuple, IReadOnlyList<object> items) => Encode(type.Components, items),
        (AbiKind.Array, IReadOnlyList<object> items) when type.Length is null =>
            [.. WordOf(items.Count), .. Elements(type, items)],
        (AbiKind.Array, IReadOnlyList<object> items) when type.Length == items.Count => Elements(type, items),
        _ => throw new ArgumentException($"A value of {value?.GetType().Name ?? "null"} does not fit {type}."),
    };

    private static byte[] Elements(AbiType type, IReadOnlyList<object> items) =>
        Encode([.. Enumerable.Repeat(type.Components[0], items.Count)], items);

    private static byte[] Padded(byte[] bytes) =>
        [.. bytes, .. new byte[((bytes.Length + Word - 1) / Word * Word) - bytes.Length]];
}
