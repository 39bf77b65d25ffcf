using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DigitalTwin.Documents;

/// <summary>Turns the event stream of the YAML parser into a tree, and refuses what a reader could misread.</summary>
/// <remarks>
/// A study is approved by a person who reads a page, so the page must mean what it seems to mean: no aliases, tags,
/// merge keys or duplicate keys, and no invisible or text-reversing characters ("Trojan Source", CVE-2021-42574).
/// </remarks>
internal sealed class DocumentReader
{
    /// <summary>Our deepest format nests 5 levels; 12 leaves room and keeps every recursion shallow.</summary>
    internal const int MaximumDepth = 12;

    /// <summary>A longer field name is a mistake, and would flood an error message.</summary>
    internal const int MaximumKeyLength = 100;

    private readonly string _file;
    private readonly Parser _parser;

    private DocumentReader(string file, string text)
    {
        _file = file;
        _parser = new Parser(new StringReader(text));
    }

    internal static DocumentNode Read(string file, string text, int maxBytes)
    {
        // Counted before anything else reads the text, so that a huge upload costs one pass over its characters.
        if (Encoding.UTF8.GetByteCount(text) > maxBytes)
        {
            throw new DocumentException(file, 1, "", $"the document is longer than {maxBytes} bytes; shorten it.");
        }

        string body = text.StartsWith('\uFEFF') ? text[1..] : text;
        int lines = CountReadableLines(file, body);
        DocumentReader reader = new(file, body);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException mistake)
        {
            throw new DocumentException(file, int.Min(LineOf(mistake.Start), lines), "",
                $"this is not valid YAML: {mistake.Message.TrimEnd('.')}.", mistake);
        }
        catch (InvalidOperationException mistake)
        {
            // The scanner of YamlDotNet 16.3 throws this, without a place, for a colon behind a broken flow mapping.
            int line = reader._parser.Current is { } last ? LineOf(last.End) : 1;
            throw new DocumentException(file, int.Min(line, lines), "",
                "this is not valid YAML from about this line on: a bracket or quote is probably not closed.", mistake);
        }
    }

    private static int CountReadableLines(string file, string text)
    {
        int line = 1;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\t')
            {
                throw new DocumentException(file, line, "", "a tab is not allowed; use spaces.");
            }

            if (IsUnreadable(text, i) && text[i] is not ('\n' or '\r'))
            {
                throw new DocumentException(file, line, "",
                    $"the invisible character {CodeAt(text, i)} is not allowed; remove it.");
            }

            bool endsLine = text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n'));
            line += endsLine ? 1 : 0;
        }

        return line;
    }

    private static bool IsUnreadable(string text, int index)
    {
        if (char.IsLowSurrogate(text[index]) && index > 0 && char.IsHighSurrogate(text[index - 1]))
        {
            return false;
        }

        return CharUnicodeInfo.GetUnicodeCategory(text, index) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate
            or UnicodeCategory.OtherNotAssigned;
    }

    private static string CodeAt(string text, int index)
    {
        bool isPair = index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]);
        int code = isPair ? char.ConvertToUtf32(text[index], text[index + 1]) : text[index];
        return string.Create(CultureInfo.InvariantCulture, $"U+{code:X4}");
    }

    private static int LineOf(Mark mark) => (int)long.Clamp(mark.Line, 1, int.MaxValue);

    private DocumentNode ReadDocument()
    {
        Next<StreamStart>();
        if (!_parser.MoveNext() || _parser.Current is not DocumentStart start)
        {
            throw new DocumentException(_file, 1, "", "the document is empty; write at least one field.");
        }

        if (start.Version is not null || (start.Tags?.Any(tag => !IsDefault(tag)) ?? false))
        {
            throw new DocumentException(_file, LineOf(start.Start), "", "a % directive is not allowed; remove it.");
        }

        _parser.MoveNext();
        DocumentNode root = ReadNode("", LineOf(_parser.Current!.Start), depth: 1);
        Next<DocumentEnd>();
        if (_parser.MoveNext() && _parser.Current is DocumentStart second)
        {
            throw new DocumentException(_file, LineOf(second.Start), "",
                "a second document starts here; a file holds one.");
        }

        return root;
    }

    // The parser lists the two handles that YAML itself defines even when the document has no directive.
    private static bool IsDefault(YamlDotNet.Core.Tokens.TagDirective tag) => tag.Handle is "!" or "!!";

    private void Next<T>()
        where T : ParsingEvent
    {
        if (!_parser.MoveNext() || _parser.Current is not T)
        {
            throw new DocumentException(_file, 1, "", "this is not a YAML document.");
        }
    }

    /// <summary>Reads the node whose first event is current, and leaves its last event current.</summary>
    private DocumentNode ReadNode(string field, int line, int depth)
    {
        ParsingEvent current = _parser.Current!;
        if (current is AnchorAlias)
        {
            throw new DocumentException(_file, line, field, "an alias (*) is not allowed; write the value again.");
        }

        NodeEvent node = (NodeEvent)current;
        if (!node.Anchor.IsEmpty)
        {
            throw new DocumentException(_file, line, field, "an anchor (&) is not allowed; remove it.");
        }

        if (!node.Tag.IsEmpty)
        {
            throw new DocumentException(_file, line, field, "a tag (!) is not allowed; remove it.");
        }

        if (depth > MaximumDepth)
        {
            throw new DocumentException(_file, line, field, $"fields are nested deeper than {MaximumDepth} levels.");
        }

        return node switch
        {
            Scalar scalar => DocumentNode.OfScalar(_file, field, line, Checked(scalar, field, line), IsPlain(scalar)),
            SequenceStart => ReadSequence(field, line, depth),
            _ => ReadMapping(field, line, depth),
        };
    }

    private static bool IsPlain(Scalar scalar) => scalar.Style == ScalarStyle.Plain;

    // Escapes such as "\u202E" bring back what the raw text may not hold, so every scalar is looked at once more.
    private string Checked(Scalar scalar, string field, int line)
    {
        for (int i = 0; i < scalar.Value.Length; i++)
        {
            if (IsUnreadable(scalar.Value, i) && scalar.Value[i] != '\n')
            {
                throw new DocumentException(_file, line, field,
                    $"the invisible character {CodeAt(scalar.Value, i)} is not allowed; remove it.");
            }
        }

        return scalar.Value;
    }

    private DocumentNode ReadSequence(string field, int line, int depth)
    {
        List<DocumentNode> items = [];
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode($"{field}[{items.Count}]", LineOf(_parser.Current!.Start), depth + 1));
        }

        return DocumentNode.OfSequence(_file, field, line, items);
    }

    private DocumentNode ReadMapping(string field, int line, int depth)
    {
        List<KeyValuePair<string, DocumentNode>> entries = [];
        Dictionary<string, int> lines = new(StringComparer.Ordinal);
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            int keyLine = LineOf(_parser.Current!.Start);
            string key = ReadKey(field, keyLine);
            string path = field.Length == 0 ? key : $"{field}.{key}";
            if (!lines.TryAdd(key, keyLine))
            {
                throw new DocumentException(
                    _file, keyLine, path, $"is given twice; the first is on line {lines[key]}.");
            }

            _parser.MoveNext();
            entries.Add(new(key, ReadNode(path, keyLine, depth + 1)));
        }

        return DocumentNode.OfMapping(_file, field, line, entries);
    }

    private string ReadKey(string field, int line)
    {
        if (_parser.Current is not Scalar key || !key.Anchor.IsEmpty || !key.Tag.IsEmpty)
        {
            throw new DocumentException(_file, line, field, "a field name must be a plain word.");
        }

        if (key.Value == "<<")
        {
            throw new DocumentException(_file, line, field, "a merge key (<<) is not allowed; write the fields here.");
        }

        if (key.Value.Length is 0 or > MaximumKeyLength || key.Value.Contains('\n', StringComparison.Ordinal))
        {
            throw new DocumentException(_file, line, field,
                $"a field name must be one line of 1 to {MaximumKeyLength} characters.");
        }

        return Checked(key, field, line);
    }
}
