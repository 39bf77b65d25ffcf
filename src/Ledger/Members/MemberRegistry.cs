using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Members;

/// <summary>A head of the data log that record <paramref name="Index"/> of the authorization log names.</summary>
public readonly record struct DataHead(long Index, long Size, MerkleHash Root);

/// <summary>Who belongs to the consortium and what each has written so far, read from the logs alone.</summary>
/// <remarks>
/// Keeper, mirrors and verifier feed it every record in order and ask <see cref="Refuses"/> before the next, so all of
/// them accept and refuse the same. Thread-safe.
/// </remarks>
public sealed class MemberRegistry
{
    private readonly Lock _gate = new();
    private readonly MemberBook _book = new();
    private readonly Dictionary<string, long> _lastData = new(StringComparer.Ordinal);
    private readonly List<DataHead> _dataHeads = [];
    private readonly Dictionary<(string Actor, LogKind Log), Written> _written = [];
    private readonly List<(long Size, long Authorization)> _authorizationOfData = [];
    private long _authorizationSize;
    private long _dataSize;

    /// <summary>
    /// What one author has written to one log: its last number and the authorization head it had reached.
    /// </summary>
    private readonly record struct Written(long Seq, long AuthorizationSize);

    /// <summary>The consortium's name; null before the genesis record.</summary>
    public string? Consortium => _book.Consortium;

    /// <summary>The verifier keys that the genesis record names for the logs; null before it.</summary>
    public (NoteVerifierKey Authorization, NoteVerifierKey Data)? LogKeys => _book.LogKeys;

    /// <summary>Whether the first study was approved; from then on only votes admit members.</summary>
    public bool IsFounded
    {
        get
        {
            lock (_gate)
            {
                return _book.IsFounded;
            }
        }
    }

    /// <summary>Heads of the data log that records of the authorization log name, in their order.</summary>
    public IReadOnlyList<DataHead> DataHeads
    {
        get
        {
            lock (_gate)
            {
                return [.. _dataHeads];
            }
        }
    }

    /// <summary>Every member that ever was, as it is now, in the order of admission.</summary>
    public IReadOnlyList<Member> Members()
    {
        lock (_gate)
        {
            return [.. _book.All];
        }
    }

    /// <summary>Every stretch of a membership, oldest first; empty for a stranger.</summary>
    public IReadOnlyList<Member> StretchesOf(string id)
    {
        lock (_gate)
        {
            return [.. _book.StretchesOf(id)];
        }
    }

    /// <summary>Every proposal, in no order.</summary>
    public IReadOnlyList<Proposal> Proposals()
    {
        lock (_gate)
        {
            return [.. _book.Proposals];
        }
    }

    /// <summary>The proposals that have the votes they need and were not carried out, oldest first.</summary>
    public IReadOnlyList<Proposal> Carried()
    {
        lock (_gate)
        {
            return
            [
                .. _book.Proposals.Where(proposal => !proposal.IsExecuted && proposal.IsCarried(_book.IsDeciding))
                    .OrderBy(proposal => proposal.Index),
            ];
        }
    }

    /// <summary>Reads the members, and where it is given what they wrote to the data log, from verified logs.</summary>
    /// <exception cref="FormatException">A record is malformed.</exception>
    public static MemberRegistry Replay(EntryLog authorization, EntryLog? data = null)
    {
        ArgumentNullException.ThrowIfNull(authorization);
        MemberRegistry registry = new();
        foreach (EntryLog log in data is null ? [authorization] : new[] { authorization, data })
        {
            for (long index = 0; index < log.Size; index++)
            {
                registry.Apply(index, Envelope.Parse(log.Read(index)));
            }
        }

        return registry;
    }

    /// <summary>Takes in the record that was appended at <paramref name="index"/> of the log it belongs to.</summary>
    /// <exception cref="FormatException">The record is malformed.</exception>
    public void Apply(long index, Envelope record)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.RequireSchema();
        RecordHeader header = record.Header;
        LogKind log = RecordCatalogue.Find(record.Statement.Name)!.Log;
        PredicateReader fields = new(record.Statement.Predicate);
        lock (_gate)
        {
            Count(index, log, header);
            _book.Apply(index, record.Statement);
            if (fields.Has("dataHead"))
            {
                PredicateReader head = fields.Object("dataHead");
                _dataHeads.Add(new DataHead(index, head.Integer("size"), MerkleHash.Parse(head.Text("root"))));
            }
        }
    }

    /// <summary>The member with this name as it is now, active or not; null for a stranger.</summary>
    public Member? Find(string id)
    {
        lock (_gate)
        {
            return _book.Current(id);
        }
    }

    /// <summary>The active member whose TLS key has this lower-case hex SHA-256, or null.</summary>
    public Member? FindByTlsKey(string sha256Hex)
    {
        lock (_gate)
        {
            return _book.All.FirstOrDefault(member => member.IsActive && member.TlsKey == sha256Hex);
        }
    }

    /// <summary>All hospitals that are active now.</summary>
    public IReadOnlyList<Member> Hospitals() => HospitalsAt(long.MaxValue);

    /// <summary>
    /// The active hospitals of an authorization log of <paramref name="size"/> entries, in the order of admission.
    /// </summary>
    public IReadOnlyList<Member> HospitalsAt(long size)
    {
        lock (_gate)
        {
            return [.. _book.DecidingAt(size)];
        }
    }

    /// <summary>The keys whose quorum makes a checkpoint of <paramref name="size"/> entries final.</summary>
    /// <remarks>
    /// Those of the hospitals in force: for the authorization log at that size; for the data log at the largest
    /// authorization size that one of its first <paramref name="size"/> records names.
    /// </remarks>
    public IReadOnlyList<NoteVerifierKey> WitnessesFor(LogKind log, long size)
    {
        long authorization = size;
        if (log == LogKind.Data)
        {
            lock (_gate)
            {
                authorization = _authorizationOfData.LastOrDefault(step => step.Size <= size).Authorization;
            }
        }

        return [.. HospitalsAt(authorization).Select(hospital => hospital.WitnessKey!)];
    }

    /// <summary>The number that the next record of this author in this log must carry.</summary>
    public long NextSeq(string actor, LogKind log)
    {
        lock (_gate)
        {
            return _written.GetValueOrDefault((actor, log)).Seq + 1;
        }
    }

    /// <summary>Null where the record may be appended next to the log, else the sentence that says why not.</summary>
    /// <param name="record">The record.</param>
    /// <param name="log">The log it is meant for.</param>
    /// <param name="authorization">
    /// The authorization log, holding at least what this registry has taken in of it.
    /// </param>
    /// <param name="data">The data log, for records that name a head of it; null where it is not here.</param>
    /// <param name="dataFollows">
    /// Whether more of the data log is to come, as at a mirror; <see cref="DataHeads"/> are then to be held against it.
    /// </param>
    public string? Refuses(
        Envelope record, LogKind log, EntryLog authorization, EntryLog? data = null, bool dataFollows = false) =>
        Judge(record, log, authorization, data, dataFollows)?.Reason;

    internal Refusal? Judge(
        Envelope record, LogKind log, EntryLog authorization, EntryLog? data = null, bool dataFollows = false)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(authorization);
        lock (_gate)
        {
            Standing standing = new(
                log == LogKind.Authorization ? _authorizationSize : _dataSize,
                _authorizationSize, _book, authorization, data, dataFollows);
            return RecordJudgement.Of(record, log, standing, actor =>
            {
                Written written = _written.GetValueOrDefault((actor, log));
                return new WrittenBefore(written.Seq + 1, written.AuthorizationSize);
            }, member => _lastData.GetValueOrDefault(member, -1));
        }
    }

    // The verifier goes on behind a record it refused: the position counts, and the author's number is taken as it is
    // written, so that one removed record is reported once and not again for each record after it.
    internal void Skip(long index, LogKind log, RecordHeader? header)
    {
        lock (_gate)
        {
            Count(index, log, header);
        }
    }

    private void Count(long index, LogKind log, RecordHeader? header)
    {
        long reached = header?.AuthHead.Size ?? 0;
        if (header is not null)
        {
            _written[(header.Actor.Id, log)] = new Written(header.Seq, reached);
        }

        if (log == LogKind.Authorization)
        {
            _authorizationSize = index + 1;
            return;
        }

        _dataSize = index + 1;
        if (header is not null)
        {
            _lastData[header.Actor.Id] = index;
        }

        if (_authorizationOfData.Count == 0 || reached > _authorizationOfData[^1].Authorization)
        {
            _authorizationOfData.Add((_dataSize, reached));
        }
    }
}
