using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Tests.Merkle;

// Goal: roots and proofs are those of every other RFC 6962 log, and no wrong proof passes. Method: published vectors
// of transparency-dev/merkle, the Tessera test log and Go's sumdb/tlog; then all proofs of all small trees, each with
// every single hash, index, size and root changed.
public sealed class MerkleTreeTests
{
    // transparency-dev/tessera testdata/log: the leaves of the fifteen-entry log.
    private static readonly string[] TesseraLeaves =
    [
        "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf", "threeten",
        "fourten", "fivten",
    ];

    // Go golang.org/x/mod/sumdb/tlog: ProveRecord(15, 6) and the tail of ProveTree(15, 7) over the same log.
    private static readonly string[] GoProof =
    [
        "ThcgoV2DYcK+VCxBUDWAlNxmLy2r7dq7dK7+OlgQKWs=", "ycRkkNklus5eMVRUvkD1pK321vMrA+jjOiZKU8aOcY4=",
        "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=", "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=",
    ];

    [Fact]
    public void Hashes_are_those_of_rfc6962_test_go()
    {
        // transparency-dev/merkle rfc6962/rfc6962_test.go
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Rfc6962.Empty.Hex);
        Assert.Equal("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", Rfc6962.Leaf([]).Hex);
        Assert.Equal("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56", Rfc6962.Leaf("L123456"u8).Hex);
    }

    [Theory]
    [InlineData(15, "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=")]
    [InlineData(7, "IrSXADBqJ7EQoUODSDKROySgNveeL6CFhik2w/+fS7U=")]
    public void Roots_are_those_of_the_tessera_test_log(int size, string root)
    {
        Assert.Equal(MerkleHash.Parse(root), TesseraLog().RootAt(size));
    }

    [Fact]
    public void Proofs_are_those_of_go()
    {
        MerkleTree tree = TesseraLog();

        Assert.Equal(GoProof, tree.InclusionProof(6, 15).Select(hash => hash.ToString()));
        Assert.Equal(
            ["2Q0P5jSR+TdkwdXWyx+GbBWX0KZbNZkWzCjyTPSozsw=", .. GoProof],
            tree.ConsistencyProof(7, 15).Select(hash => hash.ToString()));
    }

    [Fact]
    public void Every_inclusion_proof_of_small_trees_verifies_and_no_change_of_it_does()
    {
        MerkleTree tree = Tree(20);
        for (int size = 1; size <= 20; size++)
        {
            for (int index = 0; index < size; index++)
            {
                IReadOnlyList<MerkleHash> proof = tree.InclusionProof(index, size);
                MerkleHash leaf = tree.LeafAt(index);
                MerkleHash root = tree.RootAt(size);

                Assert.True(MerkleProof.VerifyInclusion(leaf, index, size, proof, root));
                Assert.False(MerkleProof.VerifyInclusion(Changed(leaf), index, size, proof, root));
                Assert.False(MerkleProof.VerifyInclusion(leaf, index, size, proof, Changed(root)));
                Assert.False(MerkleProof.VerifyInclusion(leaf, size, size, proof, root));
                Assert.False(MerkleProof.VerifyInclusion(leaf, -1, size, proof, root));
                Assert.All(Others(index, size), other =>
                    Assert.False(MerkleProof.VerifyInclusion(leaf, other, size, proof, root)));
                Assert.All(Mutations(proof), wrong =>
                    Assert.False(MerkleProof.VerifyInclusion(leaf, index, size, wrong, root)));
            }
        }
    }

    [Fact]
    public void Every_consistency_proof_of_small_trees_verifies_and_no_change_of_it_does()
    {
        MerkleTree tree = Tree(20);
        for (int size = 0; size <= 20; size++)
        {
            for (int old = 0; old <= size; old++)
            {
                IReadOnlyList<MerkleHash> proof = tree.ConsistencyProof(old, size);
                MerkleHash oldRoot = tree.RootAt(old);
                MerkleHash root = tree.RootAt(size);

                Assert.True(MerkleProof.VerifyConsistency(old, size, oldRoot, root, proof));
                Assert.False(MerkleProof.VerifyConsistency(old, size, Changed(oldRoot), root, proof));
                Assert.False(MerkleProof.VerifyConsistency(size + 1, size, oldRoot, root, proof));
                Assert.All(Mutations(proof), wrong =>
                    Assert.False(MerkleProof.VerifyConsistency(old, size, oldRoot, root, wrong)));
                if (old > 0)
                {
                    Assert.False(MerkleProof.VerifyConsistency(old, size, oldRoot, Changed(root), proof));
                }
            }
        }
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(5, 5)]
    [InlineData(0, 21)]
    [InlineData(0, 0)]
    public void A_proof_outside_the_tree_is_not_made(int index, int size)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Tree(20).InclusionProof(index, size));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs")]
    [InlineData("rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383ct=")]
    [InlineData(" rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=")]
    [InlineData("AAAA")]
    public void A_hash_has_one_text(string text)
    {
        Assert.Throws<FormatException>(() => MerkleHash.Parse(text));
    }

    private static MerkleTree TesseraLog() => Of(TesseraLeaves);

    private static MerkleTree Tree(int size) => Of(Enumerable.Range(0, size).Select(i => $"leaf {i}"));

    private static MerkleTree Of(IEnumerable<string> leaves)
    {
        MerkleTree tree = new();
        foreach (string leaf in leaves)
        {
            tree.Append(Rfc6962.Leaf(System.Text.Encoding.UTF8.GetBytes(leaf)));
        }

        return tree;
    }

    private static MerkleHash Changed(MerkleHash hash)
    {
        byte[] bytes = hash.ToArray();
        bytes[^1] ^= 1;
        return new MerkleHash(bytes);
    }

    private static IEnumerable<long> Others(long index, long size) =>
        Enumerable.Range(0, (int)size).Select(i => (long)i).Where(i => i != index);

    // One hash changed, one left out, one too many in front or behind.
    private static IEnumerable<IReadOnlyList<MerkleHash>> Mutations(IReadOnlyList<MerkleHash> proof)
    {
        for (int i = 0; i < proof.Count; i++)
        {
            yield return [.. proof.Take(i), Changed(proof[i]), .. proof.Skip(i + 1)];
            yield return [.. proof.Take(i), .. proof.Skip(i + 1)];
        }

        yield return [.. proof, Rfc6962.Empty];
        yield return [Rfc6962.Empty, .. proof];
    }
}
