namespace DigitalTwin.Ledger.Merkle;

/// <summary>The right edge of a tree: all that is needed to append to it and to know its root.</summary>
/// <remarks>
/// One hash per complete subtree at the edge, at most 63, largest first: the root of RFC 6962, section 2.1, without
/// the tree. It tells what a root would become before anything is written.
/// </remarks>
public sealed class MerkleFrontier
{
    private readonly List<(int Level, MerkleHash Hash)> _edge = [];

    /// <summary>Number of leaves.</summary>
    public long Size { get; private set; }

    /// <summary>Root over all leaves.</summary>
    public MerkleHash Root
    {
        get
        {
            if (_edge.Count == 0)
            {
                return Rfc6962.Empty;
            }

            MerkleHash root = _edge[^1].Hash;
            for (int i = _edge.Count - 2; i >= 0; i--)
            {
                root = Rfc6962.Node(_edge[i].Hash, root);
            }

            return root;
        }
    }

    /// <summary>Adds a leaf by its hash, <see cref="Rfc6962.Leaf"/>.</summary>
    public void Append(MerkleHash leafHash) => Join(0, leafHash);

    internal void Join(int level, MerkleHash hash)
    {
        Size += 1L << level;
        while (_edge.Count > 0 && _edge[^1].Level == level)
        {
            hash = Rfc6962.Node(_edge[^1].Hash, hash);
            _edge.RemoveAt(_edge.Count - 1);
            level++;
        }

        _edge.Add((level, hash));
    }
}
