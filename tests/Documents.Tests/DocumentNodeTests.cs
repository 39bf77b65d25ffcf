namespace DigitalTwin.Documents.Tests;

/// <summary>What a caller asks of a value and what an author is told when it is something else.</summary>
/// <remarks>Goal: each refusal names file, line, field and the way out. Method: whole messages compared.</remarks>
public sealed class DocumentNodeTests
{
    private const string Study = """
        study: heart-risk
        title: "Ten-feature coronary disease risk"
        # a comment takes a line

        privacy:
          protection: masks
          dp: { unit: patient, epsilon: 1.0, delta: 1e-3 }
        sites:
          minimum: 3
          required:
            - north
            - east
        rounds: { deadline: 5m, anonymous: true, note: }
        """;

    [Fact]
    public void A_study_reads_as_written()
    {
        DocumentNode root = DocumentNode.Parse("study.yaml", Study);

        root.AllowOnly("study", "title", "privacy", "sites", "rounds");
        Assert.Equal("heart-risk", root.Required("study").Identifier());
        Assert.Equal("Ten-feature coronary disease risk", root.Required("title").Text());
        DocumentNode privacy = root.Required("privacy");
        Assert.Equal("masks", privacy.Required("protection").OneOf("masks", "threshold-he"));
        Assert.Equal(1e-3, privacy.Required("dp").Required("delta").NumberAbove(0, 1));
        Assert.Equal(1.0, privacy.Required("dp").Required("epsilon").Number(0.5, 1));
        Assert.Equal(3, root.Required("sites").Required("minimum").Integer(3, 100));
        Assert.Equal(["north", "east"],
            root.Required("sites").Required("required").Items().Select(item => item.Identifier()));
        Assert.Equal(TimeSpan.FromMinutes(5),
            root.Required("rounds").Required("deadline").Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));
        Assert.True(root.Required("rounds").Required("anonymous").Boolean());
        Assert.True(root.Required("rounds").Required("note").IsNull);
        Assert.Null(root.Optional("model"));
        Assert.Equal(["unit", "epsilon", "delta"], privacy.Required("dp").Entries().Select(entry => entry.Key));
    }

    [Theory]
    [InlineData("study", 1)]
    [InlineData("title", 2)]
    [InlineData("privacy", 5)]
    [InlineData("privacy.dp", 7)]
    [InlineData("privacy.dp.delta", 7)]
    [InlineData("sites.required", 10)]
    public void A_field_knows_its_path_and_line(string path, int line)
    {
        DocumentNode node = path.Split('.').Aggregate(
            DocumentNode.Parse("study.yaml", Study), (parent, key) => parent.Required(key));

        Assert.Equal(path, node.Field);
        Assert.Equal(line, node.Line);
    }

    [Fact]
    public void An_item_of_a_list_knows_its_index_and_line()
    {
        DocumentNode east = DocumentNode.Parse("study.yaml", Study).Required("sites").Required("required").Items()[1];

        Assert.Equal("sites.required[1]", east.Field);
        Assert.Equal(12, east.Line);
    }

    [Theory]
    [InlineData("0", "0 is not allowed")]
    [InlineData("100.5", "100.5 is not allowed")]
    [InlineData(".inf", ".inf is not allowed")]
    [InlineData("NaN", "NaN is not allowed")]
    [InlineData("1e999", "1e999 is not allowed")]
    [InlineData("1,5", "1,5 is not allowed")]
    [InlineData("one", "one is not allowed")]
    [InlineData("'1'", "a text in quotes is not allowed")]
    [InlineData("", "found no value")]
    [InlineData("[1]", "found a list")]
    [InlineData("{a: 1}", "found a group of fields")]
    public void A_wrong_number_is_refused_with_file_line_field_and_range(string written, string complaint)
    {
        DocumentException refusal = Assert.Throws<DocumentException>(() => EpsilonOf(
            $"study: heart\nprivacy:\n  dp:\n    epsilon: {written}"));

        Assert.Equal($"heart.yaml:4: privacy.dp.epsilon: {complaint}; give a number above 0 and at most 100.",
            refusal.Message);
        Assert.Equal("heart.yaml", refusal.File);
        Assert.Equal("privacy.dp.epsilon", refusal.Field);
    }

    [Theory]
    [InlineData("privacy:\n  dp: {}", "heart.yaml:2: privacy.dp.epsilon: is missing; add this field.")]
    [InlineData("privacy:\n  dp: none", "heart.yaml:2: privacy.dp: found a single value; give a group of fields.")]
    [InlineData("privacy:\n\n  dp: ~", "heart.yaml:3: privacy.dp: found no value; give a group of fields.")]
    [InlineData("- privacy", "heart.yaml:1: found a list; give a group of fields.")]
    [InlineData("text", "heart.yaml:1: found a single value; give a group of fields.")]
    public void A_missing_field_is_reported_at_the_line_of_its_group(string document, string message)
    {
        Assert.Equal(message, Assert.Throws<DocumentException>(() => EpsilonOf(document)).Message);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("010")]
    [InlineData("0x10")]
    [InlineData("1_000")]
    [InlineData("+3")]
    [InlineData("99999999999999999999")]
    [InlineData("2")]
    [InlineData("101")]
    public void What_is_not_a_whole_number_in_range_is_refused(string written)
    {
        Assert.Equal($"f:1: v: {written} is not allowed; give a whole number from 3 to 100.",
            MessageOf($"v: {written}", value => value.Integer(3, 100)));
    }

    [Theory]
    [InlineData("-0", 0.0)]
    [InlineData("-2.5e-3", -2.5e-3)]
    [InlineData("1E2", 100.0)]
    public void Numbers_are_read_in_the_invariant_culture_and_never_as_minus_zero(string written, double value)
    {
        double read = DocumentNode.Parse("f", $"v: {written}").Required("v").Number(-1000, 1000);

        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("True")]
    [InlineData("on")]
    [InlineData("1")]
    public void A_boolean_is_true_or_false_and_nothing_else(string written)
    {
        Assert.Equal($"f:1: v: {written} is not allowed; give true or false.",
            MessageOf($"v: {written}", value => value.Boolean()));
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    public void A_duration_is_a_number_and_a_unit(string written, int milliseconds)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds),
            DocumentNode.Parse("f", $"v: {written}").Required("v").Duration(TimeSpan.Zero, TimeSpan.FromHours(2)));
    }

    [Theory]
    [InlineData("5", "5 is not a duration; write a whole number and ms, s, m or h, for example 30s.")]
    [InlineData("5 m", "5 m is not a duration; write a whole number and ms, s, m or h, for example 30s.")]
    [InlineData("1.5h", "1.5h is not a duration; write a whole number and ms, s, m or h, for example 30s.")]
    [InlineData("9999999h", "9999999h is not a duration; write a whole number and ms, s, m or h, for example 30s.")]
    [InlineData("1s", "1s is not allowed; give a duration from 1500ms to 2h.")]
    [InlineData("121m", "121m is not allowed; give a duration from 1500ms to 2h.")]
    public void A_wrong_duration_is_refused(string written, string sentence)
    {
        Assert.Equal($"f:1: v: {sentence}", MessageOf($"v: {written}",
            value => value.Duration(TimeSpan.FromMilliseconds(1500), TimeSpan.FromHours(2))));
    }

    [Theory]
    [InlineData("Heart", "Heart is not a name; use 1 to 63 of a-z, 0-9 and -, not starting with -.")]
    [InlineData("-a", "-a is not a name; use 1 to 63 of a-z, 0-9 and -, not starting with -.")]
    [InlineData("../etc", "../etc is not a name; use 1 to 63 of a-z, 0-9 and -, not starting with -.")]
    [InlineData("\"a\\n\"", "a  is not a name; use 1 to 63 of a-z, 0-9 and -, not starting with -.")]
    [InlineData("\"\"", "an empty text is not a name; use 1 to 63 of a-z, 0-9 and -, not starting with -.")]
    public void A_name_that_is_unsafe_in_a_path_is_refused(string written, string sentence)
    {
        Assert.Equal($"f:1: v: {sentence}", MessageOf($"v: {written}", value => value.Identifier()));
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_name_has_at_most_63_characters(int length, bool isAccepted)
    {
        string document = $"v: {new string('a', length)}";

        Exception? refusal = Record.Exception(() => DocumentNode.Parse("f", document).Required("v").Identifier());

        Assert.Equal(isAccepted, refusal is null);
    }

    [Fact]
    public void A_text_is_one_line_of_limited_length()
    {
        Assert.Equal("two lines folded",
            DocumentNode.Parse("f", "v: >\n  two lines\n  folded\n").Required("v").Text());
        Assert.Equal("f:1: v: give a text of one line and 1 to 3 characters.",
            MessageOf("v: four", value => value.Text(3)));
        Assert.Equal("f:1: v: give a text of one line and 1 to 200 characters.",
            MessageOf("v: |\n  a\n  b\n", value => value.Text()));
        Assert.Equal("f:1: v: found no value; give a text.", MessageOf("v: null", value => value.Text()));
        Assert.Equal("null", DocumentNode.Parse("f", "v: 'null'").Required("v").Text());
    }

    [Fact]
    public void A_word_outside_the_list_is_refused_with_the_list_and_the_nearest_word()
    {
        Assert.Equal("f:1: v: logstic is not allowed; allowed: logistic, linear, mlp. Did you mean logistic?",
            MessageOf("v: logstic", value => value.OneOf("logistic", "linear", "mlp")));
        Assert.Equal("f:1: v: transformer is not allowed; allowed: logistic, linear, mlp.",
            MessageOf("v: transformer", value => value.OneOf("logistic", "linear", "mlp")));
    }

    [Fact]
    public void An_unknown_field_is_named_with_the_allowed_ones_and_the_nearest()
    {
        DocumentNode root = DocumentNode.Parse("study.yaml", "privacy:\n  protection: masks\n  epsilom: 1\n");

        DocumentException refusal = Assert.Throws<DocumentException>(
            () => root.Required("privacy").AllowOnly("protection", "epsilon", "delta"));

        Assert.Equal(
            "study.yaml:3: privacy.epsilom: is not a known field; allowed: protection, epsilon, delta. "
            + "Did you mean epsilon?",
            refusal.Message);
        Assert.Equal(3, refusal.Line);
        Assert.Equal("privacy.epsilom", refusal.Field);
    }

    [Fact]
    public void A_long_wrong_value_does_not_flood_the_message()
    {
        string message = MessageOf($"v: {new string('x', 10_000)}", value => value.Boolean());

        Assert.True(message.Length < 120, message);
    }

    [Theory]
    [InlineData("epsilon", "epsilon", 0)]
    [InlineData("epsilno", "epsilon", 1)]
    [InlineData("epsiln", "epsilon", 1)]
    [InlineData("epsilom", "epsilon", 1)]
    [InlineData("", "epsilon", 7)]
    [InlineData("kitten", "sitting", 3)]
    public void The_distance_of_two_words_is_the_number_of_edits(string left, string right, int edits)
    {
        Assert.Equal(edits, Spelling.Distance(left, right));
        Assert.Equal(edits, Spelling.Distance(right, left));
    }

    private static double EpsilonOf(string document) => DocumentNode.Parse("heart.yaml", document)
        .Required("privacy").Required("dp").Required("epsilon").NumberAbove(0, 100);

    private static string MessageOf(string document, Action<DocumentNode> read) =>
        Assert.Throws<DocumentException>(() => read(DocumentNode.Parse("f", document).Required("v"))).Message;
}
