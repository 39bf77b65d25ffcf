namespace DigitalTwin.Ledger.Merkle;

/// <summary>
/// Where a tree keeps the hash of every complete subtree: of leaves i·2^k … (i+1)·2^k − 1 at level k and index i.
/// </summary>
internal interface ISubtrees
{
    /// <summary>Number of hashes at level 0.</summary>
    public long Leaves { get; }

    /// <summary>Adds the next hash of a level: a leaf, then upwards the subtrees that it completes.</summary>
    public void Append(int level, MerkleHash hash);

    /// <summary>A hash that was appended.</summary>
    public MerkleHash At(int level, long index);
}
