using System.Numerics;

namespace DigitalTwin.Ledger.Merkle;

/// <summary>Checks of inclusion and consistency proofs by one who has only the roots.</summary>
/// <remarks>The iterative algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which verify RFC 6962 proofs.</remarks>
public static class MerkleProof
{
    /// <summary>
    /// Whether <paramref name="leafHash"/> is leaf <paramref name="index"/> of the tree with this size and root.
    /// </summary>
    public static bool VerifyInclusion(
        MerkleHash leafHash, long index, long size, IReadOnlyList<MerkleHash> proof, MerkleHash root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size)
        {
            return false;
        }

        (long node, long last) = (index, size - 1);
        MerkleHash hash = leafHash;
        foreach (MerkleHash sibling in proof)
        {
            if (last == 0)
            {
                return false;
            }

            if (long.IsOddInteger(node) || node == last)
            {
                hash = Rfc6962.Node(sibling, hash);
                (node, last) = ClimbToRightChild(node, last);
            }
            else
            {
                hash = Rfc6962.Node(hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash == root;
    }

    /// <summary>
    /// Whether the tree of <paramref name="newSize"/> leaves continues the tree of <paramref name="oldSize"/>.
    /// </summary>
    public static bool VerifyConsistency(
        long oldSize, long newSize, MerkleHash oldRoot, MerkleHash newRoot, IReadOnlyList<MerkleHash> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (oldSize < 0 || oldSize > newSize)
        {
            return false;
        }

        if (oldSize == 0 || oldSize == newSize)
        {
            bool same = oldSize == 0 ? oldRoot == Rfc6962.Empty : oldRoot == newRoot;
            return proof.Count == 0 && same && (newSize > 0 || newRoot == Rfc6962.Empty);
        }

        // An old tree that is complete is itself the first subtree, so the proof leaves its hash out.
        bool complete = BitOperations.IsPow2(oldSize);
        IReadOnlyList<MerkleHash> path = complete ? [oldRoot, .. proof] : proof;
        return path.Count > 0 && Climb(oldSize, newSize, oldRoot, newRoot, path);
    }

    private static bool Climb(
        long oldSize, long newSize, MerkleHash oldRoot, MerkleHash newRoot, IReadOnlyList<MerkleHash> path)
    {
        (long node, long last) = (oldSize - 1, newSize - 1);
        while (long.IsOddInteger(node))
        {
            (node, last) = (node >> 1, last >> 1);
        }

        (MerkleHash oldHash, MerkleHash newHash) = (path[0], path[0]);
        foreach (MerkleHash sibling in path.Skip(1))
        {
            if (last == 0)
            {
                return false;
            }

            if (long.IsOddInteger(node) || node == last)
            {
                oldHash = Rfc6962.Node(sibling, oldHash);
                newHash = Rfc6962.Node(sibling, newHash);
                (node, last) = ClimbToRightChild(node, last);
            }
            else
            {
                newHash = Rfc6962.Node(newHash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && oldHash == oldRoot && newHash == newRoot;
    }

    // A node on the right edge without a sibling moves up unhashed until it is a right child, or the root.
    private static (long Node, long Last) ClimbToRightChild(long node, long last)
    {
        while (node != 0 && long.IsEvenInteger(node))
        {
            (node, last) = (node >> 1, last >> 1);
        }

        return (node, last);
    }
}
