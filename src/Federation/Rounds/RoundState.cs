using DigitalTwin.Federation.Algorithms;

namespace DigitalTwin.Federation.Rounds;

/// <summary>Where one attempt at a round stands.</summary>
public enum RoundPhase
{
    /// <summary>The cohort is named; its hospitals hand in their round keys.</summary>
    Joining,

    /// <summary>All keys are on the ledger; hospitals compute and commit to their masked addends.</summary>
    Committing,

    /// <summary>All commitments are on the ledger; only now do addends travel.</summary>
    Uploading,

    /// <summary>The sum is opened; hospitals add the addends up again and attest.</summary>
    Attesting,

    /// <summary>A quorum attested: the next model stands.</summary>
    Final,

    /// <summary>
    /// Given up before any addend travelled; another attempt may follow without the missing hospitals.
    /// </summary>
    Aborted,
}

/// <summary>What a closed round published.</summary>
/// <param name="Addends">Digest of each hospital's masked addend.</param>
public sealed record RoundOutcome(
    IReadOnlyDictionary<string, string> Addends, string Sum, string Model, double? Loss);

/// <summary>One hospital's attestation of an opened sum.</summary>
public sealed record Attestation(long WireBytes, double? Epsilon, double? Delta);

/// <summary>One attempt at a round, as the ledger tells it.</summary>
public sealed class RoundState
{
    private readonly Dictionary<string, byte[]> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _commitments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _declined = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Attestation> _attestations = new(StringComparer.Ordinal);

    internal RoundState(
        int number,
        int attempt,
        RoundPurpose purpose,
        string baseModel,
        IReadOnlyList<string> participants,
        int words,
        double? sigma)
    {
        Number = number;
        Attempt = attempt;
        Purpose = purpose;
        BaseModel = baseModel;
        Participants = participants;
        Words = words;
        Sigma = sigma;
    }

    /// <summary>1, 2, 3… within the study; an aborted attempt keeps its number.</summary>
    public int Number { get; }

    public int Attempt { get; }

    public RoundPurpose Purpose { get; }

    /// <summary>Digest of the model state that the round starts from.</summary>
    public string BaseModel { get; }

    public IReadOnlyList<string> Participants { get; }

    public int Words { get; }

    /// <summary>Standard deviation of the noise that the round promises; null without differential privacy.</summary>
    public double? Sigma { get; }

    public IReadOnlyDictionary<string, byte[]> Keys => _keys;

    /// <summary>Digest of the masked addend that each hospital committed to.</summary>
    public IReadOnlyDictionary<string, string> Commitments => _commitments;

    /// <summary>Why hospitals declined.</summary>
    public IReadOnlyDictionary<string, string> Declined => _declined;

    public IReadOnlyDictionary<string, Attestation> Attestations => _attestations;

    public RoundOutcome? Outcome { get; private set; }

    /// <summary>Index on the data log of the last record that moved this round.</summary>
    public long LastIndex { get; internal set; }

    public RoundPhase Phase { get; private set; } = RoundPhase.Joining;

    internal void Join(string site, byte[] key)
    {
        _keys.Add(site, key);
        if (_keys.Count == Participants.Count)
        {
            Phase = RoundPhase.Committing;
        }
    }

    internal void Commit(string site, string addend)
    {
        _commitments.Add(site, addend);
        if (_commitments.Count == Participants.Count)
        {
            Phase = RoundPhase.Uploading;
        }
    }

    internal void Decline(string site, string reason) => _declined[site] = reason;

    internal void Close(RoundOutcome outcome)
    {
        Outcome = outcome;
        Phase = RoundPhase.Attesting;
    }

    internal void Attest(string site, Attestation attestation) => _attestations[site] = attestation;

    internal void Finish() => Phase = RoundPhase.Final;

    internal void Abort() => Phase = RoundPhase.Aborted;
}
