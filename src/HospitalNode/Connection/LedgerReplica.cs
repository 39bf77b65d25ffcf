using System.Security.Cryptography;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.HospitalNode.Connection;

/// <summary>A cosignature that is due to the coordinator.</summary>
public sealed record DueCosignature(LogKind Log, long Size, string Line);

/// <summary>The coordinator sent something that does not hold; the member stops and keeps the evidence.</summary>
public sealed class LedgerDistrustException(string message) : Exception(message);

/// <summary>A member's own copy of both logs, judged record by record, and what follows from it.</summary>
/// <remarks>
/// Nothing the coordinator says is believed: every record is checked as an auditor would before it is kept. A data
/// record waits until the authorization records that its author had seen are here. One thread at a time.
/// </remarks>
public sealed class LedgerReplica : IDisposable
{
    private readonly MemberIdentity _identity;
    private readonly TimeProvider _time;
    private readonly LogMirror _authorization;
    private readonly LogMirror _data;
    private readonly Queue<ReadOnlyMemory<byte>> _waiting = [];
    private readonly Dictionary<LogKind, SignedNote> _signed = [];
    private readonly Dictionary<LogKind, SignedNote> _newest = [];
    private readonly Dictionary<LogKind, SignedNote> _final = [];

    private Ed25519Key? _witnessKey;
    private int _dataHeadsSeen;

    private LedgerReplica(
        MemberFolder folder, MemberIdentity identity, Envelope genesis, Ed25519Key? witnessKey, TimeProvider time)
    {
        _identity = identity;
        _witnessKey = witnessKey;
        _time = time;
        PredicateReader logs = new PredicateReader(genesis.Statement.Predicate).Object("logs");
        _authorization = LogMirror.Open(folder.AuthorizationLog, NoteVerifierKey.Parse(logs.Text("authorization")));
        _data = LogMirror.Open(folder.DataLog, NoteVerifierKey.Parse(logs.Text("data")));
    }

    public MemberRegistry Members { get; } = new();

    public StudyBook Studies { get; } = new();

    /// <summary>Records of the data log that a quorum of hospitals has cosigned.</summary>
    public long FinalDataSize => _data.Final is { } final ? Checkpoint.Parse(final.Text).Size : 0;

    /// <summary>Whether every record on this copy is under a checkpoint with a quorum of cosignatures.</summary>
    public bool IsFinal => _waiting.Count == 0 && IsFinalLog(_authorization) && IsFinalLog(_data);

    /// <summary>Opens the member's copy and replays it.</summary>
    /// <param name="witnessKey">The hospital's key; null for a member that does not cosign.</param>
    public static LedgerReplica Open(
        MemberFolder folder, MemberIdentity identity, Ed25519Key? witnessKey, TimeProvider time)
    {
        byte[] genesis = File.ReadAllBytes(folder.Genesis);
        if (Convert.ToHexStringLower(SHA256.HashData(genesis)) != identity.Genesis)
        {
            throw new NodeException($"{folder.Genesis} is not the genesis record that this member enrolled under.");
        }

        LedgerReplica replica = new(folder, identity, Envelope.Parse(genesis), witnessKey, time);
        replica.Replay();
        return replica;
    }

    public LogMirror MirrorOf(LogKind log) => log == LogKind.Authorization ? _authorization : _data;

    /// <summary>Entries of a log that have been received, kept or waiting.</summary>
    public long ReceivedOf(LogKind log) =>
        MirrorOf(log).Entries.Size + (log == LogKind.Data ? _waiting.Count : 0);

    /// <summary>Takes in what the coordinator sent.</summary>
    /// <exception cref="LedgerDistrustException">A record does not hold.</exception>
    /// <exception cref="ForkException">A checkpoint contradicts the entries: the proof is kept.</exception>
    public void Take(LogKind log, IEnumerable<ReadOnlyMemory<byte>> entries, string checkpoint, string final)
    {
        foreach (ReadOnlyMemory<byte> entry in entries)
        {
            if (log == LogKind.Data)
            {
                _waiting.Enqueue(entry);
            }
            else
            {
                TakeOne(LogKind.Authorization, Read(entry), entry);
            }
        }

        while (_waiting.TryPeek(out ReadOnlyMemory<byte> next) && Read(next) is { } record
            && RecordHeader.Of(record.Statement).AuthHead.Size <= _authorization.Entries.Size)
        {
            _waiting.Dequeue();
            TakeOne(LogKind.Data, record, next);
        }

        if (checkpoint.Length > 0)
        {
            _signed[log] = SignedNote.Parse(checkpoint);
            _newest[log] = _signed[log];
        }

        if (final.Length > 0)
        {
            _final[log] = SignedNote.Parse(final);
        }

        foreach (LogKind kind in _final.Keys.ToArray())
        {
            AdoptFinal(kind);
        }
    }

    /// <summary>
    /// Cosigns with another key from now on, the newest checkpoints first; the key stays the caller's.
    /// </summary>
    public void CosignWith(Ed25519Key key)
    {
        _witnessKey = key;
        foreach ((LogKind log, SignedNote note) in _newest)
        {
            _signed[log] = note;
        }
    }

    /// <summary>
    /// Cosignatures of the newest checkpoints whose entries are here; each is persisted before it is returned.
    /// </summary>
    public IReadOnlyList<DueCosignature> Cosign()
    {
        List<DueCosignature> due = [];
        if (_witnessKey is null)
        {
            return due;
        }

        foreach ((LogKind log, SignedNote note) in _signed.ToArray())
        {
            long size = Checkpoint.Parse(note.Text).Size;
            if (size > MirrorOf(log).Entries.Size)
            {
                continue;
            }

            if (MirrorOf(log).Cosign(note, _witnessKey, _identity.Member, _time) is { } line)
            {
                due.Add(new DueCosignature(log, size, line));
            }

            _signed.Remove(log);
        }

        return due;
    }

    public void Dispose()
    {
        _authorization.Dispose();
        _data.Dispose();
    }

    private static bool IsFinalLog(LogMirror mirror) => mirror.Entries.Size == 0
        || (mirror.Final is { } final && Checkpoint.Parse(final.Text).Size == mirror.Entries.Size);

    private void AdoptFinal(LogKind log)
    {
        SignedNote note = _final[log];
        long size = Checkpoint.Parse(note.Text).Size;
        if (size <= MirrorOf(log).Entries.Size)
        {
            MirrorOf(log).Adopt(note, Members.WitnessesFor(log, size));
            _final.Remove(log);
        }
    }

    private void TakeOne(LogKind log, Envelope record, ReadOnlyMemory<byte> leaf)
    {
        long index = MirrorOf(log).Entries.Size;
        string? refusal = log == LogKind.Authorization && index == 0
            ? IsGenesis(leaf) ? null : "It is not the genesis record that this member enrolled under."
            : Members.Refuses(record, log, _authorization.Entries, _data.Entries, dataFollows: true)
                ?? Studies.Refuses(record.Statement);
        if (refusal is not null)
        {
            throw new LedgerDistrustException(
                $"Record {index} of the {log.ToString().ToLowerInvariant()} log does not hold: {refusal} "
                    + "The node takes no further part; compare the ledger with another hospital.");
        }

        MirrorOf(log).Append([leaf]);
        Members.Apply(index, record);
        Studies.Apply(index, record.Statement);
        CheckDataHeads();
    }

    // A change of the members names a head of the data log, which may come here later than the change itself.
    private void CheckDataHeads()
    {
        IReadOnlyList<DataHead> heads = Members.DataHeads;
        for (; _dataHeadsSeen < heads.Count && heads[_dataHeadsSeen].Size <= _data.Entries.Size; _dataHeadsSeen++)
        {
            DataHead head = heads[_dataHeadsSeen];
            if (_data.Entries.RootAt(head.Size) != head.Root)
            {
                throw new LedgerDistrustException(
                    $"Record {head.Index} of the authorization log names another data log than the one sent here. "
                        + "The node takes no further part; compare the ledger with another hospital.");
            }
        }
    }

    private bool IsGenesis(ReadOnlyMemory<byte> leaf) =>
        Convert.ToHexStringLower(SHA256.HashData(leaf.Span)) == _identity.Genesis;

    private static Envelope Read(ReadOnlyMemory<byte> leaf)
    {
        try
        {
            Envelope envelope = Envelope.Parse(leaf);
            RecordCatalogue.Check(envelope.Statement);
            return envelope;
        }
        catch (Exception problem) when (problem is FormatException or CanonicalJsonException or RecordFormatException)
        {
            throw new LedgerDistrustException($"The coordinator sent a malformed record: {problem.Message}");
        }
    }

    private void Replay()
    {
        foreach (LogKind log in new[] { LogKind.Authorization, LogKind.Data })
        {
            for (long index = 0; index < MirrorOf(log).Entries.Size; index++)
            {
                Members.Apply(index, Envelope.Parse(MirrorOf(log).Entries.Read(index)));
            }
        }

        StudyReplay.Run(
            _authorization.Entries, _data.Entries, (_, index, record) => Studies.Apply(index, record));
        CheckDataHeads();
    }
}
