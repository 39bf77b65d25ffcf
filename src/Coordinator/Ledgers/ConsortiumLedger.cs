using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Coordinator.Ledgers;

/// <summary>Both logs of the consortium and what follows from them: members, studies, artefacts.</summary>
/// <remarks>
/// Everything durable about the coordinator is here. A record is checked, made durable, applied and signed for under
/// one lock, so no two records ever see the same state.
/// </remarks>
internal sealed class ConsortiumLedger : IDisposable
{
    /// <summary>The coordinator's member name in every consortium.</summary>
    public const string CoordinatorId = "coordinator";

    private readonly LogKeeper _authorization;
    private readonly LogKeeper _data;
    private readonly Ed25519Key _authorizationKey;
    private readonly Ed25519Key _dataKey;
    private readonly RecordKey _recordKey;
    private readonly TimeProvider _time;
    // Records whose artefacts are texts, proofs and evidence.
    private static readonly HashSet<string> Evidence =
    [
        RecordCatalogue.MemberProposed, RecordCatalogue.ConsentPolicy, "snapshot-committed", "incident",
    ];

    private readonly Dictionary<(LogKind Log, string Leaf), long> _known = [];
    private readonly HashSet<(string Member, string Sha256)> _announced = [];

    private ConsortiumLedger(CoordinatorFolder folder, string consortium, TimeProvider time)
    {
        _time = time;
        _recordKey = RecordKey.Load(folder.RecordKey);
        _authorizationKey = Ed25519Key.Load(folder.AuthorizationLogKey);
        _dataKey = Ed25519Key.Load(folder.DataLogKey);
        _authorization = LogKeeper.Open(
            folder.AuthorizationLog, OriginOf(consortium, LogKind.Authorization), _authorizationKey, time);
        _data = LogKeeper.Open(folder.DataLog, OriginOf(consortium, LogKind.Data), _dataKey, time);
        Blobs = new BlobFolder(folder.Artefacts);
        Artefacts = new ArtefactStore(Blobs.Get, bytes => Blobs.Put(bytes)) { Has = Blobs.Has };
    }

    /// <summary>Guards members, studies and appends.</summary>
    public Lock Gate { get; } = new();

    public ChangeSignal Changes { get; } = new();

    public MemberRegistry Members { get; } = new();

    public StudyBook Studies { get; } = new();

    public BlobFolder Blobs { get; }

    public ArtefactStore Artefacts { get; }

    /// <summary>Opens the ledger of an initialised coordinator and replays it.</summary>
    public static ConsortiumLedger Open(CoordinatorFolder folder, string consortium, TimeProvider time)
    {
        ConsortiumLedger ledger = new(folder, consortium, time);
        try
        {
            ledger.Replay();
            return ledger;
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <summary>Name of a log of this consortium, the origin line of its checkpoints.</summary>
    public static string OriginOf(string consortium, LogKind log) =>
        $"digitaltwin.dev/{consortium}/{log.ToString().ToLowerInvariant()}";

    public LogKeeper KeeperOf(LogKind log) => log == LogKind.Authorization ? _authorization : _data;

    /// <summary>Appends a record signed by a member. Equal bytes give the index they were given before.</summary>
    /// <returns>The index, or −1 with the reason in <paramref name="refusal"/>.</returns>
    public long Append(LogKind log, ReadOnlyMemory<byte> leaf, string? mustBeFrom, out string refusal)
    {
        Envelope envelope;
        try
        {
            envelope = Envelope.Parse(leaf);
            RecordCatalogue.Check(envelope.Statement);
        }
        catch (Exception problem) when (problem is FormatException or CanonicalJsonException or RecordFormatException)
        {
            refusal = $"The record is malformed: {problem.Message}";
            return -1;
        }

        lock (Gate)
        {
            string digest = LeafDigest(leaf.Span);
            if (_known.TryGetValue((log, digest), out long index))
            {
                refusal = "";
                return index;
            }

            string author = envelope.Statement.Predicate["actor"]!["id"]!.GetValue<string>();
            refusal = mustBeFrom is not null && author != mustBeFrom
                ? $"The record is {author}'s and the connection is {mustBeFrom}'s."
                : Members.Refuses(envelope, log, _authorization.Entries, _data.Entries)
                    ?? Studies.Refuses(envelope.Statement)
                    ?? "";
            return refusal.Length > 0 ? -1 : Commit(log, leaf, envelope, digest);
        }
    }

    /// <summary>Signs and appends a record of the coordinator itself.</summary>
    /// <exception cref="InvalidOperationException">The ledger refuses it: a defect of the coordinator.</exception>
    public void AppendOwn(Draft draft)
    {
        if (!TryAppendOwn(draft, out string refusal))
        {
            throw new InvalidOperationException($"The ledger refused {draft.Name}: {refusal}");
        }
    }

    /// <summary>Signs and appends a record whose fields come from somebody else, who may be wrong.</summary>
    /// <returns>Whether it was taken; <paramref name="refusal"/> says why not.</returns>
    public bool TryAppendOwn(Draft draft, out string refusal)
    {
        lock (Gate)
        {
            Statement statement = RecordBuilder.Build(
                draft.Name,
                draft.Fields,
                new Actor(CoordinatorId, _recordKey.KeyId, Role.Coordinator),
                _authorization.Entries.Size == 0
                    ? AuthHead.None
                    : new AuthHead(_authorization.Entries.Size, _authorization.Entries.Root),
                Members.NextSeq(CoordinatorId, draft.Log),
                _time.GetUtcNow());
            Envelope envelope = Envelope.Sign(statement, _recordKey);
            return Append(draft.Log, envelope.Leaf, CoordinatorId, out refusal) >= 0;
        }
    }

    /// <summary>Whether a record outside of rounds, by this member, names an artefact.</summary>
    public bool IsAnnounced(string member, string sha256) => _announced.Contains((member, sha256));

    /// <summary>Takes a hospital's cosignature.</summary>
    /// <returns>Null when it holds, else why not.</returns>
    public string? Cosign(LogKind log, long size, string line, Member hospital)
    {
        lock (Gate)
        {
            if (hospital.WitnessKey is not { } witness || !KeeperOf(log).AddCosignature(size, line, witness))
            {
                return "The cosignature does not hold for any checkpoint of this log.";
            }

            Publish(log);
        }

        Changes.Raise();
        return null;
    }

    public void Dispose()
    {
        _authorization.Dispose();
        _data.Dispose();
        _authorizationKey.Dispose();
        _dataKey.Dispose();
        _recordKey.Dispose();
    }

    private long Commit(LogKind log, ReadOnlyMemory<byte> leaf, Envelope envelope, string digest)
    {
        LogKeeper keeper = KeeperOf(log);
        long index = keeper.Append([leaf]);
        Members.Apply(index, envelope);
        Studies.Apply(index, envelope.Statement);
        _known.Add((log, digest), index);
        Announce(envelope.Statement);
        keeper.SignHead();
        Changes.Raise();
        if (envelope.Statement.Name == RecordCatalogue.Vote)
        {
            CarryOut();
        }

        return index;
    }

    // What the hospitals voted for happens with the vote that decides it. The data log gets a record as well: its heads
    // are cosigned by the members of the newest authorization head that one of its records names.
    private void CarryOut()
    {
        foreach (Proposal proposal in Members.Carried().Where(VotedChanges.NeedsOnlyVotes))
        {
            // Two votes can want what excludes each other, such as to suspend whom another one removed.
            AuthHead data = new(_data.Entries.Size, _data.Entries.Root);
            if (TryAppendOwn(VotedChanges.RecordOf(proposal, data), out _))
            {
                AppendOwn(VotedChanges.NoteOf(proposal, _authorization.Entries.Size - 1));
            }
        }
    }

    // The artefacts that records outside of rounds name: their authors may hand them in.
    private void Announce(Statement record)
    {
        if (Evidence.Contains(record.Name))
        {
            string author = record.Predicate["actor"]!["id"]!.GetValue<string>();
            foreach (Subject subject in record.Subjects)
            {
                _announced.Add((author, subject.Sha256));
            }
        }
    }

    private void Replay()
    {
        foreach (LogKind log in new[] { LogKind.Authorization, LogKind.Data })
        {
            EntryLog entries = KeeperOf(log).Entries;
            for (long index = 0; index < entries.Size; index++)
            {
                ReadOnlyMemory<byte> leaf = entries.Read(index);
                Envelope record = Envelope.Parse(leaf);
                Members.Apply(index, record);
                Announce(record.Statement);
                _known.Add((log, LeafDigest(leaf.Span)), index);
            }
        }

        ReplayStudies();
        foreach (LogKind log in new[] { LogKind.Authorization, LogKind.Data })
        {
            if (KeeperOf(log).Entries.Size > 0)
            {
                KeeperOf(log).SignHead();
            }

            Publish(log);
        }

        CarryOut();
    }

    private void Publish(LogKind log) => KeeperOf(log).Final(size => Members.WitnessesFor(log, size));

    // A study's records lie on both logs; each data record says how much of the authorization log it had seen.
    private void ReplayStudies() => StudyReplay.Run(
        _authorization.Entries, _data.Entries, (_, index, record) => Studies.Apply(index, record));

    private static string LeafDigest(ReadOnlySpan<byte> leaf) => Rfc6962.Leaf(leaf).ToString();
}
