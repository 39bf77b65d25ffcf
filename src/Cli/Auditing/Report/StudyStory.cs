using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Auditing;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>A hospital's answer to a study.</summary>
/// <param name="Rule">Rule of the hospital's policy that refused it; null where it accepted.</param>
internal sealed record StudyAnswer(
    string Site, bool Accepted, string? Rule, string? Reason, string? RowsBucket, string? PrevalenceBucket,
    string Time);

/// <summary>The privacy that one training round spent at one hospital.</summary>
/// <param name="Recomputed">ε after the round as the auditor computed it; null where nothing was computed.</param>
internal sealed record SpentPrivacy(
    string Site, long Round, string Before, string After, string Delta, int? Releases, double? Recomputed,
    bool? Agrees);

/// <summary>One study, as its records tell it; nothing here was asked of a hospital.</summary>
internal sealed class StudyStory(string name)
{
    private readonly List<StudyAnswer> _answers = [];
    private readonly List<RoundStory> _rounds = [];
    private readonly List<SpentPrivacy> _spent = [];
    private readonly List<TrailRecord> _evaluations = [];
    private readonly List<TrailRecord> _releases = [];
    private readonly List<StoryEvent> _events = [];
    private readonly Dictionary<string, string> _epsilon = new(StringComparer.Ordinal);

    public string Name => name;

    public string? Title { get; private set; }

    public string? Proposer { get; private set; }

    /// <summary>Digest of the document in force: the approved one, or else the newest proposed.</summary>
    public string? DocumentDigest { get; private set; }

    /// <summary>The document behind the digest; null where the copy of the ledger lacks it.</summary>
    public StudyDocument? Document { get; private set; }

    public IReadOnlyList<StudyAnswer> Answers => _answers;

    public IReadOnlyList<string> Participants { get; private set; } = [];

    public string? OnMissing { get; private set; }

    /// <summary>ε and δ that the approval grants per hospital, or null.</summary>
    public (string Epsilon, string Delta)? Grant { get; private set; }

    public IReadOnlyList<RoundStory> Rounds => _rounds;

    /// <summary>In the order of the ledger.</summary>
    public IReadOnlyList<SpentPrivacy> Spent => _spent;

    /// <summary><c>site-evaluated</c>.</summary>
    public IReadOnlyList<TrailRecord> Evaluations => _evaluations;

    /// <summary><c>model-released</c> and <c>model-revoked</c>.</summary>
    public IReadOnlyList<TrailRecord> Releases => _releases;

    /// <summary>Amendments, snapshots, accounts of privacy: what is listed as it stands.</summary>
    public IReadOnlyList<StoryEvent> Events => _events;

    public TrailRecord? Closing { get; private set; }

    /// <summary>Digest of the newest released model that was not revoked, or null.</summary>
    public string? ReleasedModel { get; private set; }

    /// <summary>State of the released model; null where there is none, or the copy lacks it.</summary>
    public ModelState? Model { get; private set; }

    public void Take(TrailRecord record, IReadOnlyDictionary<long, RecomputedEpsilon> recomputed)
    {
        switch (record.Name)
        {
            case "study-proposed":
                (Title, Proposer) = (record.Text("title"), record.Author);
                DocumentDigest = record.Text("document");
                break;
            case "study-amended":
                DocumentDigest = record.Text("amended");
                _events.Add(StoryEvent.Of(record));
                break;
            case "study-accepted" or "study-declined":
                _answers.Add(new StudyAnswer(
                    record.Author, record.Name == "study-accepted", record.Text("rule"), record.Text("reason"),
                    record.Text("rowsBucket"), record.Text("prevalenceBucket"), record.TimeText));
                break;
            case "study-approved":
                Approve(record);
                break;
            case "study-closed":
                Closing = record;
                break;
            case "model-released" or "model-revoked":
                _releases.Add(record);
                ReleasedModel = record.Name == "model-released" ? record.Text("model")
                    : record.Text("model") == ReleasedModel ? null : ReleasedModel;
                break;
            case "site-evaluated":
                _evaluations.Add(record);
                break;
            case "round-opened":
                _rounds.Add(new RoundStory(record));
                break;
            default:
                TakeRoundRecord(record, recomputed);
                break;
        }
    }

    /// <summary>Takes over what the auditor added up, and reads the artefacts that the records name.</summary>
    public void Complete(IEnumerable<RecomputedSum> sums, BlobFolder? blobs)
    {
        foreach (RecomputedSum sum in sums)
        {
            _rounds.LastOrDefault(round => round.Number == sum.Round && round.Sum is not null)?.Take(sum);
        }

        Document = Artefact(blobs, DocumentDigest, StudyDocument.Parse);
        Model = Artefact(blobs, ReleasedModel, bytes => ModelState.Parse(bytes));
    }

    private static T? Artefact<T>(BlobFolder? blobs, string? digest, Func<byte[], T> parse)
        where T : class
    {
        try
        {
            return digest is not null && blobs?.Get(digest) is { } bytes ? parse(bytes) : null;
        }
        catch (Exception damage) when (damage is FormatException or LedgerDamagedException)
        {
            // A blob that is not what its name says is a finding of its own; the report goes on without it.
            return null;
        }
    }

    private void Approve(TrailRecord record)
    {
        DocumentDigest = record.Text("document");
        Participants = record.Texts("participants");
        OnMissing = record.Text("onMissing");
        Grant = record.Text("grant", "epsilon") is { } epsilon ? (epsilon, record.Text("grant", "delta")!) : null;
    }

    private void TakeRoundRecord(TrailRecord record, IReadOnlyDictionary<long, RecomputedEpsilon> recomputed)
    {
        RoundStory? round = _rounds.LastOrDefault(one =>
            one.Number == record.Number("round") && one.Attempt == record.Number("attempt"));
        if (round is null || record.Name == "dp-spent")
        {
            _events.Add(StoryEvent.Of(record));
            return;
        }

        round.Take(record);
        if (record.Name == "sum-attested" && record.Text("epsilon") is { } epsilon)
        {
            RecomputedEpsilon? own = recomputed.GetValueOrDefault(record.Index);
            _spent.Add(new SpentPrivacy(
                record.Author, round.Number, _epsilon.GetValueOrDefault(record.Author, "0"), epsilon,
                record.Text("delta") ?? "", own?.Releases, own?.Recomputed, own?.Agrees));
            _epsilon[record.Author] = epsilon;
        }
    }
}
