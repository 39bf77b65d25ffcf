using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Tests.Encoding;

// Goal: a field is exactly what its getter says or the refusal names it. Method: one accepted and the near misses of
// every kind.
public sealed class PredicateReaderTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("9-lives", true)]
    [InlineData("hospital-a-", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("A", false)]
    [InlineData("a_b", false)]
    [InlineData("../a", false)]
    [InlineData("a\n", false)]
    [InlineData("\u0430", false)]
    public void An_identifier_is_safe_in_a_path(string text, bool accepted)
    {
        Assert.Equal(accepted, PredicateReader.IsIdentifier(text));
    }

    [Fact]
    public void An_identifier_has_at_most_63_characters()
    {
        Assert.True(PredicateReader.IsIdentifier(new string('a', 63)));
        Assert.False(PredicateReader.IsIdentifier(new string('a', 64)));
    }

    [Theory]
    [InlineData("00ff", 2, true)]
    [InlineData("00ff", null, true)]
    [InlineData("00ff", 3, false)]
    [InlineData("00FF", 2, false)]
    [InlineData("00f", null, false)]
    [InlineData("0g", null, false)]
    public void Hex_has_lower_case_digits_and_its_length(string text, int? length, bool accepted)
    {
        PredicateReader reader = Reader("key", text);

        Assert.Equal(accepted, Record.Exception(() => reader.Hex("key", length)) is null);
    }

    [Fact]
    public void Whole_numbers_are_not_negative_and_within_json_precision()
    {
        Assert.Equal(0, Reader("n", 0).Integer("n"));
        Assert.Equal(CanonicalJson.LargestInteger, Reader("n", CanonicalJson.LargestInteger).Integer("n"));
        Assert.All(
            (JsonNode[])[-1, CanonicalJson.LargestInteger + 1, 1.5, "1", true],
            wrong => Assert.Throws<RecordFormatException>(() => Reader("n", wrong).Integer("n")));
    }

    [Fact]
    public void A_time_is_read_as_it_is_written()
    {
        DateTimeOffset time = new(2026, 3, 1, 9, 30, 15, 123, TimeSpan.FromHours(1));

        Assert.Equal("2026-03-01T08:30:15.123Z", PredicateReader.Format(time));
        Assert.Equal(time, Reader("ts", PredicateReader.Format(time)).Timestamp("ts"));
    }

    [Fact]
    public void A_refusal_names_the_path_of_the_field()
    {
        PredicateReader reader = Reader("addends", new JsonArray(
            new JsonObject { ["site"] = "hospital-a" }, new JsonObject { ["site"] = "Hospital B" }));

        IReadOnlyList<PredicateReader> items = reader.Objects("addends");
        RecordFormatException error = Assert.Throws<RecordFormatException>(() => items[1].Identifier("site"));

        Assert.Equal("addends[1].site", error.Field);
        Assert.Contains("field addends[1].site must match", error.Message);
        Assert.Contains("is missing", Assert.Throws<RecordFormatException>(() => items[0].Text("sha256")).Message);
    }

    [Fact]
    public void A_list_of_identifiers_does_not_repeat()
    {
        Assert.Equal(["a", "b"], Reader("sites", new JsonArray("a", "b")).Identifiers("sites"));
        Assert.Throws<RecordFormatException>(() => Reader("sites", new JsonArray("a", "a")).Identifiers("sites"));
        Assert.Throws<RecordFormatException>(() => Reader("sites", new JsonArray("a", null)).Identifiers("sites"));
        Assert.Throws<RecordFormatException>(() => Reader("sites", "a").Identifiers("sites"));
    }

    [Fact]
    public void A_text_has_a_bound()
    {
        string longest = new('x', PredicateReader.MaxTextLength);

        Assert.Equal(longest, Reader("t", longest).Text("t"));
        Assert.Throws<RecordFormatException>(() => Reader("t", longest + "x").Text("t"));
    }

    private static PredicateReader Reader(string name, JsonNode value) => new(new JsonObject { [name] = value });
}
