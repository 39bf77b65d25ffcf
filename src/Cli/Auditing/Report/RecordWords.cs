using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>Any record in words, from its row of the catalogue: so a report knows every type there is.</summary>
internal static class RecordWords
{
    /// <summary>The record's own fields as <c>name value</c>, in the order of the catalogue.</summary>
    public static string Describe(TrailRecord record) => string.Join(
        "; ", Fields(RecordCatalogue.Find(record.Name)!.Fields, record.Envelope.Statement.Predicate));

    /// <summary>Name, author, time and fields in one line.</summary>
    public static string Line(TrailRecord record) =>
        $"{record.Name} by {record.Author} at {record.TimeText}: {Describe(record)}";

    private static IEnumerable<string> Fields(IEnumerable<FieldDefinition> fields, JsonObject values) =>
        from field in fields
        let value = values[field.Name]
        where value is not null
        select $"{field.Name} {ValueOf(field, value)}";

    private static string ValueOf(FieldDefinition field, JsonNode value) => field.Kind switch
    {
        // 91 bytes of a key say less to a person than the digest that names it everywhere else.
        FieldKind.PublicKey => $"SHA-256 {RecordKey.KeyIdOf(Convert.FromHexString(value.GetValue<string>()))}",
        FieldKind.Group => $"({string.Join(", ", Fields(field.Fields, value.AsObject()))})",
        FieldKind.Groups => string.Join(", ", value.AsArray().Select(item => TextOf(item!["site"]))),
        FieldKind.Identifiers or FieldKind.Texts => value.AsArray().Count == 0
            ? "none"
            : string.Join(", ", value.AsArray().Select(TextOf)),
        _ => TextOf(value),
    };

    private static string TextOf(JsonNode? value) => value is JsonValue scalar && scalar.TryGetValue(out string? text)
        ? text
        : value?.ToJsonString() ?? "";
}
