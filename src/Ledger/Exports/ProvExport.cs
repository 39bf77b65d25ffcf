using System.Globalization;
using System.Text.Json.Nodes;

namespace DigitalTwin.Ledger.Exports;

/// <summary>A study as W3C provenance: PROV-JSON of the W3C member submission of 24 April 2013.</summary>
/// <remarks>
/// Entities are bytes by their digest (study document, addends, sums, models, snapshots), activities are closed rounds,
/// agents are members. The base model and the addends are used, the sum and the next model generated; an addend is its
/// hospital's, a sum and a model the coordinator's, who acts on behalf of the researcher that proposed the study.
/// </remarks>
public sealed class ProvExport
{
    private const string Namespace = "https://digitaltwin.dev/twin/";

    private readonly StudyTrail _trail;
    private readonly JsonObject _entities = [];
    private readonly JsonObject _activities = [];
    private readonly JsonObject _agents = [];
    private readonly SortedDictionary<string, JsonObject> _relations = new(StringComparer.Ordinal);
    private int _statements;

    private ProvExport(StudyTrail trail) => _trail = trail;

    /// <summary>The document.</summary>
    public static JsonObject Write(StudyTrail trail)
    {
        ArgumentNullException.ThrowIfNull(trail);
        return new ProvExport(trail).Run();
    }

    private JsonObject Run()
    {
        foreach ((string id, string role) in _trail.Members)
        {
            _agents[Agent(id)] = new JsonObject
            {
                ["prov:type"] = Name("prov:Organization"),
                ["prov:label"] = id,
                ["twin:role"] = role,
            };
        }

        foreach (TrailRecord proposal in _trail.Records.Where(record => record.Name == "study-proposed"))
        {
            string document = Entity("document", proposal.Text("document")!);
            Relate("wasAttributedTo", ("entity", document), ("agent", Agent(proposal.Author)));
            Relate("actedOnBehalfOf", ("delegate", Agent(_trail.Coordinator)), ("responsible", Agent(proposal.Author)));
        }

        foreach (TrailRecord snapshot in _trail.Records.Where(record => record.Name == "snapshot-committed"))
        {
            string entity = Snapshot(snapshot);
            Relate("wasAttributedTo", ("entity", entity), ("agent", Agent(snapshot.Author)));
        }

        foreach (TrailRecord closed in _trail.Records.Where(record => record.Name == "round-closed"))
        {
            Round(closed);
        }

        Release();
        JsonObject prov = new() { ["prefix"] = new JsonObject { ["twin"] = Namespace } };
        prov["entity"] = _entities;
        prov["activity"] = _activities;
        prov["agent"] = _agents;
        foreach ((string relation, JsonObject statements) in _relations)
        {
            prov[relation] = statements;
        }

        return prov;
    }

    private void Round(TrailRecord closed)
    {
        (long number, long attempt) = (closed.Number("round")!.Value, closed.Number("attempt")!.Value);
        TrailRecord? opened = _trail.Records.FirstOrDefault(record => record.Name == "round-opened"
            && record.Number("round") == number && record.Number("attempt") == attempt);
        string activity = string.Create(CultureInfo.InvariantCulture, $"twin:{_trail.Study}-round-{number}.{attempt}");
        _activities[activity] = new JsonObject
        {
            ["prov:startTime"] = (opened ?? closed).TimeText,
            ["prov:endTime"] = closed.TimeText,
            ["prov:label"] = $"Round {number} ({opened?.Text("purpose")})",
        };
        Relate("wasAssociatedWith", ("activity", activity), ("agent", Agent(_trail.Coordinator)),
            ("plan", _trail.Document is { } plan ? Entity("document", plan) : null));

        string sum = Entity("sum", closed.Text("sum")!);
        string model = Entity("model", closed.Text("model")!);
        foreach (JsonObject addend in closed.Objects("addends"))
        {
            string site = addend["site"]!.GetValue<string>();
            string entity = Entity("addend", addend["sha256"]!.GetValue<string>());
            Relate("wasAttributedTo", ("entity", entity), ("agent", Agent(site)));
            Relate("wasAssociatedWith", ("activity", activity), ("agent", Agent(site)));
            Relate("used", ("activity", activity), ("entity", entity));
            Relate("wasDerivedFrom", ("generatedEntity", sum), ("usedEntity", entity), ("activity", activity));
        }

        if (opened?.Text("baseModel") is { } start)
        {
            Relate("used", ("activity", activity), ("entity", Entity("model", start)), ("time", opened.TimeText));
            Relate("wasDerivedFrom",
                ("generatedEntity", model), ("usedEntity", Entity("model", start)), ("activity", activity));
        }

        foreach (string generated in new[] { sum, model })
        {
            Relate("wasGeneratedBy", ("entity", generated), ("activity", activity), ("time", closed.TimeText));
            Relate("wasAttributedTo", ("entity", generated), ("agent", Agent(_trail.Coordinator)));
        }
    }

    private void Release()
    {
        if (_trail.Release?.Text("model") is { } model)
        {
            Entity("model", model);
            _entities[IdOf("model", model)]!["twin:released"] = !_trail.IsRevoked;
        }
    }

    private string Snapshot(TrailRecord record)
    {
        string id = string.Create(
            CultureInfo.InvariantCulture, $"twin:snapshot-{record.Author}-{record.Number("snapshot")}");
        _entities[id] = new JsonObject
        {
            ["prov:label"] = $"Rows of {record.Author}, {record.Text("rowsBucket")}",
            ["twin:rowsRoot"] = record.Text("rows"),
        };
        return id;
    }

    private string Entity(string kind, string sha256)
    {
        string id = IdOf(kind, sha256);
        if (!_entities.ContainsKey(id))
        {
            _entities[id] = new JsonObject
            {
                ["prov:type"] = Name($"twin:{kind}"),
                ["twin:digest"] = new JsonObject { ["$"] = NamedInformation.Of(sha256), ["type"] = "xsd:anyURI" },
            };
        }

        return id;
    }

    private void Relate(string relation, params (string Role, string? Value)[] members)
    {
        if (!_relations.TryGetValue(relation, out JsonObject? statements))
        {
            statements = [];
            _relations.Add(relation, statements);
        }

        _statements++;
        statements[string.Create(CultureInfo.InvariantCulture, $"_:s{_statements}")] = new JsonObject(
            members.Where(member => member.Value is not null).Select(member =>
                KeyValuePair.Create($"prov:{member.Role}", (JsonNode?)member.Value)));
    }

    private static string IdOf(string kind, string sha256) => $"twin:{kind}-{sha256}";

    private static string Agent(string member) => $"twin:member-{member}";

    private static JsonObject Name(string name) => new() { ["$"] = name, ["type"] = "prov:QUALIFIED_NAME" };
}
