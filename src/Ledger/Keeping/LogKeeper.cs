using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Keeping;

/// <summary>
/// The coordinator's side of one log: appends, signs heads, collects cosignatures, publishes final heads.
/// </summary>
/// <remarks>
/// The order after an append is fixed: entries durable, head announced durably, head signed, cosignatures collected,
/// <see cref="CheckpointName"/> replaced. Cosignatures below a quorum live in memory only: after a restart the same
/// head goes out again and witnesses answer again. Thread-safe.
/// </remarks>
public sealed class LogKeeper : IDisposable
{
    /// <summary>Name of the file that holds the largest final head.</summary>
    public const string CheckpointName = "checkpoint";

    /// <summary>How far a witness's clock may run ahead of ours before its cosignature is refused.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly Ed25519Key _key;
    private readonly TimeProvider _time;
    private readonly HeadHistory _history;
    private readonly WitnessedHeads _witnessed;
    private readonly Dictionary<long, List<NoteSignature>> _cosignatures = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _finalSize = -1;

    private LogKeeper(string folder, NoteVerifierKey verifier, Ed25519Key key, TimeProvider time, EntryLog entries)
    {
        _folder = folder;
        _key = key;
        _time = time;
        VerifierKey = verifier;
        Entries = entries;
        _history = HeadHistory.Open(folder, verifier, entries);
        _witnessed = new WitnessedHeads(entries);
    }

    /// <summary>The entries; append through the keeper so that waiting streams wake up.</summary>
    public EntryLog Entries { get; }

    /// <summary>The key that verifies this log's heads; its name is the origin.</summary>
    public NoteVerifierKey VerifierKey { get; }

    /// <summary>The newest signed head; null before the first.</summary>
    public SignedNote? SignedHead
    {
        get
        {
            lock (_gate)
            {
                return _history.Last;
            }
        }
    }

    /// <summary>The largest final head found so far; null before the first.</summary>
    public SignedNote? FinalHead { get; private set; }

    /// <summary>Opens the log of a folder, and makes it where there is none.</summary>
    /// <param name="folder">Folder of this log alone.</param>
    /// <param name="origin">Name of the log, for example <c>twin.example/demo/data</c>.</param>
    /// <param name="logKey">Key that signs heads; stays the caller's.</param>
    /// <param name="time">Clock that cosignature times are held against.</param>
    /// <exception cref="LedgerLockedException">The log has a writer already.</exception>
    /// <exception cref="LedgerDamagedException">Entries are damaged, or are not those that were signed.</exception>
    public static LogKeeper Open(string folder, string origin, Ed25519Key logKey, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(logKey);
        ArgumentNullException.ThrowIfNull(time);
        NoteVerifierKey verifier = NoteVerifierKey.Log(origin, logKey.PublicKey);
        EntryLog entries = EntryLog.Open(folder, HeadHistory.LargestSize(folder));
        try
        {
            LogKeeper keeper = new(folder, verifier, logKey, time, entries);
            keeper.Resume();
            return keeper;
        }
        catch
        {
            entries.Dispose();
            throw;
        }
    }

    /// <summary>Appends one leaf durably and returns its index.</summary>
    public long Append(ReadOnlyMemory<byte> leaf) => Append([leaf]);

    /// <summary>Appends leaves durably and returns the index of the first.</summary>
    /// <exception cref="LedgerBehindException">The log is an older copy of itself.</exception>
    /// <exception cref="LedgerFullException">The disk has too little room; nothing was written.</exception>
    /// <exception cref="LedgerStoppedException">This or an earlier write failed; entries can still be read.</exception>
    public long Append(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        RequireUpToDate();
        long first = Entries.Append(leaves);
        Signal();
        return first;
    }

    /// <summary>Appends leaves for which <see cref="RequireRoom"/> found room.</summary>
    internal long AppendAccepted(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        long first = Entries.AppendAccepted(leaves);
        Signal();
        return first;
    }

    /// <summary>Refuses, as <see cref="Append(IReadOnlyList{ReadOnlyMemory{byte}})"/> would, further bytes.</summary>
    internal void RequireRoom(long bytes)
    {
        RequireUpToDate();
        Entries.RequireRoom(bytes);
    }

    /// <summary>
    /// Takes in the newest heads that witnesses cosigned, as a keeper must at its start: where one of them covers more
    /// entries than are here, the folder is an older copy, and nothing is appended or signed until <see cref="Heal"/>.
    /// </summary>
    /// <remarks>
    /// A bare size would let one lying witness stop the log, so only heads count that this log's own key signed.
    /// </remarks>
    /// <exception cref="NoteFormatException">A note is not a head that this log signed.</exception>
    /// <exception cref="LedgerDamagedException">A head contradicts the entries; nothing is signed any more.</exception>
    public void RequireWitnessed(IEnumerable<SignedNote> heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        foreach (Checkpoint head in heads.Select(OwnHead).ToArray())
        {
            lock (_gate)
            {
                _witnessed.Add(head);
            }
        }
    }

    /// <summary>Brings back entries that an older copy of the log lacks, as a mirror has them.</summary>
    /// <param name="missing">The entries from the present size on.</param>
    /// <param name="head">A head that this log signed over exactly what it will then have.</param>
    /// <exception cref="NoteFormatException">The note is not a head that this log signed.</exception>
    /// <exception cref="LedgerDamagedException">
    /// The entries do not lead to that head; nothing was written.
    /// </exception>
    public void Heal(IReadOnlyList<ReadOnlyMemory<byte>> missing, SignedNote head)
    {
        ArgumentNullException.ThrowIfNull(missing);
        Checkpoint end = OwnHead(head);
        lock (_gate)
        {
            _witnessed.RequireLeadsTo(end, missing);
            Entries.Append(missing);
            if (end.Size > _history.LastSize)
            {
                _history.Add(head.Where(line => line.IsBy(VerifierKey)), end.Size);
            }
        }

        Signal();
    }

    /// <summary>Signs a head over all entries; the same head again where nothing was appended.</summary>
    /// <exception cref="LedgerBehindException">The log is an older copy of itself.</exception>
    /// <exception cref="LedgerStoppedException">The history of heads could not be written.</exception>
    public SignedNote SignHead()
    {
        SignedNote note;
        lock (_gate)
        {
            _witnessed.Require();
            long size = Entries.Size;
            if (size == _history.LastSize)
            {
                return _history.Last!;
            }

            note = Sign(new Checkpoint(VerifierKey.Name, size, Entries.RootAt(size)));
        }

        Signal();
        return note;
    }

    /// <summary>Verifies a cosignature line of a signed head and keeps it; false where it does not hold.</summary>
    /// <param name="size">Size of the head.</param>
    /// <param name="noteSignatureLine">The line <c>— name base64</c>.</param>
    /// <param name="witness">Key of the member that sent it.</param>
    public bool AddCosignature(long size, string noteSignatureLine, NoteVerifierKey witness)
    {
        ArgumentNullException.ThrowIfNull(witness);
        lock (_gate)
        {
            if (!_history.Has(size)
                || TryParse(noteSignatureLine) is not NoteSignature line
                || !line.IsBy(witness)
                || witness.Type != NoteKeyType.Witness
                || !witness.Verify(HeadAt(size).Text, line.Signature.Span)
                || Cosignature.TimeOf(line) > _time.GetUtcNow() + MaxClockSkew)
            {
                return false;
            }

            Keep(size, line);
            return true;
        }
    }

    /// <summary>
    /// The largest head with a quorum of cosignatures by those hospitals whose keys <paramref name="witnessesFor"/>
    /// names for its size; it is durable as <see cref="CheckpointName"/> on return. Null where there is none yet.
    /// </summary>
    /// <param name="witnessesFor">For a size of this log, <c>MemberRegistry.WitnessesFor</c>.</param>
    public SignedNote? Final(Func<long, IReadOnlyList<NoteVerifierKey>> witnessesFor)
    {
        ArgumentNullException.ThrowIfNull(witnessesFor);
        bool changed = false;
        lock (_gate)
        {
            foreach (long size in _history.SizesFrom(_finalSize))
            {
                IReadOnlyList<NoteVerifierKey> hospitals = witnessesFor(size);
                NoteSignature[] lines = [.. CosignaturesAt(size).Where(line => hospitals.Any(line.IsBy))];
                if (lines.Length >= Quorum.Of(hospitals.Count))
                {
                    changed = Publish(size, lines.Aggregate(HeadAt(size), (note, line) => note.With(line)));
                    break;
                }
            }
        }

        if (changed)
        {
            Signal();
        }

        return FinalHead;
    }

    /// <summary>
    /// Completes when the log has more than <paramref name="size"/> entries, or else at the next append, signed head
    /// or final head. Take the task, then read what is there, then await it: so no change is missed.
    /// </summary>
    public Task WaitForChange(long size, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Entries.Size > size ? Task.CompletedTask : _changed.Task.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _history.Dispose();
        Entries.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static NoteSignature? TryParse(string line)
    {
        try
        {
            return NoteSignature.Parse(line);
        }
        catch (NoteFormatException)
        {
            return null;
        }
    }

    private void Resume()
    {
        if (_history.Unfinished is Checkpoint unfinished)
        {
            // The announcement was cut off with its signature, so both are written again, byte for byte the same.
            Sign(unfinished);
        }

        string path = Path.Combine(_folder, CheckpointName);
        if (!DurableFile.Exists(path))
        {
            return;
        }

        SignedNote note = SignedNote.Parse(File.ReadAllBytes(path));
        Checkpoint head = Checkpoint.Parse(note.Text);
        if (!_history.Has(head.Size) || HeadAt(head.Size).Text != note.Text)
        {
            throw new LedgerDamagedException(head.Size, $"The file {CheckpointName} is no head that this log signed.");
        }

        FinalHead = note;
        _finalSize = head.Size;
        foreach (NoteSignature line in note.Signatures.Where(line => !line.IsBy(VerifierKey)))
        {
            Keep(head.Size, line);
        }
    }

    private void RequireUpToDate()
    {
        lock (_gate)
        {
            _witnessed.Require();
        }
    }

    private Checkpoint OwnHead(SignedNote note)
    {
        ArgumentNullException.ThrowIfNull(note);
        Checkpoint head = Checkpoint.Parse(note.Text);
        return note.VerifiedBy([VerifierKey]).Count == 1 && head.Origin == VerifierKey.Name
            ? head
            : throw new NoteFormatException($"The note is not a head that {VerifierKey.Name} signed.");
    }

    private SignedNote Sign(Checkpoint head)
    {
        _history.Begin(head);
        SignedNote note = SignedNote.Sign(head.Text, VerifierKey.Name, _key);
        _history.Complete(note, head.Size);
        return note;
    }

    private SignedNote HeadAt(long size) =>
        SignedNote.Sign(new Checkpoint(VerifierKey.Name, size, Entries.RootAt(size)).Text, VerifierKey.Name, _key);

    private List<NoteSignature> CosignaturesAt(long size) =>
        _cosignatures.TryGetValue(size, out List<NoteSignature>? lines) ? lines : [];

    private void Keep(long size, NoteSignature line)
    {
        List<NoteSignature> lines = CosignaturesAt(size);
        if (!lines.Any(kept => kept.Name == line.Name && kept.KeyHash == line.KeyHash))
        {
            lines.Add(line);
        }

        _cosignatures[size] = lines;
    }

    private bool Publish(long size, SignedNote note)
    {
        if (FinalHead?.Format() == note.Format())
        {
            return false;
        }

        DurableFile.WriteAtomically(Path.Combine(_folder, CheckpointName), note.ToBytes());
        FinalHead = note;
        _finalSize = size;
        foreach (long passed in _cosignatures.Keys.Where(key => key < size).ToArray())
        {
            _cosignatures.Remove(passed);
        }

        return true;
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }
}
