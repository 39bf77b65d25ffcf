using System.Globalization;

namespace DigitalTwin.Ledger.Ethereum.Encoding;

/// <summary>The kinds of types that a contract's functions and events have.</summary>
public enum AbiKind
{
    /// <summary>A whole number of at least 0: <c>uint</c>.</summary>
    Natural,

    /// <summary>A whole number in two's complement: <c>int</c>.</summary>
    TwosComplement,

    /// <summary>An account or a contract.</summary>
    Address,

    /// <summary>True or false.</summary>
    Bool,

    /// <summary>1 to 32 bytes in one word: <c>bytes1</c> to <c>bytes32</c>.</summary>
    FixedBytes,

    /// <summary>Any number of bytes.</summary>
    Bytes,

    /// <summary>UTF-8 text: <c>string</c>.</summary>
    Text,

    /// <summary>A sequence of one type, of fixed or of any length.</summary>
    Array,

    /// <summary>A sequence of different types.</summary>
    Tuple,
}

/// <summary>A type of the contract ABI in its canonical text form, for example <c>(uint64,bytes32)[]</c>.</summary>
/// <remarks>https://docs.soliditylang.org/en/latest/abi-spec.html, section "Types"; no fixed-point numbers.</remarks>
public sealed class AbiType
{
    /// <summary>Bytes of one word.</summary>
    internal const int Word = 32;

    // Deeper than anything a compiler accepts on its stack; a bound against hostile text.
    private const int MaxDepth = 32;
    private const int MostElements = 1 << 16;
    private const int AnyLength = -1;

    private readonly string _text;

    private AbiType(AbiKind kind, string text)
    {
        Kind = kind;
        _text = text;
    }

    /// <summary>What it is.</summary>
    public AbiKind Kind { get; }

    /// <summary>Bits of a number, or bytes of a <see cref="AbiKind.FixedBytes"/>; else 0.</summary>
    public int Size { get; private init; }

    /// <summary>The element type of an array (one), the component types of a tuple.</summary>
    public IReadOnlyList<AbiType> Components { get; private init; } = [];

    /// <summary>Number of elements of an array of fixed length; null for any other type.</summary>
    public int? Length { get; private init; }

    /// <summary>Whether the head of an encoding holds only where the value is.</summary>
    public bool IsDynamic => Kind switch
    {
        AbiKind.Bytes or AbiKind.Text => true,
        AbiKind.Array => Length is null || Components[0].IsDynamic,
        AbiKind.Tuple => Components.Any(component => component.IsDynamic),
        _ => false,
    };

    /// <summary>Bytes in the head of an encoding.</summary>
    internal int HeadSize => IsDynamic ? Word : Kind switch
    {
        AbiKind.Array => Length!.Value * Components[0].HeadSize,
        AbiKind.Tuple => Components.Sum(component => component.HeadSize),
        _ => Word,
    };

    /// <summary>Reads the canonical text form; <c>uint</c> and <c>int</c> are taken for their 256 bits.</summary>
    /// <exception cref="FormatException">The text names no type, or an empty tuple or array.</exception>
    public static AbiType Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text, MaxDepth);
    }

    /// <summary>Reads a list of types without its parentheses, for example <c>bytes32,uint64</c>.</summary>
    public static IReadOnlyList<AbiType> ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. Split(text).Select(part => Parse(part, MaxDepth))];
    }

    /// <summary>A tuple of these types.</summary>
    public static AbiType TupleOf(IReadOnlyList<AbiType> components) =>
        new(AbiKind.Tuple, $"({string.Join(',', components)})") { Components = components };

    /// <summary>The canonical text form, as it stands in signatures.</summary>
    public override string ToString() => _text;

    private static AbiType Parse(string text, int depth)
    {
        if (depth == 0)
        {
            throw new FormatException("An ABI type is nested too deep.");
        }

        if (text.EndsWith(']'))
        {
            int open = text.LastIndexOf('[');
            AbiType element = open < 0 ? throw Unknown(text) : Parse(text[..open], depth - 1);
            int length = text[(open + 1)..^1] is { Length: > 0 } digits ? Number(digits, MostElements) : AnyLength;
            return new AbiType(AbiKind.Array, element + text[open..])
            {
                Components = [element],
                Length = length == AnyLength ? null : length,
            };
        }

        if (text.StartsWith('(') && text.EndsWith(')'))
        {
            AbiType[] components = [.. Split(text[1..^1]).Select(part => Parse(part, depth - 1))];
            return components.Length > 0 ? TupleOf(components) : throw Unknown(text);
        }

        return Elementary(text);
    }

    private static AbiType Elementary(string text)
    {
        int digits = text.AsSpan().IndexOfAnyInRange('0', '9');
        string name = digits < 0 ? text : text[..digits];
        int? size = digits < 0 ? null : Number(text[digits..], 256);
        return (name, size) switch
        {
            ("uint" or "int", null) => Elementary(text + "256"),
            ("uint", int bits) when bits % 8 == 0 => new AbiType(AbiKind.Natural, text) { Size = bits },
            ("int", int bits) when bits % 8 == 0 => new AbiType(AbiKind.TwosComplement, text) { Size = bits },
            ("bytes", int bytes) when bytes <= Word => new AbiType(AbiKind.FixedBytes, text) { Size = bytes },
            ("bytes", null) => new AbiType(AbiKind.Bytes, text),
            ("address", null) => new AbiType(AbiKind.Address, text),
            ("bool", null) => new AbiType(AbiKind.Bool, text),
            ("string", null) => new AbiType(AbiKind.Text, text),
            _ => throw Unknown(text),
        };
    }

    private static int Number(string digits, int most) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number >= 1 && number <= most && digits[0] != '0'
            ? number
            : throw new FormatException($"'{digits}' is no size of an ABI type.");

    private static List<string> Split(string text)
    {
        List<string> parts = [];
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth < 0)
            {
                throw Unknown(text);
            }

            if (depth == 0 && text[i] == ',')
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        if (text.Length > 0)
        {
            parts.Add(text[start..]);
        }

        return depth == 0 ? parts : throw Unknown(text);
    }

    private static FormatException Unknown(string text) => new($"'{text}' is no ABI type.");
}
