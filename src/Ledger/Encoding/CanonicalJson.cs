using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>
/// The one byte form of a JSON value that is hashed and signed: RFC 8785 (JCS) under a stricter profile.
/// </summary>
/// <remarks>
/// Stricter than RFC 8785: numbers are integers within ±(2^53−1), strings are in Unicode normal form C
/// (<see cref="NormalText"/>), nesting is bounded. Within the profile two equal values have one encoding, so a record
/// can never become two different leaves.
/// </remarks>
public static class CanonicalJson
{
    /// <summary>How deep objects and arrays may nest; records need five.</summary>
    public const int MaxDepth = 16;

    /// <summary>
    /// 2^53−1, the largest integer that every JSON implementation keeps exactly (RFC 7493, section 2.2).
    /// </summary>
    public const long LargestInteger = (1L << 53) - 1;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    /// <summary>The canonical UTF-8 bytes of <paramref name="node"/>.</summary>
    /// <exception cref="CanonicalJsonException">The value lies outside the profile.</exception>
    public static byte[] Serialize(JsonNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        StringBuilder text = new();
        Write(text, node, MaxDepth);
        return StrictUtf8.GetBytes(text.ToString());
    }

    /// <summary>Reads bytes that are canonical already; anything else is refused, never repaired.</summary>
    /// <exception cref="CanonicalJsonException">
    /// The bytes are not the canonical form of a value of the profile.
    /// </exception>
    public static JsonNode Parse(ReadOnlySpan<byte> utf8, int maxDepth = MaxDepth)
    {
        JsonNode node = Read(utf8, maxDepth);
        if (!CanonicalLayout.Holds(utf8) && !Serialize(node).AsSpan().SequenceEqual(utf8))
        {
            throw new CanonicalJsonException("The JSON is valid but not in canonical form (RFC 8785).");
        }

        return node;
    }

    private static JsonNode Read(ReadOnlySpan<byte> utf8, int maxDepth)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            reader.Read();
            JsonNode node = ReadValue(ref reader) ?? throw new CanonicalJsonException("A record is not null.");
            return reader.Read() ? throw new CanonicalJsonException("Something follows the JSON value.") : node;
        }
        catch (JsonException error)
        {
            throw new CanonicalJsonException($"Not JSON: {error.Message}", error);
        }
        catch (InvalidOperationException error)
        {
            // The reader reports invalid UTF-8 and lone surrogates this way.
            throw new CanonicalJsonException($"Not Unicode text: {error.Message}", error);
        }
    }

    private static JsonNode? ReadValue(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => ReadObject(ref reader),
        JsonTokenType.StartArray => ReadArray(ref reader),
        JsonTokenType.String => JsonValue.Create(reader.GetString()!),
        JsonTokenType.Number when reader.TryGetInt64(out long number) => JsonValue.Create(number),
        JsonTokenType.Number => throw new CanonicalJsonException("A number is not an integer of 64 bits."),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        _ => null,
    };

    private static JsonObject ReadObject(ref Utf8JsonReader reader)
    {
        JsonObject result = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (!result.TryAdd(name, ReadValue(ref reader)))
            {
                throw new CanonicalJsonException($"The key '{name}' appears twice.");
            }
        }

        return result;
    }

    private static JsonArray ReadArray(ref Utf8JsonReader reader)
    {
        JsonArray result = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            result.Add(ReadValue(ref reader));
        }

        return result;
    }

    private static void Write(StringBuilder text, JsonNode? node, int depthLeft)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonValue value:
                WriteScalar(text, value);
                break;
            case var _ when depthLeft == 0:
                throw new CanonicalJsonException($"The value nests deeper than {MaxDepth}.");
            case JsonArray array:
                WriteArray(text, array, depthLeft - 1);
                break;
            case JsonObject members:
                WriteObject(text, members, depthLeft - 1);
                break;
            default:
                throw new CanonicalJsonException($"A {node.GetType().Name} has no JSON form.");
        }
    }

    private static void WriteArray(StringBuilder text, JsonArray array, int depthLeft)
    {
        text.Append('[');
        for (int i = 0; i < array.Count; i++)
        {
            text.Append(i == 0 ? "" : ",");
            Write(text, array[i], depthLeft);
        }

        text.Append(']');
    }

    private static void WriteObject(StringBuilder text, JsonObject members, int depthLeft)
    {
        // RFC 8785, section 3.2.3: order by UTF-16 code units, which is what an ordinal comparison does.
        string separator = "";
        text.Append('{');
        foreach ((string name, JsonNode? value) in MembersOf(members).OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            text.Append(separator);
            WriteString(text, name);
            text.Append(':');
            Write(text, value, depthLeft);
            separator = ",";
        }

        text.Append('}');
    }

    private static KeyValuePair<string, JsonNode?>[] MembersOf(JsonObject members)
    {
        try
        {
            return [.. members];
        }
        catch (ArgumentException error)
        {
            // An object that JsonNode.Parse read lazily finds its duplicate keys only now.
            throw new CanonicalJsonException("A key appears twice.", error);
        }
    }

    private static void WriteScalar(StringBuilder text, JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.True:
                text.Append("true");
                break;
            case JsonValueKind.False:
                text.Append("false");
                break;
            case JsonValueKind.String:
                WriteString(text, value.GetValue<string>());
                break;
            case JsonValueKind.Number when IsInteger(value, out long number):
                text.Append(CultureInfo.InvariantCulture, $"{number}");
                break;
            default:
                throw new CanonicalJsonException($"'{value.ToJsonString()}' is not an integer within ±(2^53−1).");
        }
    }

    private static bool IsInteger(JsonValue value, out long number) =>
        long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
        && number is >= -LargestInteger and <= LargestInteger;

    private static void WriteString(StringBuilder text, string value)
    {
        if (NormalText.Refuses(value) is string reason)
        {
            throw new CanonicalJsonException(reason);
        }

        text.Append('"');
        foreach (char c in value)
        {
            // RFC 8785, section 3.2.2.2: the short escapes where JSON has one, \u00xx for other controls, else itself.
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}

/// <summary>A value or its bytes lie outside the canonical profile.</summary>
public sealed class CanonicalJsonException(string message, Exception? inner = null)
    : FormatException(message, inner);
