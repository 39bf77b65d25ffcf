using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>Leaves <paramref name="Start"/> up to but without <paramref name="End"/>.</summary>
internal readonly record struct LeafRange(long Start, long End);

/// <summary>Which subtrees a proof consists of, in its order; their hashes come from wherever the tree is.</summary>
internal static class ProofRanges
{
    /// <summary>PATH(m, D[n]) of RFC 6962, section 2.1.1.</summary>
    public static IReadOnlyList<LeafRange> Inclusion(long index, long size)
    {
        List<LeafRange> path = [];
        (long start, long end) = (0, size);
        while (end - start > 1)
        {
            long middle = start + MerkleTree.SplitOf(end - start);
            bool left = index < middle;
            path.Add(left ? new LeafRange(middle, end) : new LeafRange(start, middle));
            (start, end) = left ? (start, middle) : (middle, end);
        }

        path.Reverse();
        return path;
    }

    /// <summary>PROOF(m, D[n]) of RFC 6962, section 2.1.2.</summary>
    public static IReadOnlyList<LeafRange> Consistency(long oldSize, long newSize)
    {
        if (oldSize == 0 || oldSize == newSize)
        {
            return [];
        }

        List<LeafRange> path = [];
        (long start, long end) = (0, newSize);
        while (oldSize != end)
        {
            long middle = start + MerkleTree.SplitOf(end - start);
            bool left = oldSize <= middle;
            path.Add(left ? new LeafRange(middle, end) : new LeafRange(start, middle));
            (start, end) = left ? (start, middle) : (middle, end);
        }

        if (start > 0)
        {
            path.Add(new LeafRange(start, end));
        }

        path.Reverse();
        return path;
    }
}
