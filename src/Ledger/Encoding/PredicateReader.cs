using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>Strict typed access to the fields of a record; every refusal names the field.</summary>
/// <param name="source">The object to read.</param>
/// <param name="path">
/// Where <paramref name="source"/> lies in the record, for messages; empty for the predicate itself.
/// </param>
[SuppressMessage("Naming", "CA1720", Justification = "Getters are named by the kinds of the catalogue.")]
public sealed partial class PredicateReader(JsonObject source, string path = "")
{
    /// <summary>
    /// Longest text of a field, in UTF-16 units; longer matter belongs in a blob that the record names.
    /// </summary>
    public const int MaxTextLength = 1024;

    /// <summary>The only accepted form of a time: UTC with milliseconds.</summary>
    public const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    // char.IsControl: C0, delete and C1.
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0xa0).Select(c => (char)c).Where(char.IsControl)]);

    /// <summary>The object that is read.</summary>
    public JsonObject Source => source;

    /// <summary>A reader of the top-level object of a document.</summary>
    /// <exception cref="RecordFormatException">The document is not an object.</exception>
    public static PredicateReader OfRoot(JsonNode node) =>
        new(node as JsonObject ?? throw new RecordFormatException("", "must be a JSON object."));

    /// <summary>The text of a time field.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString(TimestampFormat, CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="text"/> is <c>[a-z0-9][a-z0-9-]{0,62}</c>.</summary>
    public static bool IsIdentifier(string text) => IdentifierForm().IsMatch(text);

    /// <summary>Whether <paramref name="text"/> is the lower-case hex form of 32 bytes.</summary>
    public static bool IsSha256(string text) => text.Length == 64 && IsHex(text);

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => source[name] is not null;

    /// <summary>Refuses fields other than <paramref name="names"/>.</summary>
    /// <exception cref="RecordFormatException">There is another field.</exception>
    public void Only(IReadOnlyCollection<string> names)
    {
        foreach ((string name, _) in source)
        {
            if (!names.Contains(name))
            {
                throw Refuse(name, "is not a field of this record.");
            }
        }
    }

    /// <summary>One line of text of 1 to <see cref="MaxTextLength"/> units, without control characters.</summary>
    /// <remarks>
    /// Control characters are refused so that a record cannot forge a line of a note, a log or a terminal.
    /// </remarks>
    public string Text(string name)
    {
        string text = Scalar(name, JsonValueKind.String, "a text").GetValue<string>();
        return text.Length is > 0 and <= MaxTextLength && !text.AsSpan().ContainsAny(Controls)
            ? text
            : throw Refuse(name, $"must be one line of 1 to {MaxTextLength} characters.");
    }

    /// <summary>A whole number of at least 0.</summary>
    public long Integer(string name)
    {
        JsonValue value = Scalar(name, JsonValueKind.Number, "a whole number");
        bool whole = value.TryGetValue(out long number)
            || long.TryParse(value.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        return whole && number is >= 0 and <= CanonicalJson.LargestInteger
            ? number
            : throw Refuse(name, "must be a whole number from 0 to 2^53−1.");
    }

    /// <summary>
    /// Lower-case hex of <paramref name="length"/> bytes, or of any positive number of bytes where it is null.
    /// </summary>
    public byte[] Hex(string name, int? length = null)
    {
        string text = Text(name);
        bool sized = length is int bytes ? text.Length == 2 * bytes : int.IsEvenInteger(text.Length);
        return sized && IsHex(text)
            ? Convert.FromHexString(text)
            : throw Refuse(name, $"must be lower-case hex{(length is int b ? $" of {b} bytes" : "")}.");
    }

    /// <summary>The lower-case hex form of a SHA-256 digest.</summary>
    public string Sha256(string name)
    {
        string text = Text(name);
        return IsSha256(text) ? text : throw Refuse(name, "must be a SHA-256 digest in lower-case hex.");
    }

    /// <summary>An identifier: <c>[a-z0-9][a-z0-9-]{0,62}</c>, safe in paths, host names and logs.</summary>
    public string Identifier(string name)
    {
        string text = Text(name);
        return IsIdentifier(text) ? text : throw Refuse(name, "must match [a-z0-9][a-z0-9-]{0,62}.");
    }

    /// <summary>A decimal number as text, since records hold no floating point.</summary>
    public string Decimal(string name)
    {
        string text = Text(name);
        return DecimalForm().IsMatch(text) ? text : throw Refuse(name, "must be a decimal number such as 0.25.");
    }

    /// <summary>A time in UTC with milliseconds, <c>YYYY-MM-DDThh:mm:ss.sssZ</c>.</summary>
    public DateTimeOffset Timestamp(string name) =>
        DateTimeOffset.TryParseExact(Text(name), TimestampFormat, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : throw Refuse(name, "must be a time YYYY-MM-DDThh:mm:ss.sssZ.");

    /// <summary>One of <paramref name="allowed"/>.</summary>
    public string Choice(string name, IReadOnlyList<string> allowed)
    {
        string text = Text(name);
        return allowed.Contains(text) ? text : throw Refuse(name, $"must be one of {string.Join(", ", allowed)}.");
    }

    /// <summary>An object field.</summary>
    public PredicateReader Object(string name) =>
        new(source[name] as JsonObject ?? throw Refuse(name, "must be an object."), PathOf(name));

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<PredicateReader> Objects(string name) =>
        List(name, (item, path) => item is JsonObject members
            ? new PredicateReader(members, path)
            : throw new RecordFormatException(path, "must be an object."));

    /// <summary>A list of texts, each as <see cref="Text"/>.</summary>
    public IReadOnlyList<string> Texts(string name) => List(name, (item, path) => Single(item, path).Text("item"));

    /// <summary>A list of identifiers without repetition.</summary>
    public IReadOnlyList<string> Identifiers(string name)
    {
        List<string> items = List(name, (item, path) => Single(item, path).Identifier("item"));
        return items.Distinct(StringComparer.Ordinal).Count() == items.Count
            ? items
            : throw Refuse(name, "must not repeat an entry.");
    }

    internal RecordFormatException Refuse(string name, string reason) => new(PathOf(name), reason);

    private static bool IsHex(string text) => !text.AsSpan().ContainsAnyExcept(HexDigits);

    private static PredicateReader Single(JsonNode? item, string path) =>
        new(new JsonObject { ["item"] = item?.DeepClone() }, path);

    private List<T> List<T>(string name, Func<JsonNode?, string, T> read)
    {
        JsonArray array = source[name] as JsonArray ?? throw Refuse(name, "must be a list.");
        return [.. array.Select((item, i) => read(item, $"{PathOf(name)}[{i}]"))];
    }

    private JsonValue Scalar(string name, JsonValueKind kind, string expected) =>
        source[name] is JsonValue value && value.GetValueKind() == kind
            ? value
            : throw Refuse(name, source.ContainsKey(name) ? $"must be {expected}." : "is missing.");

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdentifierForm();

    [GeneratedRegex("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalForm();
}

/// <summary>A record does not have the form that its type asks for.</summary>
/// <param name="path">Path of the field, for example <c>actor.id</c>; empty for the record as a whole.</param>
/// <param name="reason">What the field must be; with the path it makes a sentence.</param>
/// <param name="record">Name of the record type where it is known.</param>
public sealed class RecordFormatException(string path, string reason, string? record = null) : FormatException(
    $"{(record is null ? "" : $"Record {record}: ")}{(path.Length == 0 ? "the record" : $"field {path}")} {reason}")
{
    /// <summary>Path of the field that was refused.</summary>
    public string Field => path;

    /// <summary>What the field must be.</summary>
    public string Reason => reason;
}
