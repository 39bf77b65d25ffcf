using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Storage;

/// <summary>
/// The entries of one log on disk, with their Merkle tree beside them: append-only, durable, one writer.
/// </summary>
/// <remarks>
/// Leaves stay on disk and so do the tree and the places of the entries (<c>entries.tree</c>, which follows from the
/// entries), so memory does not grow with the log. Any number of threads may read while one appends; an entry is
/// visible only after it is durable.
/// </remarks>
public sealed class EntryLog : IDisposable
{
    /// <summary>Name of the file that holds the entries.</summary>
    public const string FileName = "entries.wal";

    /// <summary>Name of the empty file whose lock marks the one writer.</summary>
    public const string LockName = "lock";

    /// <summary>
    /// Bytes of disk that stay free: a log refuses entries before its disk is full, since a write that fails half way
    /// stops it, and heads and cosignatures of what was accepted must still find room.
    /// </summary>
    public const long Reserve = 64 << 20;

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly TreeFile _places;
    private readonly MerkleTree _tree;
    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle? _lock;
    private string? _folder;
    private long _end;
    private Exception? _failure;

    internal EntryLog(SafeFileHandle file, SafeFileHandle? writerLock, TreeFile places)
    {
        _file = file;
        _lock = writerLock;
        _places = places;
        _tree = new MerkleTree(places);
        _end = EntryFile.Header.Length;
        if (places.Leaves == 0)
        {
            Damage = EntryFile.Scan(file, Publish);
        }
        else
        {
            // The seal says that the log was read whole and is that long still.
            _end = RandomAccess.GetLength(file);
        }
    }

    /// <summary>
    /// What ends a log that was opened for reading before the end of its file; null where every byte was read. A log
    /// opened for writing has none.
    /// </summary>
    public EntryDamage? Damage { get; private set; }

    /// <summary>Tells the bytes that are free on the disk of a folder.</summary>
    internal Func<string, long> FreeBytes { get; set; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Number of durable entries.</summary>
    public long Size
    {
        get
        {
            lock (_gate)
            {
                return _tree.Size;
            }
        }
    }

    /// <summary>Merkle root over all entries.</summary>
    public MerkleHash Root
    {
        get
        {
            lock (_gate)
            {
                return _tree.Root;
            }
        }
    }

    /// <summary>Opens a log for its one writer, and makes it where there is none.</summary>
    /// <exception cref="LedgerLockedException">It has a writer already.</exception>
    /// <exception cref="LedgerDamagedException">An entry cannot be read although later ones can.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static EntryLog Open(string folder) => Open(folder, acknowledged: 0);

    /// <summary>
    /// Opens a log for reading only: no lock, no repair; <see cref="Damage"/> says where reading had to stop.
    /// </summary>
    public static EntryLog OpenRead(string folder)
    {
        SafeFileHandle file = OpenForReading(folder);
        return Opened(file, null, () => TreeFile.Sealed(folder, file, writable: false) ?? TreeFile.Temporary());
    }

    /// <summary>As <see cref="OpenRead"/>, from the entries alone, whatever lies beside them.</summary>
    internal static EntryLog Scan(string folder, int spillSize = TreeFile.SpillSize) =>
        Opened(OpenForReading(folder), null, () => TreeFile.Temporary(spillSize));

    /// <summary>Makes the tree file of a closed log anew; its entries are only read.</summary>
    /// <exception cref="LedgerLockedException">The log has a writer.</exception>
    internal static void RebuildTree(string folder)
    {
        SafeFileHandle writerLock = DurableFile.TryLock(Path.Combine(folder, LockName))
            ?? throw new LedgerLockedException(folder);
        try
        {
            File.Delete(Path.Combine(folder, TreeFile.FileName));
            Opened(OpenForReading(folder), writerLock, () => TreeFile.In(folder)).Dispose();
        }
        finally
        {
            writerLock.Dispose();
        }
    }

    /// <summary>
    /// As <see cref="Open(string)"/>, and refuses to drop a torn tail that reaches into acknowledged entries.
    /// </summary>
    internal static EntryLog Open(string folder, long acknowledged, int spillSize = TreeFile.SpillSize)
    {
        DurableFile.CreateFolder(folder);
        SafeFileHandle writerLock = DurableFile.TryLock(Path.Combine(folder, LockName))
            ?? throw new LedgerLockedException(folder);
        EntryLog? log = null;
        try
        {
            DurableFile.RemoveLeftovers(folder);
            SafeFileHandle file = OpenOrCreate(Path.Combine(folder, FileName));
            log = Opened(file, writerLock, () =>
                TreeFile.Sealed(folder, file, writable: true, spillSize) ?? TreeFile.In(folder, spillSize));
            log.Recover(folder, acknowledged);
            log._folder = folder;
            return log;
        }
        catch
        {
            log?.Dispose();
            writerLock.Dispose();
            throw;
        }
    }

    /// <summary>Merkle root over the first <paramref name="size"/> entries.</summary>
    public MerkleHash RootAt(long size)
    {
        lock (_gate)
        {
            return _tree.RootAt(size);
        }
    }

    /// <summary>The leaf bytes of an entry.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    /// <exception cref="LedgerDamagedException">Its bytes changed on disk since the log was opened.</exception>
    public ReadOnlyMemory<byte> Read(long index)
    {
        long offset;
        MerkleHash expected;
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _tree.Size);
            offset = _places.OffsetOf(index);
            expected = _tree.LeafAt(index);
        }

        byte[]? leaf = EntryFile.ReadLeaf(_file, offset);
        return leaf is not null && Rfc6962.Leaf(leaf) == expected
            ? leaf
            : throw new LedgerDamagedException(index, $"Entry {index} changed on disk after the log was opened.");
    }

    /// <summary>Appends leaves and returns the index of the first; they are on disk when the call returns.</summary>
    /// <exception cref="ArgumentException">
    /// A leaf is empty or longer than <see cref="Envelope.MaxLeafBytes"/>.
    /// </exception>
    /// <exception cref="LedgerFullException">The disk has too little room; nothing was written.</exception>
    /// <exception cref="LedgerStoppedException">This or an earlier write failed; entries can still be read.</exception>
    public long Append(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        foreach (ReadOnlyMemory<byte> leaf in leaves)
        {
            RequireLeaf(leaf);
        }

        RequireRoom(leaves.Sum(leaf => (long)leaf.Length));
        return AppendAccepted(leaves);
    }

    /// <summary>Appends leaves that <see cref="RequireLeaf"/> and <see cref="RequireRoom"/> let pass.</summary>
    internal long AppendAccepted(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        lock (_writing)
        {
            ThrowIfStopped();
            long first = Size;
            if (leaves.Count > 0)
            {
                WriteDurably(leaves);
            }

            return first;
        }
    }

    /// <summary>Refuses a leaf that no log takes.</summary>
    internal static void RequireLeaf(ReadOnlyMemory<byte> leaf)
    {
        if (leaf.Length is 0 or > Envelope.MaxLeafBytes)
        {
            throw new ArgumentException($"A leaf has 1 to {Envelope.MaxLeafBytes} bytes.", nameof(leaf));
        }
    }

    /// <summary>Refuses where so many bytes can't be appended now.</summary>
    internal void RequireRoom(long bytes)
    {
        ThrowIfStopped();
        if (_folder is not null && FreeBytes(_folder) is long free && free - bytes < Reserve)
        {
            throw new LedgerFullException(_folder, free);
        }
    }

    /// <summary>Proof that an entry is in the tree of <paramref name="size"/> entries.</summary>
    public IReadOnlyList<MerkleHash> InclusionProof(long index, long size)
    {
        lock (_gate)
        {
            return _tree.InclusionProof(index, size);
        }
    }

    /// <summary>
    /// Proof that the tree only grew from <paramref name="oldSize"/> to <paramref name="newSize"/> entries.
    /// </summary>
    public IReadOnlyList<MerkleHash> ConsistencyProof(long oldSize, long newSize)
    {
        lock (_gate)
        {
            return _tree.ConsistencyProof(oldSize, newSize);
        }
    }

    /// <summary>The right edge of the tree, to see what a root would become.</summary>
    internal MerkleFrontier Frontier()
    {
        lock (_gate)
        {
            return _tree.Frontier();
        }
    }

    /// <summary>What is wrong with the tree file that lies in the folder of this log, or null.</summary>
    internal string? CompareTree(string path)
    {
        lock (_gate)
        {
            return _places.Compare(path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_lock is not null && _failure is null && Damage is null && !_file.IsClosed)
        {
            _places.Seal(_file);
        }

        _places.Dispose();
        _file.Dispose();
        _lock?.Dispose();
    }

    private static SafeFileHandle OpenForReading(string folder) =>
        File.OpenHandle(Path.Combine(folder, FileName), share: FileShare.ReadWrite);

    private static EntryLog Opened(SafeFileHandle file, SafeFileHandle? writerLock, Func<TreeFile> tree)
    {
        TreeFile? places = null;
        try
        {
            places = tree();
            return new EntryLog(file, writerLock, places);
        }
        catch
        {
            places?.Dispose();
            file.Dispose();
            throw;
        }
    }

    private static SafeFileHandle OpenOrCreate(string path)
    {
        if (!DurableFile.Exists(path))
        {
            DurableFile.WriteAtomically(path, EntryFile.Header);
        }

        return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    private void Recover(string folder, long acknowledged)
    {
        if (Damage is { IsTornTail: false } damage)
        {
            throw new LedgerDamagedException(damage.Index,
                $"Entry {damage.Index} of the log in {folder} is damaged: {damage.Reason}. "
                + "Restore the folder from a mirror; it is not repaired by guessing.");
        }

        if (Size < acknowledged)
        {
            throw new LedgerDamagedException(Size,
                $"The log in {folder} holds {Size} entries, but a head over {acknowledged} was signed. "
                + "Restore the folder from a mirror.");
        }

        if (Damage is not null)
        {
            if (Damage.Offset < EntryFile.Header.Length)
            {
                RandomAccess.Write(_file, EntryFile.Header, 0);
            }

            RandomAccess.SetLength(_file, _end);
            DurableFile.Sync(_file);
            Damage = null;
        }
    }

    private void WriteDurably(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        try
        {
            RandomAccess.Write(_file, EntryFile.Frame(leaves), _end);
            DurableFile.Sync(_file);
            foreach (ReadOnlyMemory<byte> leaf in leaves)
            {
                Publish(_end + EntryFile.FrameHeaderSize, leaf.Span);
            }
        }
        catch (Exception error)
        {
            // After a failed fsync the page cache and the disk may differ, so no retry can be trusted.
            _failure = error;
            throw new LedgerStoppedException(error);
        }
    }

    private void ThrowIfStopped()
    {
        if (_lock is null)
        {
            throw new InvalidOperationException("The log was opened for reading.");
        }

        if (_failure is not null)
        {
            throw new LedgerStoppedException(_failure);
        }
    }

    private void Publish(long leafOffset, ReadOnlySpan<byte> leaf)
    {
        MerkleHash hash = Rfc6962.Leaf(leaf);
        lock (_gate)
        {
            _places.Place(leafOffset);
            _tree.Append(hash);
            _end = leafOffset + leaf.Length;
        }
    }
}
