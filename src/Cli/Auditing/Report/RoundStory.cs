using System.Text.Json.Nodes;
using DigitalTwin.Federation.Auditing;
using DigitalTwin.Ledger.Exports;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>One attempt at a round, as its records tell it.</summary>
internal sealed class RoundStory(TrailRecord opened)
{
    private readonly Dictionary<string, string> _excused = new(StringComparer.Ordinal);
    private readonly List<string> _attested = [];
    private bool _final;
    private string? _aborted;

    public long Number { get; } = opened.Number("round")!.Value;

    public long Attempt { get; } = opened.Number("attempt")!.Value;

    public string Purpose { get; } = opened.Text("purpose")!;

    public string Protection { get; } = opened.Text("protection")!;

    public string Opened { get; } = opened.TimeText;

    public IReadOnlyList<string> Participants { get; } = opened.Texts("participants");

    public string BaseModel { get; } = opened.Text("baseModel")!;

    /// <summary>Noise that the round promises per coordinate, or null.</summary>
    public string? Sigma { get; } = opened.Text("noise", "sigma");

    /// <summary>Hospitals whose addends make the sum; empty before that.</summary>
    public IReadOnlyList<string> Survivors { get; private set; } = [];

    /// <summary>Hospitals that went missing, declined, or whose addend was refused, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Excused => _excused;

    public IReadOnlyList<string> Attested => _attested;

    public string? Sum { get; private set; }

    public string? Model { get; private set; }

    public string? Loss { get; private set; }

    /// <summary>Whether the auditor's own sum and step agree; null where they were not computed.</summary>
    public bool? Recomputed { get; private set; }

    public string Verdict => _final ? "final"
        : _aborted is not null ? $"aborted: {_aborted}"
        : Sum is not null ? "closed, not final"
        : "not closed";

    public void Take(TrailRecord record)
    {
        switch (record.Name)
        {
            case "round-declined":
                _excused[record.Author] = $"{record.Text("rule")}: {record.Text("reason")}";
                break;
            case "update-rejected":
                _excused[record.Text("site")!] = $"{record.Text("code")}: {record.Text("reason")}";
                break;
            case "cohort-fixed":
                Excuse(record.Texts("missing"), record.Text("reason") ?? $"missing while {record.Text("phase")}");
                break;
            case "round-closed":
                Survivors = [.. record.Objects("addends").Select(one => one["site"]!.GetValue<string>()).Order()];
                (Sum, Model, Loss) = (record.Text("sum"), record.Text("model"), record.Text("loss"));
                break;
            case "round-aborted":
                _aborted = record.Text("reason");
                Excuse(record.Texts("missing"), _aborted!);
                break;
            case "sum-attested":
                _attested.Add(record.Author);
                break;
            case "round-final":
                _final = true;
                break;
            default:
                break;
        }
    }

    /// <summary>Takes over what the auditor's own sum says.</summary>
    public void Take(RecomputedSum sum) => Recomputed = sum.Agrees;

    public JsonObject ToJson() => new()
    {
        ["round"] = Number,
        ["attempt"] = Attempt,
        ["purpose"] = Purpose,
        ["protection"] = Protection,
        ["opened"] = Opened,
        ["verdict"] = Verdict,
        ["participants"] = Names(Participants),
        ["survivors"] = Names(Survivors),
        ["excused"] = new JsonObject(_excused.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        ["attestedBy"] = Names(_attested),
        ["sigma"] = Sigma,
        ["baseModel"] = BaseModel,
        ["sum"] = Sum,
        ["model"] = Model,
        ["loss"] = Loss,
        ["recomputed"] = Recomputed,
    };

    private void Excuse(IEnumerable<string> sites, string reason)
    {
        foreach (string site in sites)
        {
            _excused.TryAdd(site, reason);
        }
    }

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => (JsonNode)name)];
}
