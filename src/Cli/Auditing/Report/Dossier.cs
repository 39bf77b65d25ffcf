using DigitalTwin.Federation.Auditing;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>All that a copy of a ledger tells an auditor: who, which studies, which consent, what was found.</summary>
internal sealed class Dossier
{
    private readonly MemberStories _members = new();
    private readonly Dictionary<string, StudyStory> _studies = new(StringComparer.Ordinal);
    private readonly List<StoryEvent> _consent = [];
    private readonly List<StoryEvent> _incidents = [];
    private readonly List<StoryEvent> _anchors = [];
    private readonly List<StoryEvent> _administration = [];

    private Dossier(string folder, AuditReport audit)
    {
        Folder = folder;
        Audit = audit;
        Anomalies = Anomaly.Of(audit);
    }

    public string Folder { get; }

    public AuditReport Audit { get; }

    public IReadOnlyList<Anomaly> Anomalies { get; }

    public string? Consortium { get; private set; }

    public IReadOnlyList<MemberStory> Members => [.. _members.All];

    public IReadOnlyList<StoryEvent> Policy => _members.Policy;

    public IReadOnlyList<StudyStory> Studies => [.. _studies.Values];

    /// <summary>Policies, batches and withdrawals.</summary>
    public IReadOnlyList<StoryEvent> Consent => _consent;

    public IReadOnlyList<StoryEvent> Incidents => _incidents;

    public IReadOnlyList<StoryEvent> Anchors => _anchors;

    /// <summary>Grants of access, administrative actions, released software.</summary>
    public IReadOnlyList<StoryEvent> Administration => _administration;

    /// <summary>Time of the newest record; null where no record is valid.</summary>
    public DateTimeOffset? Newest { get; private set; }

    /// <summary>Verifies a plain copy of a ledger folder and reads what its valid records say.</summary>
    /// <param name="genesis">SHA-256 of the genesis record, learnt elsewhere; null accepts any consortium.</param>
    /// <exception cref="CommandException">The folder is no ledger.</exception>
    public static Dossier Of(string folder, string? genesis)
    {
        Dossier dossier = new(folder, AuditReport.Of(folder, genesis));
        if (dossier.Audit.Ledger is { Authorization: null } or { Data: null })
        {
            return dossier;
        }

        Dictionary<long, RecomputedEpsilon> spent = (dossier.Audit.Sums?.Spent ?? []).ToDictionary(one => one.Index);
        foreach (TrailRecord record in LedgerTrail.Read(folder))
        {
            dossier.Take(record, spent);
        }

        // Opening a blob folder makes it where it is missing, and an audit changes nothing.
        string blobs = Path.Combine(folder, "blobs");
        BlobFolder? artefacts = Directory.Exists(blobs) ? BlobFolder.OpenRead(blobs) : null;
        foreach (StudyStory study in dossier._studies.Values)
        {
            study.Complete((dossier.Audit.Sums?.Sums ?? []).Where(sum => sum.Study == study.Name), artefacts);
        }

        return dossier;
    }

    /// <summary>The study with this name.</summary>
    /// <exception cref="CommandException">The ledger has none.</exception>
    public StudyStory Study(string name) => _studies.GetValueOrDefault(name) ?? throw new CommandException(
        ExitCodes.Usage,
        $"{Folder} has no study {name}; it has {(_studies.Count == 0 ? "none" : string.Join(", ", _studies.Keys))}.");

    private void Take(TrailRecord record, IReadOnlyDictionary<long, RecomputedEpsilon> spent)
    {
        Newest = Newest is null || record.Time > Newest ? record.Time : Newest;
        Consortium = record.Name == RecordCatalogue.Genesis ? record.Text("consortium") : Consortium;
        if (_members.Take(record))
        {
            return;
        }

        List<StoryEvent>? list = record.Name switch
        {
            RecordCatalogue.ConsentPolicy or RecordCatalogue.ConsentBatch or RecordCatalogue.ConsentWithdrawn =>
                _consent,
            "incident" => _incidents,
            "anchored" => _anchors,
            _ when record.Header.Study is null => _administration,
            _ => null,
        };
        if (list is not null)
        {
            list.Add(StoryEvent.Of(record));
            return;
        }

        string name = record.Header.Study!;
        if (!_studies.TryGetValue(name, out StudyStory? study))
        {
            study = new StudyStory(name);
            _studies.Add(name, study);
        }

        study.Take(record, spent);
    }
}
