using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: a hospital vouches only for what it holds, never goes back, and keeps the proof when a log lies.
// Method: a mirror fed by a real keeper; the lying log signs other entries with the same key.
public sealed class LogMirrorTests : IDisposable
{
    private const string Witness = "hospital-a";

    private readonly SmallConsortium _consortium = new SmallConsortium().Found();
    private readonly TemporaryFolder _folder = new();
    private LogMirror _mirror;

    public LogMirrorTests()
    {
        _mirror = LogMirror.Open(_folder.FullPath, _consortium.Authorization.VerifierKey);
    }

    private EntryLog Source => _consortium.Authorization.Entries;

    public void Dispose()
    {
        _mirror.Dispose();
        _consortium.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_head_over_entries_that_are_here_is_cosigned_so_that_the_keeper_accepts_it()
    {
        SignedNote head = _consortium.Authorization.SignHead();
        Assert.Null(Cosign(head));

        Feed(5);

        string line = Cosign(head)!;
        Assert.True(_consortium.Authorization.AddCosignature(5, line, _consortium.WitnessOf(Witness)));
        Assert.NotNull(Cosign(head));
        Assert.Equal(head.Format(), _mirror.Cosigned!.Format());
    }

    [Fact]
    public void A_witness_never_goes_back_also_after_a_restart()
    {
        Feed(5);
        SignedNote newer = _consortium.Authorization.SignHead();
        SignedNote older = HeadOf(3, Source.RootAt(3));
        Assert.NotNull(Cosign(newer));

        Reopen();

        Assert.Null(Cosign(older));
        Assert.Equal(newer.Format(), _mirror.Cosigned!.Format());
    }

    [Fact]
    public void Two_contradicting_heads_are_kept_as_proof_and_freeze_the_mirror_for_good()
    {
        Feed(5);
        SignedNote honest = _consortium.Authorization.SignHead();
        SignedNote lie = HeadOf(4, Rfc6962.Leaf("other entries"u8));
        Assert.NotNull(Cosign(honest));

        ForkException error = Assert.Throws<ForkException>(() => Cosign(lie));

        ForkProof proof = ForkProof.Parse(File.ReadAllBytes(error.ProofPath));
        Assert.Null(proof.Refuses(_consortium.Authorization.VerifierKey));
        Assert.Equal((lie.Format(), honest.Format()), (proof.Smaller.Format(), proof.Larger.Format()));
        Reopen();
        Assert.Equal(error.ProofPath, _mirror.ForkProof);
        Assert.Throws<ForkException>(() => Cosign(honest));
        Assert.Throws<ForkException>(() => _mirror.Adopt(honest, []));
        Assert.Throws<ForkException>(() => _mirror.Append([Source.Read(0)]));
        Assert.Equal(5, _mirror.Entries.Size);
    }

    [Fact]
    public void A_contradicting_final_head_freezes_too()
    {
        Feed(5);

        ForkException error = Assert.Throws<ForkException>(() => _mirror.Adopt(HeadOf(5, Rfc6962.Empty), []));

        // Nothing was signed over these five entries yet, so the note alone convicts nobody, and the message says so.
        Assert.Equal(HeadOf(5, Rfc6962.Empty).Format(), File.ReadAllText(error.ProofPath));
        Assert.Contains("only together with these entries", error.Message, StringComparison.Ordinal);
        Assert.Equal(error.ProofPath, _mirror.ForkProof);
    }

    [Fact]
    public void A_contradicting_head_of_the_size_that_was_cosigned_gives_a_portable_proof()
    {
        Feed(5);
        Assert.NotNull(Cosign(_consortium.Authorization.SignHead()));

        ForkException error = Assert.Throws<ForkException>(() => _mirror.Compare(HeadOf(5, Rfc6962.Empty)));

        Assert.Null(ForkProof.Parse(File.ReadAllBytes(error.ProofPath)).Refuses(_consortium.Authorization.VerifierKey));
    }

    [Fact]
    public void A_head_that_another_member_saw_is_confirmed_or_waits()
    {
        Feed(3);

        Assert.True(_mirror.Compare(HeadOf(3, Source.RootAt(3))));
        Assert.False(_mirror.Compare(HeadOf(5, Source.RootAt(5))));
        Assert.Null(_mirror.Cosigned);
    }

    [Fact]
    public void A_fork_proof_from_elsewhere_freezes_and_one_that_proves_nothing_does_not()
    {
        Feed(5);
        ForkProof nothing = ForkProof.OfEqualSizes(HeadOf(5, Source.Root), HeadOf(5, Source.Root));
        ForkProof proof = ForkProof.OfEqualSizes(HeadOf(5, Source.Root), HeadOf(5, Rfc6962.Empty));

        Assert.Throws<ArgumentException>(() => _mirror.Freeze(nothing));
        Assert.Null(_mirror.ForkProof);
        ForkException error = Assert.Throws<ForkException>(() => _mirror.Freeze(proof));
        Assert.Equal(proof.Format(), File.ReadAllText(error.ProofPath));
        Assert.Throws<ForkException>(() => Cosign(HeadOf(5, Source.Root)));
    }

    [Fact]
    public void A_head_of_another_log_or_key_is_refused_without_freezing()
    {
        Feed(5);
        using Ed25519Key stranger = Ed25519Key.Generate();
        Checkpoint head = new("twin.example/demo/auth", 5, Source.Root);

        Assert.Throws<NoteFormatException>(() => Cosign(SignedNote.Sign(head.Text, head.Origin, stranger)));
        Assert.Throws<NoteFormatException>(() => Cosign(SignedNote.Sign(
            (head with { Origin = "twin.example/other" }).Text, head.Origin, _consortium.AuthorizationKey)));
        Assert.Null(_mirror.ForkProof);
    }

    [Fact]
    public void Only_a_quorum_is_adopted_and_it_survives_a_restart()
    {
        Feed(5);
        IReadOnlyList<NoteVerifierKey> hospitals = _consortium.Registry.WitnessesFor(LogKind.Authorization, 5);
        Assert.False(_mirror.Adopt(_consortium.Authorization.SignHead(), hospitals));

        _consortium.Cosign();
        SignedNote final = _consortium.Authorization.FinalHead!;

        Assert.True(_mirror.Adopt(final, hospitals));
        Assert.False(_mirror.Adopt(final, hospitals));
        Reopen();
        Assert.Equal(final.Format(), _mirror.Final!.Format());
    }

    [Fact]
    public void Lines_of_strangers_are_not_kept_and_a_forged_line_is_refused()
    {
        Feed(5);
        _consortium.Cosign();
        using Ed25519Key stranger = Ed25519Key.Generate();
        IReadOnlyList<NoteVerifierKey> hospitals = _consortium.Registry.WitnessesFor(LogKind.Authorization, 5);
        SignedNote final = _consortium.Authorization.FinalHead!;
        NoteSignature strange = Cosignature.Sign(final.Text, "w", stranger, _consortium.Time.GetUtcNow());
        NoteSignature forged = new(hospitals[0].Name, hospitals[0].KeyHash, strange.Signature);

        Assert.Throws<NoteFormatException>(() => _mirror.Adopt(final.With(forged), hospitals));
        Assert.True(_mirror.Adopt(final.With(strange), hospitals));
        Assert.Equal(final.Format(), _mirror.Final!.Format());
    }

    [Fact]
    public void A_mirror_that_lost_entries_it_vouched_for_does_not_open()
    {
        Feed(5);
        Assert.NotNull(Cosign(_consortium.Authorization.SignHead()));
        _mirror.Dispose();
        string path = _folder[EntryLog.FileName];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);

        Assert.Throws<LedgerDamagedException>(
            () => LogMirror.Open(_folder.FullPath, _consortium.Authorization.VerifierKey));
    }

    private void Feed(int count) =>
        _mirror.Append([.. Enumerable.Range(0, count).Select(i => Source.Read(i))]);

    private string? Cosign(SignedNote head) => _mirror.Cosign(
        head, _consortium.WitnessKeyOf(Witness), _consortium.WitnessOf(Witness).Name, _consortium.Time);

    private SignedNote HeadOf(long size, MerkleHash root)
    {
        Checkpoint head = new("twin.example/demo/auth", size, root);
        return SignedNote.Sign(head.Text, head.Origin, _consortium.AuthorizationKey);
    }

    private void Reopen()
    {
        _mirror.Dispose();
        _mirror = LogMirror.Open(_folder.FullPath, _consortium.Authorization.VerifierKey);
    }
}
