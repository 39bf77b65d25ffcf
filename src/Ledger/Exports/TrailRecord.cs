using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Exports;

/// <summary>One valid record as reports and exports read it: by the names of its fields.</summary>
/// <param name="Log">The log it stands in.</param>
/// <param name="Index">Its index there.</param>
/// <param name="Envelope">The record with its signature.</param>
/// <param name="Header">Its common fields.</param>
public sealed record TrailRecord(LogKind Log, long Index, Envelope Envelope, RecordHeader Header)
{
    /// <summary>Name of the record type.</summary>
    public string Name => Envelope.Statement.Name;

    /// <summary>Who wrote it.</summary>
    public string Author => Header.Actor.Id;

    /// <summary>When its author says it was written.</summary>
    public DateTimeOffset Time => Header.Time;

    /// <summary>Its time as it stands in the record.</summary>
    public string TimeText => PredicateReader.Format(Time);

    /// <summary>Where it stands, for people: <c>data 17</c>.</summary>
    public string Place => $"{Log.ToString().ToLowerInvariant()} {Index}";

    private JsonObject Source => Envelope.Statement.Predicate;

    /// <summary>Whether the field is there.</summary>
    public bool Has(string field) => Source[field] is not null;

    /// <summary>A text field, or null where it is absent.</summary>
    public string? Text(string field) => Source[field] is JsonValue value && value.TryGetValue(out string? text)
        ? text
        : null;

    /// <summary>A whole number, or null where it is absent.</summary>
    public long? Number(string field) => Source[field] is JsonValue value && value.TryGetValue(out long number)
        ? number
        : null;

    /// <summary>A list of texts; empty where it is absent.</summary>
    public IReadOnlyList<string> Texts(string field) => Source[field] is JsonArray items
        ? [.. items.OfType<JsonValue>().Select(item => item.GetValue<string>())]
        : [];

    /// <summary>A text field of a group, or null where either is absent.</summary>
    public string? Text(string group, string field) => Source[group]?[field]?.GetValue<string>();

    /// <summary>The objects of a list; empty where it is absent.</summary>
    public IReadOnlyList<JsonObject> Objects(string field) => Source[field] is JsonArray items
        ? [.. items.OfType<JsonObject>()]
        : [];
}
