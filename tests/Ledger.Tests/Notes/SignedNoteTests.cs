using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tests.Notes;

// Goal: notes of other implementations verify here, ours there, and no malformed note is read. Method: vectors of the
// C2SP text, Go's sumdb/note and the Tessera test log, byte for byte; then every strictness rule by its violation.
public sealed class SignedNoteTests
{
    private const string TesseraVkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    // transparency-dev/trillian-tessera testdata/log/checkpoint.15
    private const string TesseraCheckpoint =
        "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n— example.com/log/testdata "
        + "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";

    public static TheoryData<string, string> ForeignNotes => new()
    {
        // C2SP signed-note, its example.
        {
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "This is an example message.\n\n— example.com/foo "
            + "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
        },

        // golang.org/x/mod sumdb/note, ExampleOpen.
        {
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
            + "— PeterNeumann "
            + "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        },
        { TesseraVkey, TesseraCheckpoint },
    };

    [Theory]
    [MemberData(nameof(ForeignNotes))]
    public void Notes_of_other_implementations_verify_and_are_written_back(string vkey, string text)
    {
        NoteVerifierKey key = NoteVerifierKey.Parse(vkey);
        SignedNote note = SignedNote.Parse(text);

        Assert.Equal([key], note.VerifiedBy([key]));
        Assert.Equal(vkey, key.ToString());
        Assert.Equal(text, note.Format());
    }

    [Fact]
    public void Our_signature_of_the_tessera_checkpoint_is_theirs()
    {
        // The signing key is published in testdata/build_log.sh; its base64 is a type byte and the seed.
        byte[] typed = Convert.FromBase64String("AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg");
        using Ed25519Key key = Ed25519Key.FromSeed(typed.AsSpan(1));
        Checkpoint head = new(
            "example.com/log/testdata", 15, MerkleHash.Parse("rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="));

        Assert.Equal(TesseraCheckpoint, SignedNote.Sign(head.Text, head.Origin, key).Format());
        Assert.Equal(TesseraVkey, NoteVerifierKey.Log(head.Origin, key.PublicKey).ToString());
    }

    [Fact]
    public void A_cosignature_is_that_of_an_independent_implementation()
    {
        // Python cryptography: Ed25519 with the seed of RFC 8032 test 1 over
        // b"cosignature/v1\ntime 1700000000\n" + the text of the Tessera checkpoint.
        const string Line = "— hospital-a.example/w1 "
            + "iswBkAAAAABlU/EA4v0cV4DQ6bp095Uz5hMt/nfebMX5+KeD1CrNI87b04aHkKdYlIPYnhU+"
            + "N0K6Tz705UQmG5iE+ZnLsKeZy2ZvBw==";
        using Ed25519Key key = Ed25519Key.FromSeed(
            Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        NoteVerifierKey witness = NoteVerifierKey.Parse(
            "hospital-a.example/w1+8acc0190+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea");
        SignedNote note = SignedNote.Parse(TesseraCheckpoint);

        NoteSignature line = Cosignature.Sign(
            note.Text, witness.Name, key, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

        Assert.Equal(Line, line.ToString());
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), Cosignature.TimeOf(NoteSignature.Parse(Line)));
        Assert.Equal(2, note.With(line).VerifiedBy([witness, NoteVerifierKey.Parse(TesseraVkey)]).Count);
    }

    [Fact]
    public void A_known_key_whose_signature_fails_condemns_the_note_and_a_stranger_does_not()
    {
        using Ed25519Key stranger = Ed25519Key.Generate();
        NoteVerifierKey key = NoteVerifierKey.Parse(TesseraVkey);
        SignedNote good = SignedNote.Parse(TesseraCheckpoint);
        SignedNote forged = SignedNote.Parse(TesseraCheckpoint.Replace("\n15\n", "\n14\n"));

        Assert.Throws<NoteFormatException>(() => forged.VerifiedBy([key]));
        Assert.Throws<NoteFormatException>(() => good.With(forged.Signatures[0] with
        {
            Signature = new byte[Ed25519.SignatureSize],
        }).VerifiedBy([key]));
        SignedNote other = SignedNote.Sign(good.Text, "stranger", stranger);
        Assert.Equal([key], good.With(other.Signatures[0]).VerifiedBy([key]));
        Assert.Empty(other.VerifiedBy([key]));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(SignedNote.MaxSignatures)]
    public void Many_signatures_are_accepted(int count)
    {
        SignedNote note = SignedNote.Parse(TesseraCheckpoint);
        for (int i = 1; i < count; i++)
        {
            note = note.With(note.Signatures[0] with { Name = $"w{i}" });
        }

        Assert.Equal(count, SignedNote.Parse(note.ToBytes()).Signatures.Count);
        SignedNote tooMany = Enumerable.Range(0, SignedNote.MaxSignatures).Aggregate(
            note, (many, i) => many.With(note.Signatures[0] with { Name = $"x{i}" }));
        Assert.Throws<NoteFormatException>(() => SignedNote.Parse(tooMany.ToBytes()));
    }

    [Theory]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n— a AAAAAAA=\n")]
    [InlineData("text\n\n— a AAAAAAA=")]
    [InlineData("text\n\n- a AAAAAAA=\n")]
    [InlineData("text\n\n—a AAAAAAA=\n")]
    [InlineData("text\n\n— a  AAAAAAA=\n")]
    [InlineData("text\n\n— a b AAAAAAA=\n")]
    [InlineData("text\n\n— a+b AAAAAAA=\n")]
    [InlineData("text\n\n— a AAAA\n")]
    [InlineData("text\n\n— a AAAAAAB=\n")]
    [InlineData("text\n\n— a AAAAAAA\n")]
    [InlineData("te\txt\n\n— a AAAAAAA=\n")]
    [InlineData("text\r\n\n— a AAAAAAA=\n")]
    [InlineData("te\u001bxt\n\n— a AAAAAAA=\n")]
    public void A_malformed_note_is_refused(string text)
    {
        Assert.Throws<NoteFormatException>(() => SignedNote.Parse(text));
    }

    [Fact]
    public void A_huge_note_and_invalid_utf8_are_refused()
    {
        Assert.Throws<NoteFormatException>(() => SignedNote.Parse(new byte[SignedNote.MaxBytes + 1]));
        Assert.Throws<NoteFormatException>(() => SignedNote.Parse([0xff, (byte)'\n', (byte)'\n']));
    }

    [Theory]
    [InlineData("a+00000000+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")]
    [InlineData("example.com/log/testdata+33D7B496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")]
    [InlineData("example.com/log/testdata+33d7b496+AuHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")]
    [InlineData("example.com/log/testdata+33d7b496+AeHTu4Q3")]
    [InlineData("example.com/log/testdata+33d7b496")]
    [InlineData("exam ple+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")]
    [InlineData("")]
    public void A_malformed_verifier_key_is_refused(string text)
    {
        Assert.Throws<NoteFormatException>(() => NoteVerifierKey.Parse(text));
    }

    [Theory]
    [InlineData("origin\n015\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n")]
    [InlineData("origin\n-1\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n")]
    [InlineData("origin\n99999999999999999999\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n")]
    [InlineData("origin\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs\n")]
    [InlineData("origin\n15\nAAAA\n")]
    [InlineData("\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n")]
    [InlineData("origin\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\nextension\n")]
    [InlineData("origin\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=")]
    [InlineData("")]
    public void A_malformed_checkpoint_is_refused(string text)
    {
        Assert.Throws<NoteFormatException>(() => Checkpoint.Parse(text));
    }
}
