using System.Buffers.Binary;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Tiles;

namespace DigitalTwin.Ledger.Tests.Tiles;

// Goal: tiles hold the subtrees that the specification says, at every level. Method: a tree of 70,000 leaves, which
// has three levels of tiles, against the Merkle tree that the RFC 6962 vectors hold.
public sealed class TileEdgeTests
{
    private const int Leaves = 70_000;

    [Fact]
    public void Every_tile_of_three_levels_is_a_row_of_the_merkle_tree()
    {
        MerkleTree tree = new();
        TileEdge edge = new();
        List<PlacedTile> tiles = [];
        for (int i = 0; i < Leaves; i++)
        {
            tree.Append(LeafOf(i));
            tiles.AddRange(edge.Append(LeafOf(i)));
        }

        tiles.AddRange(edge.Partial());

        Assert.Equal(tree.Root, edge.Root());
        Assert.Equal(
            TilePath.OfTree(Leaves).Where(path => !path.IsEntries).Select(path => path.ToString()).Order(),
            tiles.Select(tile => tile.Path.ToString()).Order());
        Assert.All(tiles, tile => Assert.All(tile.Hashes.Index(), hash =>
            Assert.Equal(RowOf(tree, tile.Path, hash.Index), hash.Item)));
    }

    [Fact]
    public void Every_size_has_the_root_of_the_merkle_tree_also_when_resumed_from_its_partial_tiles()
    {
        MerkleTree tree = new();
        TileEdge edge = new();
        for (int i = 0; i < 600; i++)
        {
            Assert.Equal(tree.Root, edge.Root());
            Dictionary<TilePath, MerkleHash[]> partial =
                edge.Partial().ToDictionary(tile => tile.Path, tile => tile.Hashes.ToArray());
            edge = TileEdge.Resume(i, path => partial[path]);
            Assert.Equal(tree.Root, edge.Root());
            tree.Append(LeafOf(i));
            edge.Append(LeafOf(i));
        }
    }

    // MTH(D[(n·256 + i)·256^l : (n·256 + i + 1)·256^l]) of the specification, as the root of a tree of those leaves.
    private static MerkleHash RowOf(MerkleTree tree, TilePath path, int position)
    {
        long span = 1L << (TilePath.Height * path.Level);
        long first = ((path.Index * TilePath.FullWidth) + position) * span;
        if (span == 1)
        {
            return tree.LeafAt(first);
        }

        MerkleTree part = new();
        for (long i = first; i < first + span; i++)
        {
            part.Append(tree.LeafAt(i));
        }

        return part.Root;
    }

    private static MerkleHash LeafOf(int index)
    {
        byte[] leaf = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(leaf, index);
        return Rfc6962.Leaf(leaf);
    }
}
