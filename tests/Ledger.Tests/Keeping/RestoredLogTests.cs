using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: a log that was restored from an older copy, or whose key another machine uses too, never signs a second
// history by accident. Method: a keeper is copied, the original goes on, hospitals' mirrors follow it; then the copy
// is opened.
public sealed class RestoredLogTests : IDisposable
{
    private const string Origin = "twin.example/restored";
    private const string Witness = "hospital-a.example/w1";

    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.Generate();
    private readonly Ed25519Key _witnessKey = Ed25519Key.Generate();
    private readonly LogMirror _mirror;
    private readonly SignedNote _signed;

    public RestoredLogTests()
    {
        _mirror = LogMirror.Open(_folder["mirror"], NoteVerifierKey.Log(Origin, _key.PublicKey));
        using (LogKeeper before = Open("original"))
        {
            before.Append([Leaf(0), Leaf(1)]);
            before.SignHead();
        }

        Copy("original", "backup");
        using LogKeeper original = Open("original");
        original.Append([Leaf(2), Leaf(3), Leaf(4)]);
        _signed = original.SignHead();
        _mirror.Append([.. Enumerable.Range(0, 5).Select(i => (ReadOnlyMemory<byte>)Leaf(i))]);
        Assert.NotNull(_mirror.Cosign(_signed, _witnessKey, Witness, TimeProvider.System));
    }

    private List<ReadOnlyMemory<byte>> Missing => [.. Enumerable.Range(2, 3).Select(i => _mirror.Entries.Read(i))];

    public void Dispose()
    {
        _mirror.Dispose();
        _witnessKey.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_older_copy_neither_signs_nor_appends_once_it_knows_what_was_witnessed()
    {
        using LogKeeper copy = Open("backup");
        copy.RequireWitnessed([_mirror.Cosigned!]);

        LedgerBehindException error = Assert.Throws<LedgerBehindException>(() => copy.SignHead());
        Assert.Equal((2L, 5L), (error.Size, error.Known));
        Assert.Throws<LedgerBehindException>(() => copy.Append(Leaf(9)));
        Assert.Equal(2, copy.Entries.Size);
    }

    [Fact]
    public void It_heals_from_a_mirror_and_signs_the_same_head_byte_for_byte()
    {
        using LogKeeper copy = Open("backup");
        copy.RequireWitnessed([_mirror.Cosigned!]);

        copy.Heal(Missing, _mirror.Cosigned!);

        Assert.Equal(_signed.Format(), copy.SignHead().Format());
        Assert.Equal(5, copy.Append(Leaf(5)));
        Assert.NotEqual(_signed.Format(), copy.SignHead().Format());
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(_folder["original"], HeadHistory.FileName)),
            File.ReadAllBytes(Path.Combine(_folder["backup"], HeadHistory.FileName))[..OriginalHistoryLength]);
        copy.Dispose();
        using LogKeeper again = Open("backup");
        Assert.Equal(6, again.Entries.Size);
    }

    [Fact]
    public void Entries_that_do_not_lead_to_the_signed_head_are_not_taken()
    {
        using LogKeeper copy = Open("backup");
        copy.RequireWitnessed([_signed]);
        List<ReadOnlyMemory<byte>> wrong = Missing;
        wrong[1] = Leaf(9);

        Assert.Throws<LedgerDamagedException>(() => copy.Heal(wrong, _signed));
        Assert.Throws<LedgerDamagedException>(() => copy.Heal(Missing[..2], _signed));
        Assert.Throws<LedgerDamagedException>(() => copy.Heal([], _signed));
        Assert.Throws<LedgerBehindException>(() => copy.SignHead());
        Assert.Equal(2, copy.Entries.Size);
    }

    [Fact]
    public void A_head_of_another_key_stops_nothing_and_heals_nothing()
    {
        using LogKeeper copy = Open("backup");
        Checkpoint head = new(Origin, 7, Rfc6962.Empty);
        SignedNote strange = SignedNote.Sign(head.Text, Origin, _witnessKey);

        Assert.Throws<NoteFormatException>(() => copy.RequireWitnessed([strange]));
        Assert.Throws<NoteFormatException>(() => copy.Heal([], strange));
        Assert.Equal(2, copy.Append(Leaf(2)));
    }

    [Fact]
    public void Healing_past_a_witnessed_head_holds_it_too()
    {
        // The key signed two histories of five entries; each leads to its own head and past the other's.
        Checkpoint fork = new(Origin, 4, Rfc6962.Leaf("another history"u8));
        using LogKeeper copy = Open("backup");
        copy.RequireWitnessed([SignedNote.Sign(fork.Text, Origin, _key)]);

        Assert.Throws<LedgerDamagedException>(() => copy.Heal(Missing, _signed));
        Assert.Equal(2, copy.Entries.Size);
    }

    [Fact]
    public void A_copy_that_went_on_by_itself_stops_for_good_when_it_meets_the_original()
    {
        using LogKeeper copy = Open("backup");
        copy.Append([Leaf(7), Leaf(8), Leaf(9)]);
        SignedNote other = copy.SignHead();

        Assert.Throws<LedgerDamagedException>(() => copy.RequireWitnessed([_mirror.Cosigned!]));
        Assert.Throws<LedgerDamagedException>(() => copy.SignHead());
        Assert.Throws<LedgerDamagedException>(() => copy.Append(Leaf(9)));

        // The mirror meets the second history and keeps both heads as the proof.
        Assert.Throws<ForkException>(() => _mirror.Cosign(other, _witnessKey, Witness, TimeProvider.System));
        Assert.NotNull(_mirror.ForkProof);
    }

    [Fact]
    public void One_folder_has_one_keeper()
    {
        using LogKeeper keeper = Open("original");

        Assert.Throws<LedgerLockedException>(() => Open("original"));
    }

    [Fact]
    public void A_witness_that_crashed_before_it_answered_gives_the_answer_again_and_never_an_older_one()
    {
        _mirror.Dispose();
        using LogMirror again =
            LogMirror.Open(_folder["mirror"], NoteVerifierKey.Log(Origin, _key.PublicKey));
        using LogKeeper original = Open("original");
        SignedNote older = SignedNote.Sign(
            new Checkpoint(Origin, 2, original.Entries.RootAt(2)).Text, Origin, _key);

        Assert.Null(again.Cosign(older, _witnessKey, Witness, TimeProvider.System));
        string line = again.Cosign(_signed, _witnessKey, Witness, TimeProvider.System)!;
        Assert.True(original.AddCosignature(5, line, NoteVerifierKey.Witness(Witness, _witnessKey.PublicKey)));
    }

    private int OriginalHistoryLength =>
        (int)new FileInfo(Path.Combine(_folder["original"], HeadHistory.FileName)).Length;

    private static byte[] Leaf(int i) => System.Text.Encoding.UTF8.GetBytes($"leaf {i}");

    private LogKeeper Open(string name) => LogKeeper.Open(_folder[name], Origin, _key, TimeProvider.System);

    private void Copy(string from, string to)
    {
        Directory.CreateDirectory(_folder[to]);
        foreach (string path in Directory.EnumerateFiles(_folder[from]))
        {
            File.Copy(path, Path.Combine(_folder[to], Path.GetFileName(path)));
        }
    }
}
