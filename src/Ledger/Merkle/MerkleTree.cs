using System.Numerics;

namespace DigitalTwin.Ledger.Merkle;

/// <summary>An append-only Merkle tree that answers for every size it ever had (RFC 6962, section 2.1).</summary>
/// <remarks>
/// The hash of every complete subtree is kept, two per leaf in all, so a root takes O(log n) hashes and a proof
/// O(log² n). Not thread-safe: the owner locks.
/// </remarks>
public sealed class MerkleTree
{
    private readonly ISubtrees _subtrees;

    /// <summary>An empty tree in memory.</summary>
    public MerkleTree()
        : this(new MemorySubtrees())
    {
    }

    /// <summary>The tree whose hashes are kept elsewhere.</summary>
    internal MerkleTree(ISubtrees subtrees) => _subtrees = subtrees;

    /// <summary>Number of leaves.</summary>
    public long Size => _subtrees.Leaves;

    /// <summary>Root over all leaves.</summary>
    public MerkleHash Root => RootAt(Size);

    /// <summary>Adds a leaf by its hash, <see cref="Rfc6962.Leaf"/>.</summary>
    public void Append(MerkleHash leafHash)
    {
        _subtrees.Append(0, leafHash);
        MerkleHash hash = leafHash;
        for (int level = 0; long.IsEvenInteger(Size >> level); level++)
        {
            hash = Rfc6962.Node(_subtrees.At(level, (Size >> level) - 2), hash);
            _subtrees.Append(level + 1, hash);
        }
    }

    /// <summary>The hash of one leaf.</summary>
    public MerkleHash LeafAt(long index)
    {
        Require(index >= 0 && index < Size, nameof(index));
        return _subtrees.At(0, index);
    }

    /// <summary>The root the tree had when it held <paramref name="size"/> leaves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It never held so many.</exception>
    public MerkleHash RootAt(long size)
    {
        Require(size >= 0 && size <= Size, nameof(size));
        return size == 0 ? Rfc6962.Empty : Subtree(0, size);
    }

    /// <summary>The right edge of the tree, to see what a root would become.</summary>
    public MerkleFrontier Frontier()
    {
        MerkleFrontier frontier = new();
        for (int level = BitOperations.Log2((ulong)Size); level >= 0; level--)
        {
            if (long.IsOddInteger(Size >> level))
            {
                frontier.Join(level, _subtrees.At(level, (Size >> level) - 1));
            }
        }

        return frontier;
    }

    /// <summary>
    /// The audit path of leaf <paramref name="index"/> in the tree of <paramref name="size"/> leaves, leaf first.
    /// </summary>
    /// <remarks>PATH(m, D[n]) of RFC 6962, section 2.1.1.</remarks>
    public IReadOnlyList<MerkleHash> InclusionProof(long index, long size)
    {
        Require(size <= Size, nameof(size));
        Require(index >= 0 && index < size, nameof(index));
        List<MerkleHash> path = [];
        (long start, long end) = (0, size);
        while (end - start > 1)
        {
            long middle = start + SplitOf(end - start);
            bool left = index < middle;
            path.Add(left ? Subtree(middle, end) : Subtree(start, middle));
            (start, end) = left ? (start, middle) : (middle, end);
        }

        path.Reverse();
        return path;
    }

    /// <summary>
    /// The proof that the first <paramref name="newSize"/> leaves begin with the first <paramref name="oldSize"/>.
    /// </summary>
    /// <remarks>PROOF(m, D[n]) of RFC 6962, section 2.1.2; empty for equal sizes and for the empty tree.</remarks>
    public IReadOnlyList<MerkleHash> ConsistencyProof(long oldSize, long newSize)
    {
        Require(newSize <= Size, nameof(newSize));
        Require(oldSize >= 0 && oldSize <= newSize, nameof(oldSize));
        if (oldSize == 0 || oldSize == newSize)
        {
            return [];
        }

        List<MerkleHash> path = [];
        (long start, long end) = (0, newSize);
        while (oldSize != end)
        {
            long middle = start + SplitOf(end - start);
            bool left = oldSize <= middle;
            path.Add(left ? Subtree(middle, end) : Subtree(start, middle));
            (start, end) = left ? (start, middle) : (middle, end);
        }

        // What is left is a subtree of both trees; the verifier knows its hash only where it is the old tree itself.
        if (start > 0)
        {
            path.Add(Subtree(start, end));
        }

        path.Reverse();
        return path;
    }

    /// <summary>The largest power of two smaller than <paramref name="size"/>, where RFC 6962 splits a tree.</summary>
    internal static long SplitOf(long size) => (long)(BitOperations.RoundUpToPowerOf2((ulong)size) / 2);

    private MerkleHash Subtree(long start, long end)
    {
        long size = end - start;
        if (BitOperations.IsPow2(size))
        {
            int level = BitOperations.Log2((ulong)size);
            return _subtrees.At(level, start >> level);
        }

        long middle = start + SplitOf(size);
        return Rfc6962.Node(Subtree(start, middle), Subtree(middle, end));
    }

    private static void Require(bool holds, string argument)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(argument, "Outside the tree.");
        }
    }
}
