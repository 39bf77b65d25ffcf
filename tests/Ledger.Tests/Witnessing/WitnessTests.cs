using System.Globalization;
using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tests.Tiles;
using DigitalTwin.Ledger.Witnessing;
using DigitalTwin.TestKit;

namespace DigitalTwin.Ledger.Tests.Witnessing;

// Goal: a witness never vouches for two histories and never forgets. Method: each sentence of C2SP tlog-witness with a
// status code as a case; then races of many requests, a memory that was cut off, and a log that lies.
public sealed class WitnessTests : IDisposable
{
    private const string Name = "ethics.example/w1";

    private readonly PublishedLog _log = new PublishedLog().GrowTo(40);
    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.Generate();
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
    private Witness _witness;

    public WitnessTests() => _witness = Open();

    public void Dispose()
    {
        _witness.Dispose();
        _key.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Growth_is_cosigned_and_the_latest_checkpoint_is_shown_with_the_cosignature()
    {
        Assert.Null(Latest());
        foreach ((long old, long size) in ((long, long)[])[(0, 1), (1, 7), (7, 7), (7, 40)])
        {
            WitnessAnswer answer = Add(old, size);

            Assert.Equal(200, answer.Status);
            NoteSignature line = NoteSignature.Parse(answer.Body.TrimEnd('\n'));
            Assert.True(_witness.VerifierKey.Verify(_log.HeadOf(size).Text, line.Signature.Span));
            Assert.Equal(_time.GetUtcNow(), Cosignature.TimeOf(line));
            Assert.Equal(2, Latest()!.VerifiedBy([_witness.VerifierKey, _log.Key]).Count);
            Assert.Equal(size, Checkpoint.Parse(Latest()!.Text).Size);
        }
    }

    [Fact]
    public void An_empty_log_is_cosigned_too()
    {
        Assert.Equal(200, Add(0, 0).Status);
        Assert.Equal(200, Add(0, 5).Status);
    }

    [Fact]
    public void Another_old_size_conflicts_and_the_body_is_the_size_alone()
    {
        Add(0, 7);
        foreach (long old in (long[])[0, 6, 8])
        {
            WitnessAnswer answer = Add(old, 40);

            Assert.Equal((409, "text/x.tlog.size", "7\n"), (answer.Status, answer.ContentType, answer.Body));
        }
    }

    [Fact]
    public void Another_root_at_the_same_size_conflicts_and_is_kept_as_a_fork_proof()
    {
        Add(0, 7);

        Assert.Equal(409, Send(new AddCheckpointRequest(7, [], _log.HeadOf(7, _log.Entries.RootAt(8)))).Status);

        string file = Assert.Single(Directory.GetFiles(Path.Combine(_folder["state"], Witness.EvidenceName)));
        Assert.Null(ForkProof.Parse(File.ReadAllBytes(file)).Refuses(_log.Key));
        Assert.Equal(_log.HeadOf(7).Text, Latest()!.Text);
    }

    [Fact]
    public void A_proof_that_does_not_hold_is_unprocessable_and_the_request_is_kept()
    {
        Add(0, 7);
        IReadOnlyList<MerkleHash> proof = _log.Entries.ConsistencyProof(7, 40);
        SignedNote head = _log.HeadOf(40);

        Assert.Equal(422, Send(new AddCheckpointRequest(7, [], head)).Status);
        Assert.Equal(422, Send(new AddCheckpointRequest(7, [.. proof, proof[0]], head)).Status);
        Assert.Equal(422, Send(new AddCheckpointRequest(
            7, proof, _log.HeadOf(40, _log.Entries.RootAt(39)))).Status);
        Assert.Equal(3, Directory.GetFiles(Path.Combine(_folder["state"], Witness.EvidenceName)).Length);
        Assert.Equal(200, Send(new AddCheckpointRequest(7, proof, head)).Status);
    }

    [Fact]
    public void The_first_checkpoint_needs_an_empty_proof()
    {
        Assert.Equal(422, Send(new AddCheckpointRequest(0, [Rfc6962.Empty], _log.HeadOf(7))).Status);
    }

    [Fact]
    public void An_unknown_log_a_foreign_key_and_a_larger_old_size_are_told_apart()
    {
        using Ed25519Key stranger = Ed25519Key.Generate();
        Checkpoint head = Checkpoint.Parse(_log.HeadOf(7).Text);
        SignedNote unknown = SignedNote.Sign((head with { Origin = "other.example" }).Text, "other.example", stranger);
        SignedNote strange = SignedNote.Sign(head.Text, head.Origin, stranger);
        SignedNote alsoStrange = _log.HeadOf(7).With(strange.Signatures[0]);
        SignedNote forged = _log.HeadOf(7).With(_log.HeadOf(8).Signatures[0]);

        Assert.Equal(404, Send(new AddCheckpointRequest(0, [], unknown)).Status);
        Assert.Equal(403, Send(new AddCheckpointRequest(0, [], strange)).Status);
        Assert.Equal(403, Send(new AddCheckpointRequest(0, [], forged)).Status);
        Assert.Equal(400, Send(new AddCheckpointRequest(8, [], _log.HeadOf(7))).Status);
        Assert.Null(Latest());
        Assert.Equal(200, Send(new AddCheckpointRequest(0, [], alsoStrange)).Status);
        Assert.DoesNotContain(Latest()!.Signatures, line => line.KeyHash == strange.Signatures[0].KeyHash);
    }

    [Fact]
    public void Malformed_requests_are_bad_requests()
    {
        string good = new AddCheckpointRequest(0, [], _log.HeadOf(7)).Format();
        string hash = Rfc6962.Empty + "\n";
        string[] bad =
        [
            "", "\n", "old 0", good[1..], good.Replace("old 0", "old 00"), good.Replace("old 0", "old -0"),
            good.Replace("old 0", "old"), good.Replace("old 0", "old 0 "), good.Replace("\n\n", "\n"), good[..^1],
            good.Replace("old 0\n", "old 0\nAAAA\n"), good.Replace("\n", "\r\n"),
            good.Replace("old 0\n", "old 0\n" + string.Concat(Enumerable.Repeat(hash, 64))),
        ];

        Assert.All(bad, text => Assert.Equal(400, Send(text).Status));
        Assert.Equal(400, _witness.AddCheckpoint([0xff, 0xfe]).Status);
        Assert.Equal(400, _witness.AddCheckpoint(new byte[AddCheckpointRequest.MaxBytes + 1]).Status);
        Assert.Equal(200, Send(good).Status);
    }

    [Fact]
    public async Task Of_many_requests_at_once_none_rolls_the_size_back()
    {
        Add(0, 1);
        List<Task<(long Size, WitnessAnswer Answer)>> racing = [];
        for (long size = 2; size <= 40; size++)
        {
            long to = size;
            racing.Add(Task.Run(() => (to, Add(1, to)), TestContext.Current.CancellationToken));
        }

        (long Size, WitnessAnswer Answer)[] answers = await Task.WhenAll(racing);

        // All of them name the old size 1, so exactly one can win, whatever the order.
        (long winner, _) = Assert.Single(answers, answer => answer.Answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Size != winner), answer =>
            Assert.Equal(winner.ToString(CultureInfo.InvariantCulture) + "\n", answer.Answer.Body));
        Assert.Equal(winner, Checkpoint.Parse(Latest()!.Text).Size);
    }

    [Fact]
    public void What_was_cosigned_is_remembered_after_a_restart()
    {
        Add(0, 7);
        SignedNote before = Latest()!;

        Restart();

        Assert.Equal(before.Format(), Latest()!.Format());
        Assert.Equal("7\n", Add(0, 5).Body);
        Assert.Equal(200, Add(7, 40).Status);
    }

    [Fact]
    public void A_memory_that_cannot_be_written_cosigns_nothing()
    {
        Add(0, 7);
        string state = Path.Combine(_folder["state"], Witness.DigestOf(PublishedLog.Origin) + ".checkpoint");
        byte[] before = File.ReadAllBytes(state);

        // A folder in the place of the file: it can't be replaced, as on a disk that refuses.
        File.Delete(state);
        Directory.CreateDirectory(Path.Combine(state, "in the way"));
        Assert.ThrowsAny<Exception>(() => Add(7, 40));

        Directory.Delete(state, recursive: true);
        File.WriteAllBytes(state, before);
        Assert.Equal(7, Checkpoint.Parse(Latest()!.Text).Size);
        Restart();
        Assert.Equal("7\n", Add(0, 40).Body);
    }

    [Fact]
    public void A_memory_that_is_not_its_own_does_not_open()
    {
        Add(0, 7);
        string state = Path.Combine(_folder["state"], Witness.DigestOf(PublishedLog.Origin) + ".checkpoint");
        _witness.Dispose();
        foreach (string wrong in (string[])["", "nonsense", _log.HeadOf(3).Format()])
        {
            File.WriteAllText(state, wrong);
            Assert.Throws<LedgerDamagedException>(Open);
        }

        File.Delete(state);
        _witness = Open();
    }

    [Fact]
    public void A_folder_has_one_witness()
    {
        Assert.Throws<LedgerLockedException>(Open);
    }

    private Witness Open() => Witness.Open(_folder["state"], Name, _key, [_log.Key], _time);

    private void Restart()
    {
        _witness.Dispose();
        _witness = Open();
    }

    private SignedNote? Latest() => _witness.Latest(Witness.DigestOf(PublishedLog.Origin));

    private WitnessAnswer Add(long old, long size) => Send(new AddCheckpointRequest(
        old, old <= size ? _log.Entries.ConsistencyProof(old, size) : [], _log.HeadOf(size)));

    private WitnessAnswer Send(AddCheckpointRequest request) => Send(request.Format());

    private WitnessAnswer Send(string body) => _witness.AddCheckpoint(System.Text.Encoding.UTF8.GetBytes(body));
}
