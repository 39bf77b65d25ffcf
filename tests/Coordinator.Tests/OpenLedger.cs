using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.TestKit;

namespace DigitalTwin.Coordinator.Tests;

/// <summary>A new consortium's ledger without a server around it, and members with keys of their own.</summary>
internal sealed class OpenLedger : IDisposable
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    private readonly TemporaryFolder _folder = new();
    private readonly CertificateAuthority _authority;
    private readonly CoordinatorFolder _state;

    public OpenLedger()
    {
        _state = new CoordinatorFolder(_folder["state"]);
        Consortium.Create(_state.Root, new ConsortiumSettings("test", "localhost"), TimeProvider.System);
        Ledger = ConsortiumLedger.Open(_state, "test", TimeProvider.System);
        _authority = CertificateAuthority.Load(_state, TimeProvider.System);
        Desk = new EnrolmentDesk(Ledger, new TokenStore(_state.Tokens, TimeProvider.System), _authority);
    }

    public ConsortiumLedger Ledger { get; }

    public EnrolmentDesk Desk { get; }

    public byte[] TokenFor(string member, Role role) => EnrolmentToken.Parse(
        Consortium.IssueToken(_state.Root, member, role, TokenLifetime, TimeProvider.System)).Secret;

    /// <summary>A request as a member's machine makes it.</summary>
    public static EnrolmentRequest RequestOf(string member, byte[] token, RecordKey record)
    {
        using ECDsa tls = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using Ed25519Key witness = Ed25519Key.Generate();
        byte[] request = new CertificateRequest($"CN={member}", tls, HashAlgorithmName.SHA256).CreateSigningRequest();
        return new EnrolmentRequest(
            token,
            request,
            record.PublicKey,
            record.Sign(request),
            NoteVerifierKey.Witness(member, witness.PublicKey).ToString(),
            witness.Sign(request));
    }

    public Member Enrol(string member, Role role, RecordKey record)
    {
        (TokenRecord Member, X509Certificate2 Certificate)? admitted =
            Desk.Admit(RequestOf(member, TokenFor(member, role), record), out string refusal);
        Assert.Equal("", refusal);
        admitted!.Value.Certificate.Dispose();
        return Ledger.Members.Find(member)!;
    }

    /// <summary>Signs a record of a member and hands it in.</summary>
    public long Append(Member member, RecordKey key, string name, JsonObject fields, out string refusal)
    {
        LogKind log = RecordCatalogue.Find(name)!.Log;
        Statement statement = RecordBuilder.Build(
            name,
            fields,
            new Actor(member.Id, key.KeyId, member.Role),
            new AuthHead(
                Ledger.KeeperOf(LogKind.Authorization).Entries.Size, Ledger.KeeperOf(LogKind.Authorization)
                    .Entries.Root),
            Ledger.Members.NextSeq(member.Id, log),
            TimeProvider.System.GetUtcNow());
        return Ledger.Append(log, Envelope.Sign(statement, key).Leaf, member.Id, out refusal);
    }

    public void Dispose()
    {
        Ledger.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }
}
