using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>The published form of one log: a folder of plain files that any web server can serve.</summary>
/// <remarks>
/// Everything a checkpoint covers is durable before the checkpoint that covers it replaces the one before, so a
/// reader who has the checkpoint finds the tiles. A tile never changes: writing the same bytes again is nothing, other
/// bytes under its name are an error. One process publishes.
/// </remarks>
public sealed class TileFolder
{
    private readonly string _folder;

    /// <summary>Opens the folder, and makes it where there is none.</summary>
    public TileFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        DurableFile.CreateFolder(_folder);
        DurableFile.RemoveLeftovers(_folder);
        foreach (string inner in Directory.EnumerateDirectories(_folder, "*", SearchOption.AllDirectories))
        {
            DurableFile.RemoveLeftovers(inner);
        }
    }

    /// <summary>The published checkpoint; null before the first.</summary>
    /// <exception cref="NoteFormatException">The file is no note.</exception>
    public SignedNote? Published
    {
        get
        {
            string path = PathOf(LogKeeper.CheckpointName);
            return DurableFile.Exists(path) ? SignedNote.Parse(File.ReadAllBytes(path)) : null;
        }
    }

    /// <summary>
    /// Publishes the tiles and bundles of the first entries of a log, then the checkpoint over them.
    /// </summary>
    /// <param name="entries">The log; it holds at least the entries of the checkpoint.</param>
    /// <param name="checkpoint">A signed head of this log, not smaller than the published one.</param>
    /// <exception cref="LedgerDamagedException">
    /// The head is not of these entries or goes back, or a file that is there already differs.
    /// </exception>
    /// <exception cref="IOException">The disk refuses; the published checkpoint still holds.</exception>
    public void Publish(EntryLog entries, SignedNote checkpoint)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(checkpoint);
        Checkpoint head = Checkpoint.Parse(checkpoint.Text);
        Checkpoint? published = Published is { } last ? Checkpoint.Parse(last.Text) : null;
        RequireGrowth(entries, head, published);
        TileEdge edge = Resume(published) ?? new TileEdge();
        long from = edge.Size;
        WriteBundles(entries, head.Size, edge);
        foreach (PlacedTile tile in edge.Partial())
        {
            Write(tile.Path, HashTile.Format(tile.Hashes));
        }

        PublishCheckpoint(checkpoint);
        RemoveReplaced(from, head.Size);
    }

    /// <summary>Replaces the checkpoint by one over the same entries, with other cosignatures.</summary>
    public void PublishCheckpoint(SignedNote checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        DurableFile.WriteAtomically(PathOf(LogKeeper.CheckpointName), checkpoint.ToBytes());
    }

    private static void RequireGrowth(EntryLog entries, Checkpoint head, Checkpoint? published)
    {
        if (head.Size > entries.Size || entries.RootAt(head.Size) != head.Root)
        {
            throw new LedgerDamagedException(long.Min(head.Size, entries.Size),
                $"The checkpoint over {head.Size} entries is not of this log of {entries.Size} entries.");
        }

        if (published is not null && (published.Origin != head.Origin || published.Size > head.Size))
        {
            throw new LedgerDamagedException(head.Size,
                $"{published.Size} entries of {published.Origin} are published; a checkpoint of {head.Origin} over "
                + $"{head.Size} can't follow. Publish another log into another folder.");
        }

        if (published is not null && entries.RootAt(published.Size) != published.Root)
        {
            throw new LedgerDamagedException(published.Size,
                $"The {published.Size} published entries are not the first of this log: two histories, one name.");
        }
    }

    /// <summary>The edge at the published size; null where a file of it is lost: all tiles are made again.</summary>
    private TileEdge? Resume(Checkpoint? published)
    {
        try
        {
            TileEdge? edge = published is null
                ? null
                : TileEdge.Resume(
                    published.Size, tile => HashTile.Parse(File.ReadAllBytes(PathOf(tile.ToString())), tile.Width));
            return edge?.Root() == published?.Root ? edge : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException
            or TileFormatException)
        {
            return null;
        }
    }

    private void WriteBundles(EntryLog entries, long size, TileEdge edge)
    {
        // The last bundle may have been partial, so it begins again at its first entry.
        for (long start = edge.Size / TilePath.FullWidth * TilePath.FullWidth; start < size;
            start += TilePath.FullWidth)
        {
            int width = (int)long.Min(TilePath.FullWidth, size - start);
            ReadOnlyMemory<byte>[] bundle = new ReadOnlyMemory<byte>[width];
            List<PlacedTile> complete = [];
            for (int i = 0; i < width; i++)
            {
                bundle[i] = entries.Read(start + i);
                if (start + i >= edge.Size)
                {
                    complete.AddRange(edge.Append(Rfc6962.Leaf(bundle[i].Span)));
                }
            }

            Write(TilePath.Entries(start / TilePath.FullWidth, width), EntryBundle.Format(bundle));
            foreach (PlacedTile tile in complete)
            {
                Write(tile.Path, HashTile.Format(tile.Hashes));
            }
        }
    }

    private void Write(TilePath tile, byte[] bytes)
    {
        string path = PathOf(tile.ToString());
        if (!DurableFile.Exists(path))
        {
            DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
            DurableFile.WriteAtomically(path, bytes);
        }
        else if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
        {
            throw new LedgerDamagedException(tile.Index * TilePath.FullWidth,
                $"{path} was published with other bytes. Keep it, and publish into an empty folder.");
        }
    }

    // A full tile answers for its partial forms, which may then go (tlog-tiles, "Partial Tiles"). Only behind the
    // checkpoint: until then the older one needs them.
    private void RemoveReplaced(long from, long size)
    {
        for (int level = -1; ; level++)
        {
            long before = TilePath.CountAt(int.Max(level, 0), from) / TilePath.FullWidth;
            long now = TilePath.CountAt(int.Max(level, 0), size) / TilePath.FullWidth;
            if (now == 0)
            {
                return;
            }

            for (long index = before; index < now; index++)
            {
                TilePath tile = level < 0 ? TilePath.Entries(index) : TilePath.Hashes(level, index);
                string partial = PathOf(tile + ".p");
                if (Directory.Exists(partial))
                {
                    Directory.Delete(partial, recursive: true);
                }
            }
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name.Replace('/', Path.DirectorySeparatorChar));
}
