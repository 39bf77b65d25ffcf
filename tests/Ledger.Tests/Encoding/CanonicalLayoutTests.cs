using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Tests.Encoding;

// Goal: the quick look at the layout never says yes where the writer would write other bytes. Method: documents with
// every kind of value, and every single byte of them replaced by bytes that matter in JSON.
public sealed class CanonicalLayoutTests
{
    private const string Document =
        """{"a":[1,-20,0,true,false,null,[],{}],"b":{"c":"Zürich 北京","d":""},"e":9007199254740991,"é":"x"}""";

    private static ReadOnlySpan<byte> Replacements => "\"\\{}[]:, 019-+.eEtfnu\n\tAz\u007fé"u8;

    [Theory]
    [InlineData("""{"a":1}""", true)]
    [InlineData("""{"a":"Zürich"}""", true)]
    [InlineData("""{"a":1,"b":[]}""", true)]
    [InlineData("""{"b":1,"a":2}""", false)]
    [InlineData("""{"a":1,"a":2}""", false)]
    [InlineData("""{"a": 1}""", false)]
    [InlineData("""{"a":01}""", false)]
    [InlineData("""{"a":-0}""", false)]
    [InlineData("""{"a":9007199254740992}""", false)]
    [InlineData("""{"a":1.0}""", false)]
    [InlineData("""{"a":"\u0041"}""", false)]
    [InlineData("""{"a":"e\u0301"}""", false)]
    [InlineData("", false)]
    public void The_quick_look_tells_the_layout(string json, bool canonical)
    {
        Assert.Equal(canonical, CanonicalLayout.Holds(System.Text.Encoding.UTF8.GetBytes(json)));
    }

    [Fact]
    public void No_changed_document_is_taken_that_would_be_written_otherwise()
    {
        byte[] document = System.Text.Encoding.UTF8.GetBytes(Document);
        Assert.Equal(document, CanonicalJson.Serialize(CanonicalJson.Parse(document)));
        int taken = 0;
        for (int at = 0; at < document.Length; at++)
        {
            foreach (byte replacement in Replacements)
            {
                byte[] changed = [.. document];
                changed[at] = replacement;
                if (TryParse(changed) is JsonNode node)
                {
                    taken++;
                    Assert.Equal(changed, CanonicalJson.Serialize(node));
                }
            }
        }

        Assert.InRange(taken, 50, document.Length * Replacements.Length / 2);
    }

    [Fact]
    public void Nesting_is_bounded_as_the_writer_bounds_it()
    {
        Assert.True(CanonicalLayout.Holds(Nested(CanonicalJson.MaxDepth)));
        Assert.False(CanonicalLayout.Holds(Nested(CanonicalJson.MaxDepth + 1)));
    }

    private static byte[] Nested(int depth) =>
        System.Text.Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth));

    private static JsonNode? TryParse(byte[] json)
    {
        try
        {
            return CanonicalJson.Parse(json);
        }
        catch (CanonicalJsonException)
        {
            return null;
        }
    }
}
