using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Members;

/// <summary>Who belongs to the consortium and what each has written so far, read from the logs alone.</summary>
/// <remarks>
/// Keeper, mirrors and verifier feed it every record in order and ask <see cref="Refuses"/> before the next, so all of
/// them accept and refuse the same. Thread-safe.
/// </remarks>
public sealed class MemberRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Actor, LogKind Log), Written> _written = [];
    private readonly List<(long Size, long Authorization)> _authorizationOfData = [];
    private long _authorizationSize;
    private long _dataSize;

    /// <summary>
    /// What one author has written to one log: its last number and the authorization head it had reached.
    /// </summary>
    private readonly record struct Written(long Seq, long AuthorizationSize);

    /// <summary>The consortium's name; null before the genesis record.</summary>
    public string? Consortium { get; private set; }

    /// <summary>The verifier keys that the genesis record names for the logs; null before it.</summary>
    public (NoteVerifierKey Authorization, NoteVerifierKey Data)? LogKeys { get; private set; }

    /// <summary>Every member, in the order of admission.</summary>
    public IReadOnlyList<Member> Members()
    {
        lock (_gate)
        {
            return [.. _members.Values.OrderBy(member => member.AdmittedAt)];
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
        RecordCatalogue.Check(record.Statement);
        RecordHeader header = RecordHeader.Of(record.Statement);
        LogKind log = RecordCatalogue.Find(record.Statement.Name)!.Log;
        PredicateReader fields = new(record.Statement.Predicate);
        lock (_gate)
        {
            Count(index, log, header);
            if (record.Statement.Name == RecordCatalogue.Genesis && index == 0)
            {
                Found(fields);
            }
            else if (record.Statement.Name == RecordCatalogue.MemberAdmitted)
            {
                Admit(index, fields);
            }
        }
    }

    /// <summary>The member with this name, or null.</summary>
    public Member? Find(string id)
    {
        lock (_gate)
        {
            return _members.GetValueOrDefault(id);
        }
    }

    /// <summary>The member whose TLS key has this lower-case hex SHA-256, or null.</summary>
    public Member? FindByTlsKey(string sha256Hex)
    {
        lock (_gate)
        {
            return _members.Values.FirstOrDefault(member => member.TlsKey == sha256Hex);
        }
    }

    /// <summary>All hospitals admitted so far.</summary>
    public IReadOnlyList<Member> Hospitals() => HospitalsAt(long.MaxValue);

    /// <summary>
    /// The hospitals of an authorization log of <paramref name="size"/> entries, in the order of admission.
    /// </summary>
    public IReadOnlyList<Member> HospitalsAt(long size) =>
        [.. Members().Where(member => member.Role == Role.Hospital && member.IsActiveAt(size))];

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
    public string? Refuses(Envelope record, LogKind log, EntryLog authorization) =>
        Judge(record, log, authorization)?.Reason;

    internal Refusal? Judge(Envelope record, LogKind log, EntryLog authorization)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(authorization);
        lock (_gate)
        {
            Standing standing = new(
                log == LogKind.Authorization ? _authorizationSize : _dataSize,
                _authorizationSize, _members, authorization);
            return RecordJudgement.Of(record, log, standing, actor =>
            {
                Written written = _written.GetValueOrDefault((actor, log));
                return (written.Seq + 1, written.AuthorizationSize);
            });
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
        if (_authorizationOfData.Count == 0 || reached > _authorizationOfData[^1].Authorization)
        {
            _authorizationOfData.Add((_dataSize, reached));
        }
    }

    private void Found(PredicateReader fields)
    {
        PredicateReader coordinator = fields.Object("coordinator");
        PredicateReader logs = fields.Object("logs");
        Consortium = fields.Identifier("consortium");
        LogKeys = (NoteVerifierKey.Parse(logs.Text("authorization")), NoteVerifierKey.Parse(logs.Text("data")));
        string id = coordinator.Identifier("id");
        _members[id] = new Member(id, Role.Coordinator, coordinator.Hex("identityKey"),
            coordinator.Sha256("tlsKey"), WitnessKey: null, AdmittedAt: 0);
    }

    private void Admit(long index, PredicateReader fields)
    {
        string id = fields.Identifier("member");
        NoteVerifierKey? witness = fields.Has("witnessKey") ? NoteVerifierKey.Parse(fields.Text("witnessKey")) : null;
        _members[id] = new Member(id, RoleNames.Read(fields, "memberRole"), fields.Hex("identityKey"),
            fields.Sha256("tlsKey"), witness, index);
    }
}
