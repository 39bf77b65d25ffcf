using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Coordinator.Ledgers;

/// <summary>The ledger takes no records yet: the coordinator has just started.</summary>
internal sealed class LedgerClosedException(string message) : Exception(message);

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
        RecordCatalogue.MemberProposed, RecordCatalogue.ConsentPolicy, "incident",
    ];

    private readonly Dictionary<(LogKind Log, string Leaf), long> _known = [];
    private readonly HashSet<(string Member, string Sha256)> _announced = [];
    private readonly HashSet<string> _wanted = new(StringComparer.Ordinal);
    private Recovery? _recovery;
    private GroupCommit? _commit;
    private Task _newestData = Task.CompletedTask;

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

    public MemberRegistry Members { get; private set; } = new();

    public StudyBook Studies { get; private set; } = new();

    /// <summary>Why nothing can be written yet; null while the ledger is open.</summary>
    public string? Closed => _recovery is null
        ? null
        : $"The coordinator has started and asks the hospitals how long their copies of the ledger are; "
            + $"{int.Max(_recovery.Missing(Members.Hospitals()), 0)} more are to answer.";

    /// <summary>Completes when all that was taken so far is on disk; fails where it never will be.</summary>
    public Task Durable
    {
        get
        {
            lock (Gate)
            {
                return _newestData;
            }
        }
    }

    /// <summary>Artefacts that records name and that a restored folder lacks.</summary>
    public IReadOnlyCollection<string> Wanted => [.. _wanted.Where(digest => !Blobs.Has(digest))];

    public BlobFolder Blobs { get; }

    public ArtefactStore Artefacts { get; }

    /// <summary>Whether a restored folder lacked this artefact, or still does.</summary>
    public bool IsWanted(string sha256) => _wanted.Contains(sha256);

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

    /// <summary>Appends a record signed by a member and waits until it is durable.</summary>
    /// <returns>The index, or −1 with the reason in <paramref name="refusal"/>.</returns>
    public long Append(LogKind log, ReadOnlyMemory<byte> leaf, string? mustBeFrom, out string refusal)
    {
        if (Offer(log, leaf, mustBeFrom, out refusal) is not { } entry)
        {
            return -1;
        }

        entry.Durable.GetAwaiter().GetResult();
        return entry.Index;
    }

    /// <summary>
    /// Takes a record signed by a member and fixes its place; it counts, and may be answered, only once it is durable.
    /// Equal bytes give the index they were given before.
    /// </summary>
    /// <returns>Its place, or null with the reason in <paramref name="refusal"/>.</returns>
    public PendingEntry? Offer(LogKind log, ReadOnlyMemory<byte> leaf, string? mustBeFrom, out string refusal)
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
            return null;
        }

        lock (Gate)
        {
            if (Closed is { } closed)
            {
                throw new LedgerClosedException(closed);
            }

            string digest = LeafDigest(leaf.Span);
            if (_known.TryGetValue((log, digest), out long index))
            {
                refusal = "";
                return new PendingEntry(index, _newestData);
            }

            string author = envelope.Statement.Predicate["actor"]!["id"]!.GetValue<string>();
            refusal = mustBeFrom is not null && author != mustBeFrom
                ? $"The record is {author}'s and the connection is {mustBeFrom}'s."
                : Members.Refuses(envelope, log, _authorization.Entries, _data.Entries)
                    ?? Studies.Refuses(envelope.Statement)
                    ?? "";
            return refusal.Length > 0 ? null : Commit(log, leaf, envelope, digest);
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
            return Offer(draft.Log, envelope.Leaf, CoordinatorId, out refusal) is not null;
        }
    }

    /// <summary>Whether a record outside of rounds, by this member, names an artefact.</summary>
    public bool IsAnnounced(string member, string sha256) => _announced.Contains((member, sha256));

    /// <summary>Takes note of the newest head that a hospital cosigned, and opens the ledger when enough did.</summary>
    /// <exception cref="NoteFormatException">It is no head that this log signed.</exception>
    /// <exception cref="LedgerDamagedException">It contradicts this ledger, which stays closed.</exception>
    public void Hear(Member member, LogKind log, SignedNote? cosigned)
    {
        lock (Gate)
        {
            if (_recovery is { } recovery && member.Role == Role.Hospital)
            {
                recovery.Hear(member.Id, log, cosigned);
                OpenIfComplete(recovery);
            }
        }
    }

    /// <summary>Takes a piece of what this ledger lacks from a hospital's copy.</summary>
    /// <returns>The entry that is wanted next.</returns>
    public long Heal(
        Member hospital, LogKind log, long first, IReadOnlyList<ReadOnlyMemory<byte>> entries, SignedNote head)
    {
        lock (Gate)
        {
            if (_recovery is not { } recovery || entries.Count == 0)
            {
                return KeeperOf(log).Entries.Size;
            }

            long size = recovery.Heal(hospital.Id, log, first, entries, head);
            OpenIfComplete(recovery);
            return size;
        }
    }

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
        _commit?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _authorization.Dispose();
        _data.Dispose();
        _authorizationKey.Dispose();
        _dataKey.Dispose();
        _recordKey.Dispose();
    }

    private void OpenIfComplete(Recovery recovery)
    {
        if (!recovery.IsComplete(Members.Hospitals()))
        {
            return;
        }

        if (recovery.HasHealed)
        {
            // The hospitals may have admitted others meanwhile: their word is asked for as well.
            Members = new MemberRegistry();
            Studies = new StudyBook();
            _known.Clear();
            Read();
            if (!recovery.IsComplete(Members.Hospitals()))
            {
                return;
            }

            _wanted.UnionWith(MissingArtefacts());
        }

        _recovery = null;
        Resume();
        Changes.Raise();
    }

    // The data log is the busy one: its records are judged and applied one by one, and written together. What was
    // applied and then can't be written stops the writer for good, and with it this process; nobody was told of it.
    // Records of the authorization log are written at once: those of the data log behind them rest on its heads.
    private PendingEntry Commit(LogKind log, ReadOnlyMemory<byte> leaf, Envelope envelope, string digest)
    {
        PendingEntry entry = log == LogKind.Data ? _commit!.Enqueue(leaf) : WriteNow(leaf);
        _newestData = log == LogKind.Data ? entry.Durable : _newestData;
        Members.Apply(entry.Index, envelope);
        Studies.Apply(entry.Index, envelope.Statement);
        _known.Add((log, digest), entry.Index);
        Announce(envelope.Statement);
        if (log == LogKind.Authorization)
        {
            SignAndTell(_authorization);
        }

        if (envelope.Statement.Name == RecordCatalogue.Vote)
        {
            CarryOut();
        }
        else if (envelope.Statement.Name == RecordCatalogue.KeyRotated)
        {
            // Without it the hospitals could wait for a cosignature of the old key, which is gone.
            AppendOwn(VotedChanges.NoteOf("A key rotation", entry.Index));
        }

        return entry;
    }

    private PendingEntry WriteNow(ReadOnlyMemory<byte> leaf) => new(_authorization.Append([leaf]), Task.CompletedTask);

    private void SignAndTell(LogKeeper keeper)
    {
        keeper.SignHead();
        Changes.Raise();
    }

    private GroupCommit OpenCommit() => new(_data, _time, () => SignAndTell(_data));

    // What the hospitals voted for happens with the vote that decides it. The data log gets a record as well: its heads
    // are cosigned by the members of the newest authorization head that one of its records names.
    private void CarryOut()
    {
        foreach (Proposal proposal in Members.Carried().Where(VotedChanges.NeedsOnlyVotes))
        {
            // The change names the head of all that was taken of the data log so far.
            _newestData.GetAwaiter().GetResult();

            // Two votes can want what excludes each other, such as to suspend whom another one removed.
            AuthHead data = new(_data.Entries.Size, _data.Entries.Root);
            if (TryAppendOwn(VotedChanges.RecordOf(proposal, data), out _))
            {
                AppendOwn(VotedChanges.NoteOf($"Proposal {proposal.Id}", _authorization.Entries.Size - 1));
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
        Read();
        // Where no hospital ever cosigned, there is none to ask.
        if (IsCosigned(_authorization) || IsCosigned(_data))
        {
            _recovery = new Recovery(KeeperOf);
        }
        else
        {
            Resume();
        }
    }

    private static bool IsCosigned(LogKeeper keeper) => keeper.FinalHead is { Signatures.Count: > 1 };

    private void Read()
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
    }

    // What the records of a restored folder name and it lacks: whoever has it is asked for it.
    private IEnumerable<string> MissingArtefacts() => new[] { _authorization.Entries, _data.Entries }
        .SelectMany(entries => LongRange(entries.Size).Select(index => Envelope.Parse(entries.Read(index))))
        .SelectMany(record => record.Statement.Subjects)
        .Select(subject => subject.Sha256)
        .Where(digest => !Blobs.Has(digest));

    private static IEnumerable<long> LongRange(long size)
    {
        for (long index = 0; index < size; index++)
        {
            yield return index;
        }
    }

    private void Resume()
    {
        _commit = OpenCommit();
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
