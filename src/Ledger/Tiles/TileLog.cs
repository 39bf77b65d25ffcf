using System.Numerics;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>What a larger tree was when it had fewer leaves.</summary>
/// <param name="Root">Its root then.</param>
/// <param name="Proof">Proof that the larger tree continues it.</param>
public sealed record TilePrefix(MerkleHash Root, IReadOnlyList<MerkleHash> Proof);

/// <summary>A published log as a reader sees it who trusts the log's key and nothing else.</summary>
/// <remarks>
/// Tiles are taken from anybody: an answer is returned only after it was verified against a checkpoint that the
/// caller chose. One caller at a time.
/// </remarks>
/// <param name="source">Where the files are.</param>
/// <param name="log">Key of the log.</param>
public sealed class TileLog(TileSource source, NoteVerifierKey log)
{
    // 8 KiB each; a proof in a tree of 2^40 leaves needs five levels of them.
    private const int MostCachedTiles = 512;

    private readonly Dictionary<TilePath, MerkleHash[]> _cache = [];

    /// <summary>The published checkpoint, signed by the log; null where none is published yet.</summary>
    /// <exception cref="NoteFormatException">It is not a checkpoint signed by the log.</exception>
    public async Task<SignedNote?> CheckpointAsync(CancellationToken cancellationToken)
    {
        byte[]? bytes = await source(LogKeeper.CheckpointName, cancellationToken);
        if (bytes is null)
        {
            return null;
        }

        SignedNote note = SignedNote.Parse(bytes);
        return note.VerifiedBy([log]).Count == 1 && Checkpoint.Parse(note.Text).Origin == log.Name
            ? note
            : throw new NoteFormatException($"The published checkpoint is not signed by the log {log.Name}.");
    }

    /// <summary>Entry <paramref name="index"/> of the tree of <paramref name="head"/>.</summary>
    /// <exception cref="TileException">A file is missing, or is not of this head.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(
        long index, Checkpoint head, CancellationToken cancellationToken)
    {
        RequireIn(index, head);
        ReadOnlyMemory<byte>[] bundle = await BundleAsync(index / TilePath.FullWidth, head.Size, cancellationToken);
        ReadOnlyMemory<byte> entry = bundle[(int)(index % TilePath.FullWidth)];
        await ProveAsync(Rfc6962.Leaf(entry.Span), index, head, cancellationToken);
        return entry;
    }

    /// <summary>The verified audit path of entry <paramref name="index"/>.</summary>
    /// <exception cref="TileException">A file is missing, or is not of this head.</exception>
    public async Task<IReadOnlyList<MerkleHash>> InclusionProofAsync(
        long index, Checkpoint head, CancellationToken cancellationToken)
    {
        RequireIn(index, head);
        MerkleHash leaf = await NodeAsync(0, index, head.Size, cancellationToken);
        return await ProveAsync(leaf, index, head, cancellationToken);
    }

    /// <summary>The root that the tree of <paramref name="head"/> had at a smaller size, with its proof.</summary>
    /// <exception cref="TileException">A file is missing, or is not of this head.</exception>
    public async Task<TilePrefix> PrefixAsync(long size, Checkpoint head, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, head.Size);
        MerkleHash root = size == 0
            ? Rfc6962.Empty
            : await RangeAsync(new LeafRange(0, size), head.Size, cancellationToken);
        IReadOnlyList<MerkleHash> proof =
            await HashesAsync(ProofRanges.Consistency(size, head.Size), head.Size, cancellationToken);
        return MerkleProof.VerifyConsistency(size, head.Size, root, head.Root, proof)
            ? new TilePrefix(root, proof)
            : throw Mismatch(head);
    }

    /// <summary>Reads every bundle and every tile of a head and recomputes them from the entries.</summary>
    /// <returns>The number of files read.</returns>
    /// <exception cref="TileException">A file is missing or is not what the entries give.</exception>
    public async Task<int> VerifyAsync(Checkpoint head, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(head);
        TileEdge edge = new();
        int files = 0;
        for (long start = 0; start < head.Size; start += TilePath.FullWidth)
        {
            files++;
            foreach (ReadOnlyMemory<byte> entry in
                await BundleAsync(start / TilePath.FullWidth, head.Size, cancellationToken))
            {
                foreach (PlacedTile tile in edge.Append(Rfc6962.Leaf(entry.Span)))
                {
                    await RequireSameAsync(tile, head, cancellationToken);
                    files++;
                }
            }
        }

        foreach (PlacedTile tile in edge.Partial())
        {
            await RequireSameAsync(tile, head, cancellationToken);
            files++;
        }

        return edge.Root() == head.Root ? files : throw Mismatch(head);
    }

    private static void RequireIn(long index, Checkpoint head)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, head.Size);
    }

    private static TileException Mismatch(Checkpoint head) =>
        new($"The tiles are not those of the checkpoint of {head.Origin} over {head.Size} entries.");

    private async Task RequireSameAsync(PlacedTile tile, Checkpoint head, CancellationToken cancellationToken)
    {
        byte[] bytes = await FetchAsync(tile.Path, cancellationToken);
        if (!bytes.AsSpan().SequenceEqual(HashTile.Format(tile.Hashes)))
        {
            throw new TileException(
                $"{tile.Path} is not what the entries under the checkpoint over {head.Size} entries give.");
        }
    }

    private async Task<IReadOnlyList<MerkleHash>> ProveAsync(
        MerkleHash leaf, long index, Checkpoint head, CancellationToken cancellationToken)
    {
        IReadOnlyList<MerkleHash> proof =
            await HashesAsync(ProofRanges.Inclusion(index, head.Size), head.Size, cancellationToken);
        return MerkleProof.VerifyInclusion(leaf, index, head.Size, proof, head.Root) ? proof : throw Mismatch(head);
    }

    private async Task<IReadOnlyList<MerkleHash>> HashesAsync(
        IReadOnlyList<LeafRange> ranges, long size, CancellationToken cancellationToken)
    {
        List<MerkleHash> hashes = [];
        foreach (LeafRange range in ranges)
        {
            hashes.Add(await RangeAsync(range, size, cancellationToken));
        }

        return hashes;
    }

    private async Task<MerkleHash> RangeAsync(LeafRange range, long size, CancellationToken cancellationToken)
    {
        long count = range.End - range.Start;
        if (BitOperations.IsPow2(count))
        {
            int level = BitOperations.Log2((ulong)count);
            return await NodeAsync(level, range.Start >> level, size, cancellationToken);
        }

        long middle = range.Start + MerkleTree.SplitOf(count);
        return Rfc6962.Node(
            await RangeAsync(range with { End = middle }, size, cancellationToken),
            await RangeAsync(range with { Start = middle }, size, cancellationToken));
    }

    // Node index of the binary level lies in the tile of every eighth level, as the root over some of its hashes.
    private async Task<MerkleHash> NodeAsync(int level, long index, long size, CancellationToken cancellationToken)
    {
        (int tileLevel, int above) = (level / TilePath.Height, level % TilePath.Height);
        long first = index << above;
        MerkleHash[] tile =
            await TileAsync(tileLevel, first / TilePath.FullWidth, size, cancellationToken);
        int offset = (int)(first % TilePath.FullWidth);
        return HashTile.Fold(tile.AsSpan(offset, 1 << above));
    }

    private async Task<MerkleHash[]> TileAsync(int level, long index, long size, CancellationToken cancellationToken)
    {
        TilePath path = TilePath.Hashes(level, index, WidthOf(level, index, size));
        if (_cache.TryGetValue(path, out MerkleHash[]? cached))
        {
            return cached;
        }

        byte[] bytes = await FetchAsync(path, cancellationToken);
        try
        {
            MerkleHash[] tile = HashTile.Parse(bytes, path.Width);
            if (_cache.Count >= MostCachedTiles)
            {
                _cache.Clear();
            }

            _cache[path] = tile;
            return tile;
        }
        catch (TileFormatException error)
        {
            throw new TileException($"{path}: {error.Message}", error);
        }
    }

    private async Task<ReadOnlyMemory<byte>[]> BundleAsync(
        long index, long size, CancellationToken cancellationToken)
    {
        TilePath path = TilePath.Entries(index, WidthOf(0, index, size));
        byte[]? bytes = await source(path.ToString(), cancellationToken);
        try
        {
            if (bytes is not null || path.IsFull)
            {
                return EntryBundle.Parse(bytes ?? throw Missing(path), path.Width);
            }

            byte[] full = await source(path.Full.ToString(), cancellationToken) ?? throw Missing(path);
            return EntryBundle.Parse(full, TilePath.FullWidth)[..path.Width];
        }
        catch (TileFormatException error)
        {
            throw new TileException($"{path}: {error.Message}", error);
        }
    }

    // A partial tile may be gone as soon as the full one is there, which begins with the same hashes.
    private async Task<byte[]> FetchAsync(TilePath path, CancellationToken cancellationToken)
    {
        byte[]? bytes = await source(path.ToString(), cancellationToken);
        if (bytes is null && !path.IsFull)
        {
            bytes = await source(path.Full.ToString(), cancellationToken);
            bytes = bytes?.Length == HashTile.FullBytes ? bytes[..(path.Width * MerkleHash.Size)] : null;
        }

        return bytes ?? throw Missing(path);
    }

    private static TileException Missing(TilePath path) => new($"{path} is not published.");

    private static int WidthOf(int level, long index, long size) =>
        (int)long.Min(TilePath.FullWidth, TilePath.CountAt(level, size) - (index * TilePath.FullWidth));
}
