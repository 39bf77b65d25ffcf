using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>The rows of a hospital under one Merkle root, sorted: absence can be proven like presence.</summary>
/// <remarks>
/// Leaves token ‖ commitment in the order of their tokens, hashed as RFC 6962, section 2.1, says. A token that is not
/// there would stand between two leaves with consecutive indexes, or before the first, or behind the last.
/// </remarks>
public sealed class RowTree
{
    private readonly RowLeaf[] _leaves;
    private readonly MerkleTree _tree = new();

    /// <summary>Sorts the leaves and hashes them.</summary>
    /// <exception cref="ArgumentException">Two leaves have one token.</exception>
    public RowTree(IEnumerable<RowLeaf> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        _leaves = [.. leaves.OrderBy(leaf => leaf.Token)];
        for (int i = 0; i < _leaves.Length; i++)
        {
            if (i > 0 && _leaves[i].Token == _leaves[i - 1].Token)
            {
                throw new ArgumentException("Two rows have one identifier.", nameof(leaves));
            }

            _tree.Append(_leaves[i].Hash());
        }
    }

    /// <summary>Leaves, padding included.</summary>
    public long Size => _leaves.Length;

    /// <summary>The root that a record names.</summary>
    public MerkleHash Root => _tree.Root;

    /// <summary>Whether a row with this token is among the leaves.</summary>
    public bool Has(RowToken token) => IndexOf(token) >= 0;

    /// <summary>The proof that a token is among the leaves, or that it is not.</summary>
    public RowProof Prove(RowToken token)
    {
        int index = IndexOf(token);
        int[] shown = index >= 0 ? [index] : [~index - 1, ~index];
        return new RowProof(token, [.. shown.Where(i => i >= 0 && i < _leaves.Length).Select(Shown)]);
    }

    private int IndexOf(RowToken token) => Array.BinarySearch(
        _leaves, new RowLeaf(token, default), Comparer<RowLeaf>.Create((a, b) => a.Token.CompareTo(b.Token)));

    private ProvenRow Shown(int index) => new(index, _leaves[index], _tree.InclusionProof(index, Size));
}
