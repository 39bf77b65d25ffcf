using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Tests.Records;

// Goal: the catalogue is the only gate, complete and strict. Method: the table of who writes what is held as a whole;
// then for every record a valid sample loses, gains and changes each of its fields.
public sealed class RecordCatalogueTests
{
    private static readonly Actor Somebody = new("somebody", Fields.Digest("key"), Role.Coordinator);

    // Log and writers (by initial) of every record; a new one must be added here by somebody who thought about it.
    private static readonly Dictionary<string, (LogKind Log, string Writers)> Expected = new()
    {
        ["genesis"] = (LogKind.Authorization, "C"),
        ["member-admitted"] = (LogKind.Authorization, "C"),
        ["member-proposed"] = (LogKind.Authorization, "H"),
        ["vote"] = (LogKind.Authorization, "H"),
        ["member-suspended"] = (LogKind.Authorization, "C"),
        ["member-reinstated"] = (LogKind.Authorization, "C"),
        ["member-removed"] = (LogKind.Authorization, "C"),
        ["key-rotated"] = (LogKind.Authorization, "CHRAW"),
        ["key-compromised"] = (LogKind.Authorization, "C"),
        ["policy-changed"] = (LogKind.Authorization, "C"),
        ["study-proposed"] = (LogKind.Authorization, "R"),
        ["study-amended"] = (LogKind.Authorization, "R"),
        ["study-accepted"] = (LogKind.Authorization, "H"),
        ["study-declined"] = (LogKind.Authorization, "H"),
        ["study-approved"] = (LogKind.Authorization, "C"),
        ["consent-policy"] = (LogKind.Authorization, "H"),
        ["consent-batch"] = (LogKind.Authorization, "H"),
        ["consent-withdrawn"] = (LogKind.Authorization, "H"),
        ["access-granted"] = (LogKind.Authorization, "CH"),
        ["admin-action"] = (LogKind.Authorization, "CH"),
        ["software-released"] = (LogKind.Authorization, "C"),
        ["snapshot-committed"] = (LogKind.Data, "H"),
        ["study-closed"] = (LogKind.Data, "C"),
        ["round-opened"] = (LogKind.Data, "C"),
        ["round-joined"] = (LogKind.Data, "H"),
        ["round-declined"] = (LogKind.Data, "H"),
        ["shares-dealt"] = (LogKind.Data, "H"),
        ["cohort-fixed"] = (LogKind.Data, "C"),
        ["update-committed"] = (LogKind.Data, "H"),
        ["sum-opened"] = (LogKind.Data, "H"),
        ["update-rejected"] = (LogKind.Data, "C"),
        ["round-closed"] = (LogKind.Data, "C"),
        ["round-aborted"] = (LogKind.Data, "C"),
        ["sum-attested"] = (LogKind.Data, "H"),
        ["round-final"] = (LogKind.Data, "C"),
        ["site-evaluated"] = (LogKind.Data, "H"),
        ["model-released"] = (LogKind.Data, "C"),
        ["model-revoked"] = (LogKind.Data, "C"),
        ["incident"] = (LogKind.Data, "CHA"),
        ["anchored"] = (LogKind.Data, "C"),
    };

    public static TheoryData<string> Names => [.. Expected.Keys];

    [Fact]
    public void Every_role_may_write_exactly_the_records_of_the_table()
    {
        Assert.Equal(Expected.Keys.Order(), RecordCatalogue.All.Select(definition => definition.Name).Order());
        foreach ((string name, (LogKind log, string writers)) in Expected)
        {
            Assert.Equal(log, RecordCatalogue.Find(name)!.Log);
            Assert.All(Enum.GetValues<Role>(), role =>
                Assert.Equal(writers.Contains(role.ToString()[0]), RecordCatalogue.MayWrite(role, name)));
        }

        Assert.False(RecordCatalogue.MayWrite(Role.Coordinator, "unheard-of"));
    }

    [Fact]
    public void Every_row_of_the_matrix_is_about_a_record_a_call_or_a_decision()
    {
        IEnumerable<string> writes = RecordCatalogue.All.Select(definition => RoleMatrix.Write(definition.Name));
        string[] others = [.. RoleMatrix.Actions.Except(writes)];

        Assert.Empty(writes.Except(RoleMatrix.Actions));
        Assert.All(others, action =>
            Assert.True(action == RoleMatrix.Decide || action.StartsWith("call /", StringComparison.Ordinal), action));
        Assert.All(RoleMatrix.Actions, action =>
            Assert.Contains(Enum.GetValues<Role>(), role => RoleMatrix.May(role, action)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_complete_record_is_accepted_with_and_without_its_optional_fields(string name)
    {
        RecordDefinition definition = RecordCatalogue.Find(name)!;
        foreach (bool complete in (bool[])[true, false])
        {
            Statement statement = Build(name, SampleRecords.Of(definition.Fields, complete));

            RecordCatalogue.Check(statement);
            Assert.NotEmpty(statement.Subjects);
            Assert.EndsWith(".", RecordHeader.Of(statement).Meaning);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_missing_field_is_named(string name)
    {
        Statement statement = Build(name, SampleRecords.Of(RecordCatalogue.Find(name)!.Fields, complete: true));
        foreach (FieldDefinition field in RecordCatalogue.FieldsOf(RecordCatalogue.Find(name)!))
        {
            JsonObject predicate = (JsonObject)statement.Predicate.DeepClone();
            predicate.Remove(field.Name);
            Exception? error = Record.Exception(() => RecordCatalogue.Check(Subjects(name, predicate)));

            if (field.Required)
            {
                Assert.Contains(field.Name, Assert.IsType<RecordFormatException>(error).Field);
                Assert.Contains(name, error.Message);
            }
            else
            {
                Assert.Null(error);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_field_of_another_kind_is_named(string name)
    {
        Statement statement = Build(name, SampleRecords.Of(RecordCatalogue.Find(name)!.Fields, complete: true));
        foreach (string field in statement.Predicate.Select(pair => pair.Key))
        {
            foreach (JsonNode? wrong in SampleRecords.WrongForEveryKind())
            {
                JsonObject predicate = (JsonObject)statement.Predicate.DeepClone();
                predicate[field] = wrong;
                RecordFormatException error = Assert.Throws<RecordFormatException>(
                    () => RecordCatalogue.Check(new Statement(name, statement.Subjects, predicate)));
                Assert.StartsWith(field, error.Field);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_unknown_field_is_refused(string name)
    {
        Statement statement = Build(name, SampleRecords.Of(RecordCatalogue.Find(name)!.Fields, complete: true));
        statement.Predicate["patient"] = "4711";

        RecordFormatException error = Assert.Throws<RecordFormatException>(() => RecordCatalogue.Check(statement));
        Assert.Equal("patient", error.Field);
    }

    [Fact]
    public void Subjects_are_the_digests_of_the_fields_and_nothing_else()
    {
        Statement statement = Build("round-closed", Fields.InRound(
            ("addends", new JsonArray(Fields.Of(("site", "hospital-a"), ("sha256", Fields.Digest("a"))))),
            ("openings", new JsonArray(Fields.Of(("site", "hospital-b"), ("sha256", Fields.Digest("b"))))),
            ("sum", Fields.Digest("sum")), ("model", Fields.Digest("model"))));

        Assert.Equal(
            ["addends/hospital-a", "openings/hospital-b", "sum", "model"],
            statement.Subjects.Select(subject => subject.Name));
        Assert.Throws<RecordFormatException>(() => RecordCatalogue.Check(statement with { Subjects = [] }));
        Assert.Throws<RecordFormatException>(() => RecordCatalogue.Check(
            statement with { Subjects = [.. statement.Subjects.Reverse()] }));
    }

    [Fact]
    public void A_record_that_the_catalogue_does_not_know_is_refused()
    {
        Assert.Throws<RecordFormatException>(() => Build("round-forgotten", []));
    }

    [Theory]
    [InlineData("one\nline")]
    [InlineData("\u001b[31mred")]
    [InlineData("")]
    [InlineData("\u009b")]
    public void A_text_cannot_forge_another_line(string reason)
    {
        RecordFormatException error = Assert.Throws<RecordFormatException>(() => Build(
            "round-declined", Fields.InRound(("rule", "hours"), ("reason", reason))));
        Assert.Equal("reason", error.Field);
    }

    [Theory]
    [InlineData("0.5", true)]
    [InlineData("-12", true)]
    [InlineData("0", true)]
    [InlineData(".5", false)]
    [InlineData("0.", false)]
    [InlineData("00.5", false)]
    [InlineData("1e-3", false)]
    [InlineData("NaN", false)]
    [InlineData("0.5\n", false)]
    public void A_decimal_text_has_digits_only(string loss, bool accepted)
    {
        JsonObject fields = Fields.InRound(("addends", new JsonArray()), ("openings", new JsonArray()),
            ("sum", Fields.Digest("s")),
            ("model", Fields.Digest("m")), ("loss", loss));

        Assert.Equal(accepted, Record.Exception(() => Build("round-closed", fields)) is null);
    }

    [Theory]
    [InlineData("2026-03-01T08:00:00.000Z", true)]
    [InlineData("2026-03-01T08:00:00Z", false)]
    [InlineData("2026-03-01T08:00:00.000+00:00", false)]
    [InlineData("2026-02-30T08:00:00.000Z", false)]
    [InlineData("2026-03-01 08:00:00.000Z", false)]
    public void A_time_is_utc_with_milliseconds(string deadline, bool accepted)
    {
        JsonObject fields = Fields.Round(Fields.Digest("model"));
        fields["deadline"] = deadline;

        Assert.Equal(accepted, Record.Exception(() => Build("round-opened", fields)) is null);
    }

    private static Statement Build(string name, JsonObject fields) =>
        RecordBuilder.Build(name, fields, Somebody, new AuthHead(1, Rfc6962.Empty), 1, DateTimeOffset.UnixEpoch);

    // With the subjects that belong to the fields where those can be read, so that only the field is wrong.
    private static Statement Subjects(string name, JsonObject predicate)
    {
        try
        {
            return new Statement(name, RecordCatalogue.SubjectsOf(name, predicate), predicate);
        }
        catch (RecordFormatException)
        {
            return new Statement(name, [new Subject("none", Fields.Digest("none"))], predicate);
        }
    }
}
