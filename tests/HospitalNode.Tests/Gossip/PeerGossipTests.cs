using DigitalTwin.Coordinator.ReadSide;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Gossip;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tiles;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;
using Microsoft.AspNetCore.Builder;

namespace DigitalTwin.HospitalNode.Tests.Gossip;

// Goal: a coordinator that shows two hospitals different logs is found out by the comparison, with a portable proof,
// and an honest one never is. Method: a node's real copy of a real consortium; its peer is a real mirror that serves
// heads which the test signs with the log's key.
public sealed class PeerGossipTests : IAsyncLifetime
{
    private const string Origin = "digitaltwin.dev/test/authorization";

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
    private readonly LogLines _lines = new();
    private RunningCoordinator _coordinator = null!;
    private MemberFolder _member = null!;
    private Ed25519Key _logKey = null!;
    private Ed25519Key _witnessKey = null!;
    private LedgerReplica _replica = null!;
    private WebApplication _server = null!;
    private PeerGossip _gossip = null!;
    private ReadOnlyMemory<byte>[] _records = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LogMirror Mirror => _replica.MirrorOf(LogKind.Authorization);

    public async ValueTask InitializeAsync()
    {
        _coordinator = await RunningCoordinator.StartNewAsync(_folder["coordinator"]);
        _member = new MemberFolder(_folder["north"]);
        await _coordinator.EnrolAsync(_member, "north", Role.Hospital);
        await _coordinator.EnrolAsync(new MemberFolder(_folder["ada"]), "ada", Role.Researcher);
        await _coordinator.StopAbruptlyAsync();
        using EntryLog log = EntryLog.OpenRead(_coordinator.Folder.AuthorizationLog);
        _records = [.. Enumerable.Range(0, (int)log.Size).Select(index => log.Read(index))];
        _logKey = Ed25519Key.Load(_coordinator.Folder.AuthorizationLogKey);
        _witnessKey = Ed25519Key.Load(_member.WitnessKey);
        _replica = LedgerReplica.Open(_member, _member.Load(), _witnessKey, _time);

        // The peer's files are written by the tests; its own ledger is an empty one.
        Directory.CreateDirectory(_folder["empty"]);
        _server = MirrorHost.Build(
            new MirrorOptions(_folder["empty"], _folder["public"], Port: 0, AnyAddress: false), TimeProvider.System);
        await _server.StartAsync();
        Uri address = new($"http://127.0.0.1:{MirrorHost.PortOf(_server)}/");
        _gossip = new PeerGossip([new Peer("south", address)], _replica, _time, _lines);
    }

    public async ValueTask DisposeAsync()
    {
        _gossip.Dispose();
        await _server.StopAsync();
        await _server.DisposeAsync();
        _replica.Dispose();
        _logKey.Dispose();
        _witnessKey.Dispose();
        await _coordinator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_honest_peer_that_is_behind_level_or_ahead_changes_nothing()
    {
        Take(2);
        foreach (int size in (int[])[1, 2, 3])
        {
            Publish(_records[..size]);
            await _gossip.LookAsync(Cancellation);
        }

        Assert.Null(Mirror.ForkProof);
        Assert.Empty(_lines.Lines);
    }

    [Fact]
    public async Task A_peer_that_was_shown_another_head_of_the_same_size_gives_a_proof_and_freezes()
    {
        Take(2);
        Publish([_records[0], _records[2]]);

        ForkException fork = await Assert.ThrowsAsync<ForkException>(() => _gossip.LookAsync(Cancellation));

        Assert.Null(ForkProof.Parse(File.ReadAllBytes(fork.ProofPath)).Refuses(Mirror.Log));
        Assert.Throws<ForkException>(() => Take(3));
    }

    [Fact]
    public async Task A_larger_head_of_another_history_gives_a_proof_from_the_peers_tiles()
    {
        Take(2);
        Publish([_records[0], _records[2], _records[1], _records[2]]);

        ForkException fork = await Assert.ThrowsAsync<ForkException>(() => _gossip.LookAsync(Cancellation));

        ForkProof proof = ForkProof.Parse(File.ReadAllBytes(fork.ProofPath));
        Assert.Null(proof.Refuses(Mirror.Log));
        Assert.Equal(
            (2, 4), (Checkpoint.Parse(proof.Smaller.Text).Size, Checkpoint.Parse(proof.Larger.Text).Size));
    }

    [Fact]
    public async Task A_peer_cannot_make_an_honest_log_look_forked()
    {
        Take(2);
        using Ed25519Key stranger = Ed25519Key.Generate();
        Publish([_records[0], _records[2]], stranger);
        await _gossip.LookAsync(Cancellation);

        // A real head with tiles that are not its own.
        Directory.Delete(_folder["public"], recursive: true);
        Publish(_records);
        byte[] tile = File.ReadAllBytes(_folder["public/authorization/tile/0/000.p/3"]);
        tile[0] ^= 1;
        File.WriteAllBytes(_folder["public/authorization/tile/0/000.p/3"], tile);
        await _gossip.LookAsync(Cancellation);

        Assert.Null(Mirror.ForkProof);
        Assert.Equal(2, _lines.Lines.Count(line => line.Contains("of south (authorization log)")));
    }

    [Fact]
    public async Task A_peer_that_stays_ahead_with_a_final_head_is_told_as_a_stale_view()
    {
        Take(2);
        Publish(_records, cosign: true);
        await _gossip.LookAsync(Cancellation);
        _time.Advance(PeerGossip.StaleAfter - TimeSpan.FromSeconds(1));
        await _gossip.LookAsync(Cancellation);
        Assert.Empty(_lines.Lines);

        _time.Advance(TimeSpan.FromSeconds(1));
        await _gossip.LookAsync(Cancellation);

        Assert.StartsWith(
            "south holds 3 final records of the authorization log and this node 2, for 5 minutes",
            Assert.Single(_lines.Lines),
            StringComparison.Ordinal);
        Take(3);
        await _gossip.LookAsync(Cancellation);
        Assert.Single(_lines.Lines);
    }

    [Fact]
    public async Task A_head_that_no_quorum_cosigned_makes_no_view_stale()
    {
        Take(2);
        Publish(_records);
        await _gossip.LookAsync(Cancellation);
        _time.Advance(PeerGossip.StaleAfter * 2);
        await _gossip.LookAsync(Cancellation);

        Assert.Empty(_lines.Lines);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_is_told_and_nothing_more()
    {
        await _server.StopAsync(Cancellation);

        await _gossip.LookAsync(Cancellation);

        Assert.Equal(2, _lines.Lines.Count);
        Assert.Null(Mirror.ForkProof);
    }

    // The node's own copy: so many records, cosigned.
    private void Take(int size)
    {
        int have = (int)Mirror.Entries.Size;
        MerkleTree tree = new();
        foreach (ReadOnlyMemory<byte> record in _records[..size])
        {
            tree.Append(Rfc6962.Leaf(record.Span));
        }

        _replica.Take(LogKind.Authorization, _records[have..size], Sign(size, tree.Root).Format(), "");
        Assert.Single(_replica.Cosign());
    }

    // What the peer shows: a log of these records.
    private void Publish(ReadOnlyMemory<byte>[] records, Ed25519Key? key = null, bool cosign = false)
    {
        string folder = Directory.CreateTempSubdirectory("dtwin-peer-").FullName;
        using (EntryLog log = EntryLog.Open(folder))
        {
            log.Append(records);
            SignedNote note = Sign(records.Length, log.Root, key);
            if (cosign)
            {
                note = note.With(Cosignature.Sign(note.Text, "north", _witnessKey, _time.GetUtcNow()));
            }

            new TileFolder(_folder["public/authorization"]).Publish(log, note);
        }

        Directory.Delete(folder, recursive: true);
    }

    private SignedNote Sign(long size, MerkleHash root, Ed25519Key? key = null) =>
        SignedNote.Sign(new Checkpoint(Origin, size, root).Text, Origin, key ?? _logKey);
}
