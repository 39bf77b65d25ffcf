using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Rounds;

/// <summary>What a hospital told the others when it accepted a study: buckets, nothing finer.</summary>
public sealed record Acceptance(string RowsBucket, string PrevalenceBucket, string Contract);

/// <summary>How a study ended.</summary>
/// <param name="Verdict"><c>complete</c>, <c>degraded</c> or <c>failed</c>.</param>
public sealed record StudyClosing(string Verdict, string Reason, string? Model);

/// <summary>One study, as the ledger tells it.</summary>
public sealed class StudyState
{
    private readonly Dictionary<string, Acceptance> _accepted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _declined = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _dropped = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SiteEvaluation> _evaluations = new(StringComparer.Ordinal);
    private readonly List<RoundState> _rounds = [];

    internal StudyState(string name, string title, string document, string proposer)
    {
        Proposer = proposer;
        Name = name;
        Title = title;
        Document = document;
    }

    public string Name { get; }

    /// <summary>The researcher that proposed it.</summary>
    public string Proposer { get; }

    public string Title { get; }

    /// <summary>Digest of the study document.</summary>
    public string Document { get; private set; }

    public IReadOnlyDictionary<string, Acceptance> Accepted => _accepted;

    /// <summary>Hospitals that declined, with rule and reason.</summary>
    public IReadOnlyDictionary<string, string> Declined => _declined;

    /// <summary>Hospitals that may take part in rounds; empty before the approval.</summary>
    public IReadOnlyList<string> Participants { get; private set; } = [];

    /// <summary>Participants lost on the way, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Dropped => _dropped;

    /// <summary>What sites published about their own held-out rows.</summary>
    public IReadOnlyDictionary<string, SiteEvaluation> Evaluations => _evaluations;

    /// <summary>What each hospital may spend in this study; null without differential privacy.</summary>
    public PrivacyBudget? Grant { get; private set; }

    public bool Approved => Participants.Count > 0;

    public StudyClosing? Closing { get; private set; }

    /// <summary>Digest of the released model, once there is one.</summary>
    public string? Released { get; internal set; }

    /// <summary>Why the released model was taken out of use; null while it stands.</summary>
    public string? Revoked { get; internal set; }

    /// <summary>Every attempt at every round, oldest first.</summary>
    public IReadOnlyList<RoundState> Rounds => _rounds;

    public RoundState? Current => _rounds.Count == 0 ? null : _rounds[^1];

    /// <summary>Participants that are still in.</summary>
    public IReadOnlyList<string> Active => [.. Participants.Where(site => !_dropped.ContainsKey(site))];

    /// <summary>Digest of the newest model that a quorum attested; null before the first round is final.</summary>
    public string? LatestModel => _rounds.LastOrDefault(round =>
        round.Phase == RoundPhase.Final && round.Purpose != RoundPurpose.Keys)?.Outcome?.Model;

    /// <summary>The round that made the key which rounds now encrypt under; null before there is one.</summary>
    public RoundState? KeyRound => _rounds.LastOrDefault(round =>
        round is { Phase: RoundPhase.Final, Purpose: RoundPurpose.Keys });

    /// <summary>Number and attempt of the round that may be opened next.</summary>
    public (int Number, int Attempt) NextRound => Current switch
    {
        null => (1, 1),
        { Phase: RoundPhase.Aborted } aborted => (aborted.Number, aborted.Attempt + 1),
        { } current => (current.Number + 1, 1),
    };

    internal void Accept(string site, Acceptance acceptance) => _accepted.Add(site, acceptance);

    internal void Decline(string site, string reason) => _declined.Add(site, reason);

    // The answers were to another document.
    internal void Amend(string document)
    {
        Document = document;
        _accepted.Clear();
        _declined.Clear();
    }

    internal void Approve(IReadOnlyList<string> participants, PrivacyBudget? grant)
    {
        Participants = participants;
        Grant = grant;
    }

    internal void Drop(string site, string reason) => _dropped.TryAdd(site, reason);

    internal void Open(RoundState round) => _rounds.Add(round);

    internal void Evaluate(string site, SiteEvaluation evaluation) => _evaluations[site] = evaluation;

    internal void Close(StudyClosing closing) => Closing = closing;
}

/// <summary>Metrics that a site published about its own held-out rows; null where undefined.</summary>
public sealed record SiteEvaluation(
    double? Accuracy, double? Auroc, double? Brier, double? CalibrationSlope, IReadOnlyList<string> Flags);
