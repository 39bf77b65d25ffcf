using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using static DigitalTwin.Ledger.Records.RecordCatalogue;

namespace DigitalTwin.Ledger.Members;

/// <summary>Every stretch of every membership, and every proposal, as the authorization log tells them.</summary>
internal sealed class MemberBook
{
    private readonly Dictionary<string, List<Member>> _stretches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Proposal> _proposals = new(StringComparer.Ordinal);

    public string? Consortium { get; private set; }

    public (NoteVerifierKey Authorization, NoteVerifierKey Data)? LogKeys { get; private set; }

    /// <summary>
    /// Whether the first study was approved: until then the coordinator admits members alone, afterwards votes do.
    /// </summary>
    public bool IsFounded { get; private set; }

    /// <summary>Digest of the policy in force; null while none was voted.</summary>
    public string? Policy { get; private set; }

    public IReadOnlyCollection<Proposal> Proposals => _proposals.Values;

    /// <summary>Every member as it is now, in the order of admission.</summary>
    public IEnumerable<Member> All => _stretches.Values.Select(stretch => stretch[^1]).OrderBy(m => m.AdmittedAt);

    public Proposal? FindProposal(string id) => _proposals.GetValueOrDefault(id);

    public Member? Current(string id) => _stretches.GetValueOrDefault(id)?[^1];

    /// <summary>Every stretch of a membership, oldest first.</summary>
    public IReadOnlyList<Member> StretchesOf(string id) => _stretches.GetValueOrDefault(id) ?? [];

    /// <summary>The member as an authorization log of <paramref name="size"/> entries knows it, or null.</summary>
    public Member? At(string id, long size) => StretchesOf(id).LastOrDefault(stretch => stretch.Since < size);

    /// <summary>The hospitals that decide at a size, in the order of admission.</summary>
    public IEnumerable<Member> DecidingAt(long size) => _stretches.Values
        .Select(stretches => stretches.LastOrDefault(stretch => stretch.Since < size))
        .OfType<Member>()
        .Where(member => member.IsActive && RoleMatrix.May(member.Role, RoleMatrix.Decide))
        .OrderBy(member => member.AdmittedAt);

    /// <summary>Whether a hospital may vote now.</summary>
    public bool IsDeciding(string id) => Current(id) is { IsActive: true } member
        && RoleMatrix.May(member.Role, RoleMatrix.Decide);

    /// <summary>Whether a member has, or ever had, one of these keys.</summary>
    /// <param name="witnessOwner">The member whose own witness name the keys may carry on.</param>
    public bool IsTaken(MemberKeys keys, string? witnessOwner = null) => _stretches.Values.SelectMany(s => s).Any(m =>
        (keys.Identity is byte[] identity && m.IdentityKey.AsSpan().SequenceEqual(identity))
        || (keys.Tls is string tls && m.TlsKey == tls)
        || (keys.Witness is NoteVerifierKey witness && m.WitnessKey is NoteVerifierKey other
            && (other.PublicKey.AsSpan().SequenceEqual(witness.PublicKey)
                || (other.Name == witness.Name && m.Id != witnessOwner))));

    /// <summary>Takes over a record that was judged; others than those about members change nothing.</summary>
    public void Apply(long index, Statement record)
    {
        PredicateReader fields = new(record.Predicate);
        switch (record.Name)
        {
            case Genesis when index == 0:
                Found(fields);
                break;
            case MemberAdmitted:
                Admit(index, fields);
                break;
            case MemberProposed:
                Proposal proposal = new(index, fields, DecidingAt(index).Select(hospital => hospital.Id));
                _proposals[proposal.Id] = proposal;
                break;
            case Vote:
                _proposals[fields.Identifier("proposal")].Count(
                    fields.Object("actor").Identifier("id"), fields.Text("choice") == "yes");
                break;
            case MemberSuspended or MemberReinstated or MemberRemoved or KeyCompromised or KeyRotated:
                Change(index, record.Name, fields);
                break;
            case PolicyChanged:
                Policy = fields.Sha256("policy");
                Execute(fields);
                break;
            case "study-approved":
                IsFounded = true;
                break;
            default:
                break;
        }
    }

    private void Found(PredicateReader fields)
    {
        PredicateReader logs = fields.Object("logs");
        Consortium = fields.Identifier("consortium");
        LogKeys = (NoteVerifierKey.Parse(logs.Text("authorization")), NoteVerifierKey.Parse(logs.Text("data")));
        Member founder = Founder(fields);
        _stretches[founder.Id] = [founder];
    }

    /// <summary>The coordinator that a genesis record names.</summary>
    internal static Member Founder(PredicateReader genesis)
    {
        PredicateReader coordinator = genesis.Object("coordinator");
        return new Member(coordinator.Identifier("id"), Role.Coordinator, coordinator.Hex("identityKey"),
            coordinator.Sha256("tlsKey"), WitnessKey: null, AdmittedAt: 0);
    }

    private void Admit(long index, PredicateReader fields)
    {
        MemberKeys keys = MemberKeys.Read(fields);
        string id = fields.Identifier("member");
        _stretches[id] =
            [new Member(id, RoleNames.Read(fields, "memberRole"), keys.Identity!, keys.Tls!, keys.Witness, index)];
        if (fields.Has("proposal"))
        {
            Execute(fields);
        }
    }

    private void Change(long index, string record, PredicateReader fields)
    {
        string id = record == KeyRotated ? fields.Object("actor").Identifier("id") : fields.Identifier("member");
        List<Member> stretches = _stretches[id];
        Member ended = stretches[^1];
        stretches[^1] = ended with { DataUntil = fields.Object("dataHead").Integer("size") };
        stretches.Add(MemberKeys.Read(fields).Over(ended) with
        {
            Since = index,
            DataUntil = null,
            Status = record switch
            {
                MemberSuspended => MemberStatus.Suspended,
                MemberRemoved => MemberStatus.Removed,
                MemberReinstated => MemberStatus.Active,
                _ => ended.Status,
            },
        });
        if (record != KeyRotated)
        {
            Execute(fields);
        }
    }

    private void Execute(PredicateReader fields)
    {
        if (_proposals.TryGetValue(fields.Identifier("proposal"), out Proposal? proposal))
        {
            proposal.IsExecuted = true;
        }
    }
}
