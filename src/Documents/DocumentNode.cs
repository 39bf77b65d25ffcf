using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DigitalTwin.Documents;

/// <summary>One value of a strict YAML document: it knows its file, line and path.</summary>
/// <remarks>
/// The caller says what it expects and gets that or a <see cref="DocumentException"/>; nothing is guessed from the
/// spelling of a scalar, so <c>no</c> is a text where a text is asked for and an error where a boolean is.
/// </remarks>
public sealed partial class DocumentNode
{
    private readonly string _file;
    private readonly Shape _shape;
    private readonly string _scalar;
    private readonly bool _isPlain;
    private readonly IReadOnlyList<DocumentNode> _items;
    private readonly IReadOnlyList<KeyValuePair<string, DocumentNode>> _entries;

    private DocumentNode(
        string file, string field, int line, Shape shape, string scalar = "", bool isPlain = false,
        IReadOnlyList<DocumentNode>? items = null, IReadOnlyList<KeyValuePair<string, DocumentNode>>? entries = null)
    {
        _file = file;
        Field = field;
        Line = line;
        _shape = shape;
        _scalar = scalar;
        _isPlain = isPlain;
        _items = items ?? [];
        _entries = entries ?? [];
    }

    private enum Shape
    {
        Scalar,
        Sequence,
        Mapping,
    }

    /// <summary>The path from the root, such as <c>privacy.dp.epsilon</c> or <c>sites.required[0]</c>.</summary>
    public string Field { get; }

    /// <summary>The line, counted from 1, of the field's name, or of the value where it has no name.</summary>
    public int Line { get; }

    /// <summary>Whether the node is a single value, not a list or a mapping.</summary>
    public bool IsScalar => _shape == Shape.Scalar;

    /// <summary>Whether the value is left out or written <c>null</c> or <c>~</c> without quotes.</summary>
    public bool IsNull => _shape == Shape.Scalar && _isPlain && _scalar is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>Reads one YAML document of at most <paramref name="maxBytes"/> UTF-8 bytes.</summary>
    /// <param name="file">The name used in messages; nothing is opened.</param>
    /// <param name="text">The document itself.</param>
    /// <param name="maxBytes">The longest document accepted, in bytes of UTF-8.</param>
    /// <exception cref="DocumentException">
    /// The text is not YAML, or uses a duplicate key, an anchor, alias, tag, merge key or directive, a second document,
    /// a tab, an invisible character, or more than 12 levels.
    /// </exception>
    public static DocumentNode Parse(string file, string text, int maxBytes = 65536)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(text);
        return DocumentReader.Read(file, text, maxBytes);
    }

    /// <summary>The value of <paramref name="key"/>, which must be there (it may still be empty).</summary>
    public DocumentNode Required(string key) =>
        Optional(key) ?? throw new DocumentException(_file, Line, PathOf(key), "is missing; add this field.");

    /// <summary>The value of <paramref name="key"/>, or null where the mapping has no such field.</summary>
    public DocumentNode? Optional(string key)
    {
        foreach (KeyValuePair<string, DocumentNode> entry in Entries())
        {
            if (entry.Key == key)
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>Refuses every field outside <paramref name="keys"/>: a misspelt limit must not be no limit.</summary>
    public void AllowOnly(params ReadOnlySpan<string> keys)
    {
        foreach (KeyValuePair<string, DocumentNode> entry in Entries())
        {
            if (!keys.Contains(entry.Key))
            {
                throw entry.Value.Problem($"is not a known field; allowed: {List(keys)}.{Suggestion(entry.Key, keys)}");
            }
        }
    }

    /// <summary>A text of one line and 1 to <paramref name="maxLength"/> characters, quoted or not.</summary>
    public string Text(int maxLength = 200)
    {
        // A folded block (">") ends with the line break that closes it; the text is what stands before.
        string text = Scalar("a text").TrimEnd('\n');
        if (text.Length == 0 || text.Length > maxLength || text.Contains('\n', StringComparison.Ordinal))
        {
            throw Problem($"give a text of one line and 1 to {maxLength} characters.");
        }

        return text;
    }

    /// <summary>A name of the form <c>[a-z0-9][a-z0-9-]{0,62}</c>, safe in paths, URLs and certificates.</summary>
    public string Identifier()
    {
        string text = Scalar("a name");
        return IdentifierForm().IsMatch(text)
            ? text
            : throw Problem($"{Shown(text)} is not a name; use 1 to 63 of a-z, 0-9 and -, not starting with -.");
    }

    /// <summary>One of the words in <paramref name="allowed"/>, spelt exactly so.</summary>
    public string OneOf(params ReadOnlySpan<string> allowed)
    {
        string text = Scalar($"one of {List(allowed)}");
        return allowed.Contains(text)
            ? text
            : throw Problem($"{Shown(text)} is not allowed; allowed: {List(allowed)}.{Suggestion(text, allowed)}");
    }

    /// <summary>An integer from <paramref name="minimum"/> to <paramref name="maximum"/>, both included.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "Named after what the author of a document writes.")]
    public int Integer(int minimum, int maximum)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}");
        string text = PlainScalar(range);
        bool isInteger = IntegerForm().IsMatch(text);
        bool fits = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value);
        return isInteger && fits && value >= minimum && value <= maximum ? value : throw NotAllowed(text, range);
    }

    /// <summary>A number from <paramref name="minimum"/> to <paramref name="maximum"/>, both included.</summary>
    public double Number(double minimum, double maximum)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}");
        string text = PlainScalar(range);
        return TryNumber(text, out double value) && value >= minimum && value <= maximum
            ? value
            : throw NotAllowed(text, range);
    }

    /// <summary>A decimal number above <paramref name="bound"/>, and at most <paramref name="maximum"/>.</summary>
    public double NumberAbove(double bound, double maximum)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"a number above {bound} and at most {maximum}");
        string text = PlainScalar(range);
        return TryNumber(text, out double value) && value > bound && value <= maximum
            ? value
            : throw NotAllowed(text, range);
    }

    /// <summary><c>true</c> or <c>false</c>; YAML 1.1's <c>yes</c>, <c>on</c> and <c>no</c> are refused.</summary>
    public bool Boolean() => PlainScalar("true or false") switch
    {
        "true" => true,
        "false" => false,
        string other => throw NotAllowed(other, "true or false"),
    };

    /// <summary>A duration such as <c>500ms</c>, <c>30s</c>, <c>5m</c> or <c>2h</c>, both bounds included.</summary>
    public TimeSpan Duration(TimeSpan minimum, TimeSpan maximum)
    {
        string range = $"a duration from {DurationText.Of(minimum)} to {DurationText.Of(maximum)}";
        string text = PlainScalar(range);
        if (!DurationText.TryParse(text, out TimeSpan value))
        {
            throw Problem($"{Shown(text)} is not a duration; write a whole number and ms, s, m or h, for example 30s.");
        }

        return value >= minimum && value <= maximum ? value : throw NotAllowed(text, range);
    }

    /// <summary>The items of a list, in order; the list may be empty.</summary>
    public IReadOnlyList<DocumentNode> Items() => _shape == Shape.Sequence ? _items : throw WrongShape("a list");

    /// <summary>The fields of a mapping, in the order of the document.</summary>
    public IReadOnlyList<KeyValuePair<string, DocumentNode>> Entries() =>
        _shape == Shape.Mapping ? _entries : throw WrongShape("a group of fields");

    /// <summary>An error about this value: <paramref name="sentence"/> behind file, line and field.</summary>
    public DocumentException Problem(string sentence) => new(_file, Line, Field, sentence);

    internal static DocumentNode OfScalar(string file, string field, int line, string scalar, bool isPlain) =>
        new(file, field, line, Shape.Scalar, scalar, isPlain);

    internal static DocumentNode OfSequence(string file, string field, int line, IReadOnlyList<DocumentNode> items) =>
        new(file, field, line, Shape.Sequence, items: items);

    internal static DocumentNode OfMapping(
        string file, string field, int line, IReadOnlyList<KeyValuePair<string, DocumentNode>> entries) =>
        new(file, field, line, Shape.Mapping, entries: entries);

    private static bool TryNumber(string text, out double value)
    {
        value = double.NaN;
        bool isNumber = NumberForm().IsMatch(text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);

        // Minus zero becomes zero: two documents that say the same must not differ in any later computation.
        value += 0.0;
        return isNumber;
    }

    private static string Shown(string text)
    {
        const int Longest = 40;
        string line = text.ReplaceLineEndings(" ");
        return line.Length == 0 ? "an empty text" : line.Length <= Longest ? line : $"{line[..Longest]}…";
    }

    private static string List(ReadOnlySpan<string> words) => string.Join(", ", words);

    private static string Suggestion(string written, ReadOnlySpan<string> allowed)
    {
        string? nearest = Spelling.Nearest(written, allowed);
        return nearest is null ? "" : $" Did you mean {nearest}?";
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex IdentifierForm();

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)\z")]
    private static partial Regex IntegerForm();

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z")]
    private static partial Regex NumberForm();

    private string PathOf(string key) => Field.Length == 0 ? key : $"{Field}.{key}";

    private string Scalar(string expected) =>
        _shape == Shape.Scalar && !IsNull ? _scalar : throw WrongShape(expected);

    private string PlainScalar(string expected)
    {
        string text = Scalar(expected);
        return _isPlain ? text : throw Problem($"a text in quotes is not allowed; give {expected}.");
    }

    private DocumentException NotAllowed(string text, string expected) =>
        Problem($"{Shown(text)} is not allowed; give {expected}.");

    private DocumentException WrongShape(string expected)
    {
        string found = IsNull ? "no value" : _shape switch
        {
            Shape.Sequence => "a list",
            Shape.Mapping => "a group of fields",
            _ => "a single value",
        };
        return Problem($"found {found}; give {expected}.");
    }
}
