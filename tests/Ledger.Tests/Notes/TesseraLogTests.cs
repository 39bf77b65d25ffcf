using System.Globalization;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tests.Notes;

// Goal: a whole log of another implementation verifies here. Method: the fifteen leaves of the Tessera test log against
// its sixteen published checkpoints: root, signature, and our signature with its published key, byte for byte.
public sealed class TesseraLogTests
{
    private const string Origin = "example.com/log/testdata";
    private const string Vkey = Origin + "+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    // testdata/build_log.sh: a type byte and the seed.
    private const string SigningKey = "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";

    private static readonly string[] Leaves =
    [
        "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf", "threeten",
        "fourten", "fivten",
    ];

    [Fact]
    public void All_sixteen_checkpoints_verify_and_are_signed_here_alike()
    {
        NoteVerifierKey key = NoteVerifierKey.Parse(Vkey);
        using Ed25519Key signer = Ed25519Key.FromSeed(Convert.FromBase64String(SigningKey).AsSpan(1));
        MerkleTree tree = new();
        int checkpoints = 0;
        foreach (string[] line in VectorFile.Read("tessera-checkpoints.txt"))
        {
            string text = $"{Origin}\n{line[0]}\n{line[1]}\n\n— {Origin} {line[2]}\n";
            SignedNote note = SignedNote.Parse(text);
            Checkpoint head = Checkpoint.Parse(note.Text);

            Assert.Equal(checkpoints.ToString(CultureInfo.InvariantCulture), line[0]);
            Assert.Equal(tree.Root, head.Root);
            Assert.Equal([key], note.VerifiedBy([key]));
            Assert.Equal(text, SignedNote.Sign(head.Text, Origin, signer).Format());
            if (checkpoints < Leaves.Length)
            {
                tree.Append(Rfc6962.Leaf(System.Text.Encoding.UTF8.GetBytes(Leaves[checkpoints])));
            }

            checkpoints++;
        }

        Assert.Equal(16, checkpoints);
    }
}
