using System.Globalization;
using System.Numerics;

namespace DigitalTwin.Ledger.Ethereum.Encoding;

/// <summary>The two hex forms of the Ethereum JSON-RPC specification, both behind <c>0x</c>.</summary>
/// <remarks>https://ethereum.org/developers/docs/apis/json-rpc, section "Conventions".</remarks>
public static class Hex
{
    private const string Prefix = "0x";

    /// <summary>Bytes as two lower-case digits each: "data".</summary>
    public static string OfBytes(ReadOnlySpan<byte> bytes) => Prefix + Convert.ToHexStringLower(bytes);

    /// <summary>A number with no leading zero digit: "quantity".</summary>
    public static string OfNumber(BigInteger number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        string digits = number.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        return Prefix + (digits.Length == 0 ? "0" : digits);
    }

    /// <summary>Reads bytes; digits of either case.</summary>
    /// <exception cref="FormatException">The text is not 0x and pairs of hex digits.</exception>
    public static byte[] ToBytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Prefix, StringComparison.Ordinal)
            ? Convert.FromHexString(text.AsSpan(Prefix.Length))
            : throw new FormatException($"'{Shown(text)}' does not begin with 0x.");
    }

    /// <summary>Reads a number of at most 256 bits.</summary>
    /// <exception cref="FormatException">The text is not 0x and 1 to 64 hex digits.</exception>
    public static BigInteger ToNumber(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string digits = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : "";

        // The zero in front keeps a number whose first digit is 8 to f from being read as a negative one.
        return digits.Length is > 0 and <= 64 && digits.All(char.IsAsciiHexDigit)
            ? BigInteger.Parse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw new FormatException($"'{Shown(text)}' is not a number of at most 256 bits in hex.");
    }

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
