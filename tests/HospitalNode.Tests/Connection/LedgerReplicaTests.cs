using System.Text;
using System.Text.Json.Nodes;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.HospitalNode.Tests.Connection;

// Goal: a member believes nothing that the coordinator says. Method: the records and heads of a real consortium, then
// the
// same with one thing wrong; what was refused must not be on the copy afterwards.
public sealed class LedgerReplicaTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private RunningCoordinator _coordinator = null!;
    private MemberFolder _member = null!;
    private ReadOnlyMemory<byte>[] _records = [];
    private string _checkpoint = "";

    public async ValueTask InitializeAsync()
    {
        _coordinator = await RunningCoordinator.StartNewAsync(_folder["coordinator"]);
        _member = new MemberFolder(_folder["north"]);
        await _coordinator.EnrolAsync(_member, "north", Role.Hospital);
        await _coordinator.EnrolAsync(new MemberFolder(_folder["researcher"]), "researcher", Role.Researcher);
        await _coordinator.StopAbruptlyAsync();
        using EntryLog log = EntryLog.OpenRead(_coordinator.Folder.AuthorizationLog);
        _records = [.. Enumerable.Range(0, (int)log.Size).Select(index => log.Read(index))];
        using Ed25519Key key = Ed25519Key.Load(_coordinator.Folder.AuthorizationLogKey);
        Checkpoint head = new("digitaltwin.dev/test/authorization", log.Size, log.Root);
        _checkpoint = SignedNote.Sign(head.Text, head.Origin, key).Format();
    }

    public async ValueTask DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void An_honest_ledger_is_taken_cosigned_and_replayed()
    {
        using (LedgerReplica replica = Open())
        {
            replica.Take(LogKind.Authorization, _records, _checkpoint, "");
            DueCosignature due = Assert.Single(replica.Cosign());

            Assert.Equal((LogKind.Authorization, 3), (due.Log, due.Size));
            Assert.Empty(replica.Cosign());
        }

        using LedgerReplica again = Open();
        Assert.Equal(3, again.ReceivedOf(LogKind.Authorization));
        Assert.Equal(Role.Researcher, again.Members.Find("researcher")!.Role);
    }

    [Fact]
    public void A_record_by_a_stranger_is_refused()
    {
        using LedgerReplica replica = Open();
        replica.Take(LogKind.Authorization, _records, "", "");
        using RecordKey stranger = RecordKey.Generate();

        LedgerDistrustException refusal = Assert.Throws<LedgerDistrustException>(() => replica.Take(
            LogKind.Authorization, [Proposal(replica, "stranger", stranger)], "", ""));

        Assert.StartsWith(
            "Record 3 of the authorization log does not hold: stranger was no member",
            refusal.Message,
            StringComparison.Ordinal);
        Assert.Equal(3, replica.MirrorOf(LogKind.Authorization).Entries.Size);
    }

    [Fact]
    public void A_record_in_another_members_name_is_refused()
    {
        using LedgerReplica replica = Open();
        replica.Take(LogKind.Authorization, _records, "", "");
        using RecordKey stranger = RecordKey.Generate();

        LedgerDistrustException refusal = Assert.Throws<LedgerDistrustException>(() => replica.Take(
            LogKind.Authorization, [Proposal(replica, "researcher", stranger)], "", ""));

        Assert.Contains("The signature is not one of researcher's identity key", refusal.Message,
            StringComparison.Ordinal);
        Assert.Equal(3, replica.MirrorOf(LogKind.Authorization).Entries.Size);
    }

    [Theory]
    [InlineData(1, "\"payload\":\"")]
    [InlineData(2, "\"sig\":\"")]
    public void A_tampered_record_is_refused(int index, string field)
    {
        using LedgerReplica replica = Open();
        string text = Encoding.UTF8.GetString(_records[index].Span);
        int at = text.IndexOf(field, StringComparison.Ordinal) + field.Length + 40;
        char other = text[at] == 'A' ? 'B' : 'A';
        _records[index] = Encoding.UTF8.GetBytes(text[..at] + other + text[(at + 1)..]);

        Assert.Throws<LedgerDistrustException>(() => replica.Take(LogKind.Authorization, _records, "", ""));

        Assert.Equal(index, replica.MirrorOf(LogKind.Authorization).Entries.Size);
    }

    [Fact]
    public void A_record_that_is_left_out_is_missed()
    {
        using LedgerReplica replica = Open();

        Assert.Throws<LedgerDistrustException>(
            () => replica.Take(LogKind.Authorization, [_records[0], _records[2]], "", ""));
    }

    [Fact]
    public async Task The_genesis_of_another_consortium_is_refused()
    {
        await using RunningCoordinator other = await RunningCoordinator.StartNewAsync(_folder["other"]);
        await other.StopAbruptlyAsync();
        using EntryLog log = EntryLog.OpenRead(other.Folder.AuthorizationLog);
        using LedgerReplica replica = Open();

        LedgerDistrustException refusal = Assert.Throws<LedgerDistrustException>(
            () => replica.Take(LogKind.Authorization, [log.Read(0)], "", ""));

        Assert.Contains("not the genesis record that this member enrolled under", refusal.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_genesis_file_that_was_changed_is_refused()
    {
        File.AppendAllText(_member.Genesis, " ");

        Assert.Contains(
            "is not the genesis record", Assert.Throws<NodeException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_key_is_not_cosigned()
    {
        using LedgerReplica replica = Open();
        using Ed25519Key stranger = Ed25519Key.Generate();
        string text = SignedNote.Parse(_checkpoint).Text;
        SignedNote forged = SignedNote.Sign(text, "digitaltwin.dev/test/authorization", stranger);
        replica.Take(LogKind.Authorization, _records, forged.Format(), "");

        Assert.Throws<NoteFormatException>(replica.Cosign);
    }

    private LedgerReplica Open() => LedgerReplica.Open(
        _member, _member.Load(), Ed25519Key.Load(_member.WitnessKey), TimeProvider.System);

    private static ReadOnlyMemory<byte> Proposal(LedgerReplica replica, string author, RecordKey key)
    {
        EntryLog authorization = replica.MirrorOf(LogKind.Authorization).Entries;
        JsonObject fields = new()
        {
            ["document"] = new string('0', 64),
            ["study"] = "study",
            ["title"] = "A study",
        };
        Statement statement = RecordBuilder.Build(
            "study-proposed",
            fields,
            new Actor(author, key.KeyId, Role.Researcher),
            new AuthHead(authorization.Size, authorization.Root),
            replica.Members.NextSeq(author, LogKind.Authorization),
            TimeProvider.System.GetUtcNow());
        return Envelope.Sign(statement, key).Leaf;
    }
}
