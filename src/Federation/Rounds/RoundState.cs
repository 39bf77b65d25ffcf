using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Rounds;

/// <summary>Where one attempt at a round stands.</summary>
public enum RoundPhase
{
    /// <summary>The cohort is named; its hospitals hand in their round keys.</summary>
    Joining,

    /// <summary>All keys are on the ledger; hospitals deal shares of their round secrets to each other.</summary>
    Sharing,

    /// <summary>Who dealt is fixed; hospitals compute and commit to their protected addends.</summary>
    Committing,

    /// <summary>Who committed is fixed; only now do addends travel.</summary>
    Uploading,

    /// <summary>Whose addends make the sum is fixed; the hospitals behind them open that sum and no other.</summary>
    Opening,

    /// <summary>The sum is opened; hospitals add the addends up again and attest.</summary>
    Attesting,

    /// <summary>A quorum attested: the next model stands.</summary>
    Final,

    /// <summary>
    /// Given up before any addend travelled; another attempt may follow without the missing hospitals.
    /// </summary>
    Aborted,
}

/// <summary>What <c>round-opened</c> says.</summary>
/// <param name="Number">1, 2, 3… within the study; an aborted attempt keeps its number.</param>
/// <param name="BaseModel">Digest of the model state that the round starts from.</param>
/// <param name="Fewest">Hospitals that must survive for the sum to be opened.</param>
/// <param name="Words">Length of the statistic in slots.</param>
/// <param name="SlotBits">Bits of a slot: the sum is taken modulo 2^SlotBits.</param>
/// <param name="Sigma">
/// Standard deviation of the noise that the round promises; null without differential privacy.
/// </param>
public sealed record RoundTerms(
    int Number,
    int Attempt,
    RoundPurpose Purpose,
    string BaseModel,
    IReadOnlyList<string> Participants,
    SumProtection Protection,
    int Fewest,
    int Words,
    int SlotBits,
    double? Sigma)
{
    /// <summary>What the round adds to the privacy spent; null where it releases nothing under a budget.</summary>
    public ProjectedSpend? Spend { get; init; }

    /// <summary>Whether a round on these terms is the round that <paramref name="planned"/> means.</summary>
    public bool Agrees(RoundTerms planned) =>
        this with { Participants = planned.Participants } == planned
        && Participants.SequenceEqual(planned.Participants, StringComparer.Ordinal);
}

/// <summary>The public keys that a hospital brought to a round; null where the round needs none.</summary>
public sealed record JoinedKeys(byte[]? MaskKey, byte[]? ShareKey);

/// <summary>An artefact that a hospital announced on the ledger before it handed it in.</summary>
/// <param name="Bytes">Its size as announced.</param>
public sealed record AnnouncedArtefact(string Sha256, long Bytes);

/// <summary>What a closed round published.</summary>
/// <param name="Addends">Digest of each surviving hospital's protected addend.</param>
/// <param name="Openings">Digest of what each hospital gave to open the sum, as far as it was used.</param>
public sealed record RoundOutcome(
    IReadOnlyDictionary<string, string> Addends,
    IReadOnlyDictionary<string, string> Openings,
    string Sum,
    string Model,
    double? Loss);

/// <summary>One hospital's attestation of an opened sum.</summary>
public sealed record Attestation(long WireBytes, double? Epsilon, double? Delta);

/// <summary>One attempt at a round, as the ledger tells it.</summary>
public sealed class RoundState
{
    private readonly Dictionary<string, JoinedKeys> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AnnouncedArtefact> _bundles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _commitments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AnnouncedArtefact> _openings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _declined = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Attestation> _attestations = new(StringComparer.Ordinal);

    internal RoundState(RoundTerms terms, long index)
    {
        Terms = terms;
        Cohort = terms.Participants;
        Dealers = terms.Participants;
        PhaseIndex = index;
    }

    public RoundTerms Terms { get; }

    public int Number => Terms.Number;

    public int Attempt => Terms.Attempt;

    public RoundPurpose Purpose => Terms.Purpose;

    public string BaseModel => Terms.BaseModel;

    /// <summary>The hospitals that the round was opened for.</summary>
    public IReadOnlyList<string> Participants => Terms.Participants;

    public SumProtection Protection => Terms.Protection;

    public int Words => Terms.Words;

    public double? Sigma => Terms.Sigma;

    /// <summary>Whether hospitals deal shares before they commit.</summary>
    public bool HasSharing => Protection == SumProtection.Masks || Purpose == RoundPurpose.Keys;

    /// <summary>The hospitals that are still in: the participants less those excused so far.</summary>
    public IReadOnlyList<string> Cohort { get; private set; }

    /// <summary>The hospitals whose shares were dealt in time: those that masks are agreed with.</summary>
    public IReadOnlyList<string> Dealers { get; private set; }

    /// <summary>The hospitals whose addends make the sum; empty before that is fixed.</summary>
    public IReadOnlyList<string> Survivors { get; private set; } = [];

    /// <summary>The hospitals that decrypt the sum under threshold encryption; empty with masks.</summary>
    public IReadOnlyList<string> Decryptors { get; private set; } = [];

    public IReadOnlyDictionary<string, JoinedKeys> Keys => _keys;

    /// <summary>The share bundle that each hospital dealt.</summary>
    public IReadOnlyDictionary<string, AnnouncedArtefact> Bundles => _bundles;

    /// <summary>Digest of the protected addend that each hospital committed to.</summary>
    public IReadOnlyDictionary<string, string> Commitments => _commitments;

    /// <summary>What each hospital gave to open the sum.</summary>
    public IReadOnlyDictionary<string, AnnouncedArtefact> Openings => _openings;

    /// <summary>Why hospitals declined.</summary>
    public IReadOnlyDictionary<string, string> Declined => _declined;

    public IReadOnlyDictionary<string, Attestation> Attestations => _attestations;

    public RoundOutcome? Outcome { get; private set; }

    /// <summary>Index on the data log of the record that brought the round into its phase.</summary>
    public long PhaseIndex { get; private set; }

    public RoundPhase Phase { get; private set; } = RoundPhase.Joining;

    internal void Join(string site, JoinedKeys keys, long index)
    {
        _keys.Add(site, keys);
        if (_keys.Count == Participants.Count)
        {
            Enter(HasSharing ? RoundPhase.Sharing : RoundPhase.Committing, index);
        }
    }

    internal void Deal(string site, AnnouncedArtefact bundle) => _bundles.Add(site, bundle);

    internal void Commit(string site, string addend, long index)
    {
        _commitments.Add(site, addend);
        if (Cohort.All(_commitments.ContainsKey))
        {
            Enter(RoundPhase.Uploading, index);
        }
    }

    /// <summary>Ends the current phase with these hospitals.</summary>
    internal void Fix(IReadOnlyList<string> sites, IReadOnlyList<string> decryptors, long index)
    {
        Cohort = sites;
        switch (Phase)
        {
            case RoundPhase.Sharing:
                Dealers = sites;
                Enter(RoundPhase.Committing, index);
                break;
            case RoundPhase.Committing:
                Enter(RoundPhase.Uploading, index);
                break;
            default:
                Survivors = sites;
                Decryptors = decryptors;
                Enter(RoundPhase.Opening, index);
                break;
        }
    }

    internal void Open(string site, AnnouncedArtefact opening) => _openings.Add(site, opening);

    internal void Decline(string site, string reason) => _declined[site] = reason;

    internal void Close(RoundOutcome outcome, long index)
    {
        Outcome = outcome;
        Survivors = Cohort;
        Enter(RoundPhase.Attesting, index);
    }

    internal void Attest(string site, Attestation attestation) => _attestations[site] = attestation;

    internal void Finish() => Phase = RoundPhase.Final;

    internal void Abort() => Phase = RoundPhase.Aborted;

    private void Enter(RoundPhase phase, long index)
    {
        Phase = phase;
        PhaseIndex = index;
    }
}
