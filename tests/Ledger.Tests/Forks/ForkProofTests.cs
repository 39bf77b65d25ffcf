using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tests.Forks;

// Goal: a fork proof convicts a log that signed two histories, whoever reads it, and never an honest one. Method: two
// trees that part at a known entry, all pairs of their heads, and every head of one tree against every other.
public sealed class ForkProofTests : IDisposable
{
    private const string Origin = "twin.example/demo/data";
    private const int Common = 4;
    private const int Size = 9;

    private readonly Ed25519Key _key = Ed25519Key.Generate();
    private readonly MerkleTree _left = Tree("left");
    private readonly MerkleTree _right = Tree("right");

    private NoteVerifierKey Log => NoteVerifierKey.Log(Origin, _key.PublicKey);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Heads_of_two_histories_convict_at_all_sizes_behind_the_fork()
    {
        for (int smaller = Common + 1; smaller <= Size; smaller++)
        {
            for (int larger = smaller; larger <= Size; larger++)
            {
                ForkProof read = ForkProof.Parse(Bytes(Between(_left, smaller, _right, larger).Format()));

                Assert.Null(read.Refuses(Log));
            }
        }
    }

    [Fact]
    public void Heads_of_one_history_never_convict()
    {
        for (int smaller = 0; smaller <= Size; smaller++)
        {
            for (int larger = smaller; larger <= Size; larger++)
            {
                Assert.NotNull(Between(_left, smaller, _left, larger).Refuses(Log));

                // A root that the tree never had cannot be proven to be its own.
                if (smaller < larger && smaller > 0)
                {
                    Assert.NotNull(ForkProof.Of(HeadOf(_left, smaller), HeadOf(_left, larger),
                        Rfc6962.Leaf("invented"u8), _left.ConsistencyProof(smaller, larger)).Refuses(Log));
                }
            }
        }
    }

    [Fact]
    public void A_head_of_nothing_with_the_root_of_something_convicts()
    {
        SignedNote lie = Sign(new Checkpoint(Origin, 0, Rfc6962.Leaf("x"u8)));

        Assert.Null(ForkProof.Of(lie, HeadOf(_left, Size), Rfc6962.Empty, []).Refuses(Log));
    }

    [Fact]
    public void Heads_that_another_key_signed_or_of_another_log_convict_nobody()
    {
        using Ed25519Key stranger = Ed25519Key.Generate();
        ForkProof proof = Between(_left, 6, _right, 8);
        SignedNote forged = SignedNote.Sign(proof.Smaller.Text, Origin, stranger);
        SignedNote other = Sign(Checkpoint.Parse(proof.Smaller.Text) with { Origin = "twin.example/other" });

        Assert.NotNull(proof.Refuses(NoteVerifierKey.Log(Origin, stranger.PublicKey)));
        Assert.NotNull(ForkProof.Of(forged, proof.Larger, proof.Prefix!.Value, proof.Proof).Refuses(Log));
        Assert.NotNull(ForkProof.Of(other, proof.Larger, proof.Prefix.Value, proof.Proof).Refuses(Log));
        Assert.NotNull(ForkProof.Of(proof.Larger, proof.Smaller, proof.Prefix.Value, proof.Proof).Refuses(Log));
        Assert.NotNull(ForkProof.OfEqualSizes(proof.Smaller, proof.Larger).Refuses(Log));
    }

    [Fact]
    public void The_text_form_has_one_reading()
    {
        string text = Between(_left, 6, _right, 8).Format();
        string[] wrong =
        [
            "", "digitaltwin.dev/fork-proof@v1\n", text[..^1], text + "\n", text + text, "\n" + text,
            text.Replace("@v1", "@v2", StringComparison.Ordinal),
            text.Replace("prefix ", "prefix  ", StringComparison.Ordinal),
            text.Replace("prefix ", "", StringComparison.Ordinal),
            text.Replace("\n\n", "\n\n\n", StringComparison.Ordinal),
            text.Replace("\n", "\r\n", StringComparison.Ordinal),
        ];

        Assert.Equal(text, ForkProof.Parse(Bytes(text)).Format());
        Assert.All(wrong, bad => Assert.Throws<NoteFormatException>(() => ForkProof.Parse(Bytes(bad))));
        Assert.Throws<NoteFormatException>(() => ForkProof.Parse(new byte[ForkProof.MaxBytes + 1]));
        Assert.Throws<NoteFormatException>(() => ForkProof.Parse([0xff]));
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static MerkleTree Tree(string branch)
    {
        MerkleTree tree = new();
        for (int i = 0; i < Size; i++)
        {
            tree.Append(Rfc6962.Leaf(Bytes(i < Common ? $"entry {i}" : $"{branch} {i}")));
        }

        return tree;
    }

    private ForkProof Between(MerkleTree first, int smaller, MerkleTree second, int larger) => smaller == larger
        ? ForkProof.OfEqualSizes(HeadOf(first, smaller), HeadOf(second, larger))
        : ForkProof.Of(HeadOf(first, smaller), HeadOf(second, larger),
            second.RootAt(smaller), second.ConsistencyProof(smaller, larger));

    private SignedNote HeadOf(MerkleTree tree, int size) => Sign(new Checkpoint(Origin, size, tree.RootAt(size)));

    private SignedNote Sign(Checkpoint head) => SignedNote.Sign(head.Text, Origin, _key);
}
