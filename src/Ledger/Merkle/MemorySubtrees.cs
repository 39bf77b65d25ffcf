namespace DigitalTwin.Ledger.Merkle;

/// <summary>Subtrees in memory, 64 bytes per leaf in all.</summary>
internal sealed class MemorySubtrees : ISubtrees
{
    private readonly List<List<MerkleHash>> _levels = [[]];

    public long Leaves => _levels[0].Count;

    public void Append(int level, MerkleHash hash)
    {
        if (level == _levels.Count)
        {
            _levels.Add([]);
        }

        _levels[level].Add(hash);
    }

    public MerkleHash At(int level, long index) => _levels[level][(int)index];
}
