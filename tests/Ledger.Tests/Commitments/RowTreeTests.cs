using System.Security.Cryptography;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Merkle;
using FsCheck;
using FsCheck.Fluent;

namespace DigitalTwin.Ledger.Tests.Commitments;

// Goal: for any rows and any token exactly one of presence and absence can be proven, and no changed proof proves
// anything. Method: the root of Python's hashlib and hmac; drawn trees with keys inside and outside; every byte of
// proofs flipped; then the lies a hospital could try with leaves that it does have.
public sealed class RowTreeTests : IDisposable
{
    private readonly RowSalt _salt = new([.. Enumerable.Range(0, RowSalt.Size).Select(i => (byte)i)]);

    public void Dispose() => _salt.Dispose();

    [Fact]
    public void Token_and_root_are_those_of_python()
    {
        // s = bytes(range(32)); mac = lambda m: hmac.new(s, m, "sha256").digest(); H = hashlib.sha256
        // row i: t = mac(b"patient-%d" % i), leaf t + H(b"twin/training-row/v1\n" + mac(b"\nrow-salt/" + t)
        //     + H(b"patient-%d" % i).digest()).digest(), i from 1 to 5
        // padding i: mac(b"\npadding/%d" % i) + mac(b"\npadding-commitment/%d" % i), i from 0 to 1
        // RFC 6962 root of the sorted seven.
        RowTree tree = Tree(rows: 5, padding: 2);

        Assert.Equal(
            "f77ee0773617c9bbf4bac29df7d3cfb468a746ec1b33c15c8209db619a6afdc5", _salt.Token("patient-1").Hex);
        Assert.Equal("XzD+pX/L7spRSObB7iBymGn57YScs6QKvPMUnxrGNDc=", tree.Root.ToString());
        Assert.Equal(7, tree.Size);
    }

    [Fact]
    public void Every_present_row_has_an_inclusion_proof_and_every_absent_one_an_exclusion_proof()
    {
        Gen<(int Rows, int Padding, int Seed)> sizes =
            from rows in Gen.Choose(0, 40)
            from padding in Gen.Choose(0, 9)
            from seed in Gen.Choose(0, int.MaxValue)
            select (rows, padding, seed);

        Prop.ForAll(sizes.ToArbitrary(), size =>
        {
            using RowSalt salt = new(SHA256.HashData(BitConverter.GetBytes(size.Seed)));
            RowTree tree = Tree(salt, size.Rows, size.Padding);
            bool holds = true;
            for (int row = 1; row <= size.Rows + 10; row++)
            {
                bool present = row <= size.Rows;
                RowProof proof = RowProof.Parse(tree.Prove(salt.Token($"patient-{row}")).Serialize());
                holds &= tree.Has(proof.Token) == present
                    && proof.ProvesInclusion(tree.Root, tree.Size) == present
                    && proof.ProvesExclusion(tree.Root, tree.Size) == !present;
            }

            return holds;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(20260401, 77));
    }

    [Fact]
    public void A_proof_with_any_byte_changed_proves_nothing()
    {
        RowTree tree = Tree(rows: 11, padding: 2);
        foreach (string row in (string[])["patient-4", "patient-99", First(tree), Last(tree)])
        {
            byte[] bytes = tree.Prove(_salt.Token(row)).Serialize();
            for (int at = 0; at < bytes.Length; at++)
            {
                byte[] changed = [.. bytes];
                changed[at] ^= (byte)(1 << (at % 7));
                Assert.False(Proves(changed, tree, _salt.Token(row)), $"{row}, byte {at} of {bytes.Length}");
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void A_proof_holds_for_its_own_root_and_size_alone(int rows)
    {
        RowTree tree = Tree(rows, padding: 0);
        RowProof proof = tree.Prove(_salt.Token("nobody"));

        Assert.True(proof.ProvesExclusion(tree.Root, tree.Size));
        Assert.False(proof.ProvesExclusion(tree.Root, tree.Size + rows + 1));
        Assert.False(proof.ProvesExclusion(Tree(rows + 1, padding: 0).Root, tree.Size));
        Assert.False(proof.ProvesInclusion(tree.Root, tree.Size));
    }

    [Fact]
    public void No_two_leaves_that_are_not_neighbours_prove_absence_whatever_size_is_claimed()
    {
        // The lie: leaves left and right of a present row, with indexes that some other size makes neighbours.
        RowTree tree = Tree(rows: 13, padding: 0);
        RowToken[] sorted = [.. Enumerable.Range(1, 13).Select(row => _salt.Token($"patient-{row}")).Order()];
        for (int hidden = 1; hidden < sorted.Length - 1; hidden++)
        {
            ProvenRow left = tree.Prove(sorted[hidden - 1]).Rows[0];
            ProvenRow right = tree.Prove(sorted[hidden + 1]).Rows[0];
            for (long size = 1; size <= 40; size++)
            {
                for (long index = 0; index < size - 1; index++)
                {
                    RowProof lie = new(sorted[hidden], [left with { Index = index }, right with { Index = index + 1 }]);
                    Assert.False(lie.ProvesExclusion(tree.Root, size), $"{hidden} at {index} of {size}");
                }
            }
        }
    }

    [Fact]
    public void An_edge_that_is_none_proves_nothing()
    {
        RowTree tree = Tree(rows: 8, padding: 0);
        RowToken[] sorted = [.. Enumerable.Range(1, 8).Select(row => _salt.Token($"patient-{row}")).Order()];
        RowToken above = new([.. Enumerable.Repeat(byte.MaxValue, RowToken.Size)]);
        RowToken below = new(new byte[RowToken.Size]);
        ProvenRow first = tree.Prove(sorted[0]).Rows[0];
        ProvenRow middle = tree.Prove(sorted[4]).Rows[0];
        ProvenRow last = tree.Prove(sorted[7]).Rows[0];

        Assert.True(tree.Prove(above).ProvesExclusion(tree.Root, 8));
        Assert.True(tree.Prove(below).ProvesExclusion(tree.Root, 8));
        Assert.False(new RowProof(above, [middle]).ProvesExclusion(tree.Root, 8));
        Assert.False(new RowProof(above, [first]).ProvesExclusion(tree.Root, 8));
        Assert.False(new RowProof(below, [last]).ProvesExclusion(tree.Root, 8));
        Assert.False(new RowProof(sorted[7], [last]).ProvesExclusion(tree.Root, 8));
        Assert.False(new RowProof(above, []).ProvesExclusion(tree.Root, 8));
        Assert.False(new RowProof(above, []).ProvesExclusion(Rfc6962.Empty, 8));
        Assert.False(new RowProof(above, [first, middle, last]).ProvesExclusion(tree.Root, 8));
    }

    [Fact]
    public void Rows_with_equal_content_do_not_look_equal()
    {
        byte[] digest = SHA256.HashData("same"u8);

        Assert.NotEqual(_salt.Leaf("a", "row", digest).Commitment, _salt.Leaf("b", "row", digest).Commitment);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\npadding/0")]
    [InlineData("a\u0000b")]
    public void An_identifier_that_could_be_a_leaf_of_nobody_is_refused(string rowId)
    {
        Assert.Throws<ArgumentException>(() => _salt.Token(rowId));
    }

    [Fact]
    public void An_identifier_that_is_no_unicode_text_is_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => _salt.Token("\ud800"));
    }

    [Fact]
    public void Two_rows_with_one_identifier_make_no_tree()
    {
        RowLeaf leaf = _salt.Padding(1);

        Assert.Throws<ArgumentException>(() => new RowTree([leaf, _salt.Padding(2), leaf]));
    }

    [Fact]
    public void A_salt_is_saved_for_its_owner_only_and_gone_once_erased()
    {
        using TemporaryFolder folder = new();
        _salt.Save(folder["salt"]);
        using RowSalt loaded = RowSalt.Load(folder["salt"]);

        Assert.Equal(_salt.Token("a"), loaded.Token("a"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(folder["salt"]).UnixFileMode);
        Assert.Throws<IOException>(() => _salt.Save(folder["salt"]));

        RowSalt.Erase(folder["salt"]);

        Assert.False(File.Exists(folder["salt"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F\n")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    public void A_file_that_holds_no_salt_is_refused(string text)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["salt"], text);

        Assert.Throws<InvalidDataException>(() => RowSalt.Load(folder["salt"]));
    }

    [Fact]
    public void Exclusion_proofs_are_read_back_and_answer_for_their_tokens_alone()
    {
        RowTree tree = Tree(rows: 20, padding: 3);
        RowToken[] withdrawn = [_salt.Token("gone-1"), _salt.Token("gone-2")];
        ExclusionProofs proofs = ExclusionProofs.Of("broad", tree, withdrawn);

        ExclusionProofs read = ExclusionProofs.Parse(proofs.Serialize());

        Assert.Equal(proofs.Serialize(), read.Serialize());
        Assert.Equal(("broad", tree.Root, tree.Size), (read.Policy, read.Rows, read.Size));
        Assert.Equal(withdrawn.Order(), read.Excluded().Order());
        Assert.Empty((read with { Rows = Tree(rows: 21, padding: 3).Root }).Excluded());
        Assert.Throws<ArgumentException>(() => ExclusionProofs.Of("broad", tree, [_salt.Token("patient-1")]));
    }

    private static RowTree Tree(RowSalt salt, int rows, int padding) => new(
    [
        .. Enumerable.Range(1, rows).Select(row => salt.Leaf(
            $"patient-{row}", "training-row", SHA256.HashData(System.Text.Encoding.ASCII.GetBytes($"patient-{row}")))),
        .. Enumerable.Range(0, padding).Select(salt.Padding),
    ]);

    private static bool Proves(byte[] bytes, RowTree tree, RowToken token)
    {
        try
        {
            RowProof proof = RowProof.Parse(bytes);
            return proof.Token == token
                && (proof.ProvesInclusion(tree.Root, tree.Size) || proof.ProvesExclusion(tree.Root, tree.Size));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private RowTree Tree(int rows, int padding) => Tree(_salt, rows, padding);

    // An absent row whose token lies before every leaf, and one whose token lies behind.
    private string First(RowTree tree) => Edge(tree, proof => proof.Rows is [{ Index: 0 }]);

    private string Last(RowTree tree) => Edge(tree, proof => proof.Rows is [{ Index: > 0 }]);

    private string Edge(RowTree tree, Func<RowProof, bool> isEdge) => Enumerable.Range(0, 1000)
        .Select(i => $"absent-{i}")
        .First(row => isEdge(tree.Prove(_salt.Token(row))));
}
