using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Tests.Records;

/// <summary>A valid value for every kind of field, and values that fit none.</summary>
internal static class SampleRecords
{
    private static readonly string PublicKey = MakePublicKey();

    public static JsonObject Of(IReadOnlyList<FieldDefinition> fields, bool complete)
    {
        JsonObject sample = [];
        foreach (FieldDefinition field in fields.Where(field => complete || field.Required))
        {
            sample[field.Name] = ValueOf(field, complete);
        }

        return sample;
    }

    // No kind accepts a null, a boolean, a negative number, a control character, a list of numbers or an odd object.
    public static IEnumerable<JsonNode?> WrongForEveryKind() =>
        [null, true, -1, "\u0007", new JsonArray(1), new JsonObject { ["odd"] = 1 }];

    private static JsonNode ValueOf(FieldDefinition field, bool complete) => field.Kind switch
    {
        FieldKind.Text => "One line.",
        FieldKind.Identifier => "hospital-a",
        FieldKind.Identifiers => new JsonArray("hospital-a", "hospital-b"),
        FieldKind.Texts => new JsonArray("few events"),
        FieldKind.Number => 7,
        FieldKind.DecimalText => "0.25",
        FieldKind.Digest or FieldKind.Fingerprint => Fields.Digest(field.Name),
        FieldKind.PublicKey => PublicKey,
        FieldKind.Signature => new string('0', 128),
        FieldKind.LogKey => NoteVerifierKey.Log("log.example", new byte[32]).ToString(),
        FieldKind.WitnessKey => NoteVerifierKey.Witness("w.example", new byte[32]).ToString(),
        FieldKind.Root => Rfc6962.Empty.ToString(),
        FieldKind.Time => "2026-03-01T08:00:00.000Z",
        FieldKind.Choice => field.Choices[^1],
        FieldKind.Group => Of(field.Fields, complete),
        FieldKind.Groups => new JsonArray(Of(field.Fields, complete)),
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Kind, "No sample."),
    };

    private static string MakePublicKey()
    {
        using RecordKey key = RecordKey.Generate();
        return Convert.ToHexStringLower(key.PublicKey);
    }
}
