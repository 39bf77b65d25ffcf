using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>One leaf of a row tree: which row, and a commitment to what it holds.</summary>
/// <param name="Token">Stands for the row's identifier; the tree is sorted by it.</param>
/// <param name="Commitment">Salted commitment to the row's content, <see cref="SaltedCommitment"/>.</param>
public readonly record struct RowLeaf(RowToken Token, MerkleHash Commitment)
{
    /// <summary>The Merkle leaf hash of token ‖ commitment, 64 bytes.</summary>
    public MerkleHash Hash()
    {
        Span<byte> leaf = stackalloc byte[RowToken.Size + MerkleHash.Size];
        Token.CopyTo(leaf);
        Commitment.CopyTo(leaf[RowToken.Size..]);
        return Rfc6962.Leaf(leaf);
    }
}
