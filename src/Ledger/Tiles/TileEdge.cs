using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>A tile of hashes and where it belongs.</summary>
internal readonly record struct PlacedTile(TilePath Path, IReadOnlyList<MerkleHash> Hashes);

/// <summary>The unfinished tile of every level: all that is needed to go on with a tree, leaf by leaf.</summary>
/// <remarks>
/// 255 hashes a level, whatever the size of the tree. A tile that is full leaves the edge, and its root becomes the
/// next hash of the level above.
/// </remarks>
internal sealed class TileEdge
{
    private readonly List<List<MerkleHash>> _levels = [];

    /// <summary>Leaves so far.</summary>
    public long Size { get; private set; }

    /// <summary>The edge of a tree of <paramref name="size"/> leaves from its partial tiles.</summary>
    public static TileEdge Resume(long size, Func<TilePath, MerkleHash[]> read)
    {
        TileEdge edge = new() { Size = size };
        for (int level = 0; TilePath.CountAt(level, size) is > 0 and long count; level++)
        {
            int width = (int)(count % TilePath.FullWidth);
            edge._levels.Add(width == 0 ? [] : [.. read(TilePath.Hashes(level, count / TilePath.FullWidth, width))]);
        }

        return edge;
    }

    /// <summary>Adds a leaf by its hash and returns the tiles it completes, lowest first.</summary>
    public IReadOnlyList<PlacedTile> Append(MerkleHash leafHash)
    {
        List<PlacedTile> complete = [];
        MerkleHash next = leafHash;
        Size++;
        for (int level = 0; ; level++)
        {
            if (level == _levels.Count)
            {
                _levels.Add([]);
            }

            List<MerkleHash> tile = _levels[level];
            tile.Add(next);
            if (tile.Count < TilePath.FullWidth)
            {
                return complete;
            }

            long index = (TilePath.CountAt(level, Size) / TilePath.FullWidth) - 1;
            complete.Add(new PlacedTile(TilePath.Hashes(level, index), tile));
            next = HashTile.Fold([.. tile]);
            _levels[level] = [];
        }
    }

    /// <summary>The tiles that are not full, lowest first.</summary>
    public IEnumerable<PlacedTile> Partial() => _levels
        .Select((tile, level) => (tile, level))
        .Where(pair => pair.tile.Count > 0)
        .Select(pair => new PlacedTile(
            TilePath.Hashes(
                pair.level, TilePath.CountAt(pair.level, Size) / TilePath.FullWidth, pair.tile.Count),
            pair.tile));

    /// <summary>The root of the tree.</summary>
    public MerkleHash Root()
    {
        // The complete subtrees stand from left to right in falling size; RFC 6962 joins them from the right.
        MerkleHash? root = null;
        foreach (List<MerkleHash> tile in _levels)
        {
            int end = tile.Count;
            for (int width = 1; width < TilePath.FullWidth; width *= 2)
            {
                if ((tile.Count & width) != 0)
                {
                    MerkleHash left = HashTile.Fold([.. tile[(end - width)..end]]);
                    root = root is MerkleHash right ? Rfc6962.Node(left, right) : left;
                    end -= width;
                }
            }
        }

        return root ?? Rfc6962.Empty;
    }
}
