using System.Text;

namespace DigitalTwin.Documents.Tests;

/// <summary>What a reader of a page could misread is refused, and no text brings the parser down.</summary>
/// <remarks>Method: one document per refused feature, then many mutilated documents from a fixed generator.</remarks>
public sealed class StrictnessTests
{
    [Theory]
    [InlineData("a: 1\nb: 2\na: 3", "f:3: a: is given twice; the first is on line 1.")]
    [InlineData("a:\n  b: 1\n  \"b\": 2", "f:3: a.b: is given twice; the first is on line 2.")]
    [InlineData("a: &x 1", "f:1: a: an anchor (&) is not allowed; remove it.")]
    [InlineData("a: 1\nb: *x", "f:2: b: an alias (*) is not allowed; write the value again.")]
    [InlineData("a: !!str 1", "f:1: a: a tag (!) is not allowed; remove it.")]
    [InlineData("a: ! b", "f:1: a: a tag (!) is not allowed; remove it.")]
    [InlineData("a: !<tag:x,2000:y> b", "f:1: a: a tag (!) is not allowed; remove it.")]
    [InlineData("a:\n  <<: {b: 1}", "f:2: a: a merge key (<<) is not allowed; write the fields here.")]
    [InlineData("a: 1\n---\nb: 2", "f:2: a second document starts here; a file holds one.")]
    [InlineData("%YAML 1.1\n---\na: 1", "f:1: a % directive is not allowed; remove it.")]
    [InlineData("%TAG !e! tag:example.com,2000:\n---\na: 1", "f:1: a % directive is not allowed; remove it.")]
    [InlineData("a:\n\tb: 1", "f:2: a tab is not allowed; use spaces.")]
    [InlineData("a: \"\u202Eevil\"", "f:1: the invisible character U+202E is not allowed; remove it.")]
    [InlineData("\na: \"\\u202Eevil\"", "f:2: a: the invisible character U+202E is not allowed; remove it.")]
    [InlineData("a: \U000E0041", "f:1: the invisible character U+E0041 is not allowed; remove it.")]
    [InlineData("a: \"\\0\"", "f:1: a: the invisible character U+0000 is not allowed; remove it.")]
    [InlineData("a: b\u2028c: d", "f:1: the invisible character U+2028 is not allowed; remove it.")]
    [InlineData("? [a]\n: 1", "f:1: a field name must be a plain word.")]
    [InlineData("? {a: 1}\n: 1", "f:1: a field name must be a plain word.")]
    [InlineData("&k a: 1", "f:1: a field name must be a plain word.")]
    [InlineData("'': 1", "f:1: a field name must be one line of 1 to 100 characters.")]
    [InlineData("", "f:1: the document is empty; write at least one field.")]
    [InlineData("# only a comment\n", "f:1: the document is empty; write at least one field.")]
    public void A_feature_that_hides_meaning_is_refused(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<DocumentException>(() => DocumentNode.Parse("f", text)).Message);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        Assert.Equal("f:1: the invisible character U+D800 is not allowed; remove it.",
            Assert.Throws<DocumentException>(() => DocumentNode.Parse("f", "a: b\uD800")).Message);
        Assert.Equal("\U0001F600", DocumentNode.Parse("f", "a: \U0001F600").Required("a").Text());
    }

    [Fact]
    public void A_broken_flow_mapping_that_confuses_the_scanner_is_still_one_sentence()
    {
        Assert.Equal(
            "f:2: this is not valid YAML from about this line on: a bracket or quote is probably not closed.",
            Assert.Throws<DocumentException>(
                () => DocumentNode.Parse("f", "a: 1\ndata: {c: d\nsites:\n  - a:\n")).Message);
    }

    [Theory]
    [InlineData("a: [1, 2", 1)]
    [InlineData("a: 1\nb: 'open", 2)]
    [InlineData("a: 1\n b: 2", 2)]
    [InlineData("a: 1\n\n@b: 2", 3)]
    [InlineData("a: \"\\q\"", 1)]
    public void Broken_syntax_is_reported_with_its_line(string text, int line)
    {
        DocumentException refusal = Assert.Throws<DocumentException>(() => DocumentNode.Parse("f", text));

        Assert.Equal(line, refusal.Line);
        Assert.StartsWith($"f:{line}: this is not valid YAML: ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(13, false)]
    [InlineData(30_000, false)]
    public void Nesting_ends_at_twelve_levels(int levels, bool isAccepted)
    {
        string text = new string('[', levels) + new string(']', levels);

        Exception? refusal = Record.Exception(() => DocumentNode.Parse("f", text));

        Assert.Equal(isAccepted, refusal is null);
        Assert.True(refusal is null or DocumentException, refusal?.ToString());
    }

    [Fact]
    public void A_document_of_exactly_the_largest_size_is_read_and_one_byte_more_is_not()
    {
        // "é" is two bytes of UTF-8: the limit counts bytes, not characters.
        const string Text = "a: é";

        Assert.Equal("é", DocumentNode.Parse("f", Text, maxBytes: 5).Required("a").Text());
        Assert.Equal("f:1: the document is longer than 4 bytes; shorten it.",
            Assert.Throws<DocumentException>(() => DocumentNode.Parse("f", Text, maxBytes: 4)).Message);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_are_read()
    {
        DocumentNode root = DocumentNode.Parse("f", "\uFEFF---\r\na: 1\r\nb: 2\r\n");

        Assert.Equal(1, root.Required("a").Integer(0, 9));
        Assert.Equal(3, root.Required("b").Line);
    }

    [Fact]
    public void No_mutilated_document_ends_in_another_exception()
    {
        const string Whole =
            "study: heart\ndata: {contract: heart-disease/v1}\nsites:\n  - 'a'\n  - \"b\\u0041\"\nnote: |\n  x\n";
        const string Splinters = "{}[]:,-?&*!|>'\"%@`#~\n\r \\\t<\u00e9\u0000\ud83d";
        ulong state = 20260401;
        for (int trial = 0; trial < 4000; trial++)
        {
            StringBuilder text = new(Whole);
            for (int cut = 0; cut < 1 + (int)(Next(ref state) % 6); cut++)
            {
                int place = (int)(Next(ref state) % (ulong)text.Length);
                char splinter = Splinters[(int)(Next(ref state) % (ulong)Splinters.Length)];
                text = Next(ref state) % 2 == 0 ? text.Insert(place, splinter) : text.Remove(place, 1);
            }

            Exception? refusal = Record.Exception(() => ReadAll(DocumentNode.Parse("f", text.ToString())));

            Assert.True(refusal is null or DocumentException, $"{text}\n{refusal}");
        }
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("a: ")]
    [InlineData("\"")]
    [InlineData("a: {b\n")]
    [InlineData("# c\n")]
    [InlineData("---\n")]
    public void A_flood_of_one_token_is_refused(string token)
    {
        string flood = string.Concat(Enumerable.Repeat(token, 65536 / token.Length));

        Assert.Throws<DocumentException>(() => DocumentNode.Parse("f", flood));
    }

    private static void ReadAll(DocumentNode node)
    {
        Assert.True(node.Line >= 1);
        _ = Record.Exception(() => node.Text());
        foreach (DocumentNode child in Children(node))
        {
            ReadAll(child);
        }
    }

    private static IEnumerable<DocumentNode> Children(DocumentNode node)
    {
        try
        {
            return node.Items();
        }
        catch (DocumentException)
        {
            return Record.Exception(() => node.Entries()) is null ? node.Entries().Select(entry => entry.Value) : [];
        }
    }

    // The 64-bit linear congruential generator of Knuth's MMIX; its upper half is random enough to choose splinters.
    private static ulong Next(ref ulong state)
    {
        state = unchecked((state * 6364136223846793005) + 1442695040888963407);
        return state >> 33;
    }
}
