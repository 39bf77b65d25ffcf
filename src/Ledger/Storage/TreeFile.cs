using System.Buffers.Binary;
using System.Numerics;
using DigitalTwin.Ledger.Merkle;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Storage;

/// <summary>
/// The tree of a log and the place of every entry, in a file that follows from the entries: at most a mebibyte of it
/// is in memory, however long the log.
/// </summary>
/// <remarks>
/// The content is, for every leaf in order, its offset in the log's file (64 bits), its hash, and the hashes of the
/// subtrees it completes, smallest first: as Go's sumdb/tlog orders stored hashes, so that every hash has a place that
/// follows from its level and index. A log of fewer than about 14,000 entries has no file. Nothing here is made
/// durable or trusted: whatever does not agree with the log is made again from it. Not thread-safe: the owner locks.
/// </remarks>
internal sealed class TreeFile : ISubtrees, IDisposable
{
    /// <summary>Name of the file in the folder of a log.</summary>
    public const string FileName = "entries.tree";

    /// <summary>Bytes that are collected in memory before they are written.</summary>
    public const int SpillSize = 1 << 20;

    private const int OffsetSize = sizeof(long);

    private readonly Func<SafeFileHandle> _create;
    private readonly int _spillSize;
    private SafeFileHandle? _file;
    private byte[] _tail = new byte[1024];
    private int _tailLength;
    private int _spillAt;
    private long _tailStart;
    private uint _checksum;
    private long _nextOffset;

    private TreeFile(Func<SafeFileHandle> create, int spillSize)
    {
        _create = create;
        _spillSize = spillSize;
        _spillAt = spillSize;
    }

    public long Leaves { get; private set; }

    /// <summary>An empty tree whose file is made in a folder, in place of any, when it grows so large.</summary>
    public static TreeFile In(string folder, int spillSize = SpillSize) => new(
        () => File.OpenHandle(
            Path.Combine(folder, FileName), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite),
        spillSize);

    /// <summary>An empty tree whose file has no name, so that nobody finds it and nothing is left behind.</summary>
    public static TreeFile Temporary(int spillSize = SpillSize) => new(Unnamed, spillSize);

    /// <summary>
    /// The tree that a writer of this log sealed when it closed; null where there is none that fits the log as it is.
    /// </summary>
    /// <param name="folder">Folder of the log.</param>
    /// <param name="log">The log's file.</param>
    /// <param name="writable">Whether it will be appended to.</param>
    /// <param name="spillSize">As for <see cref="In"/>.</param>
    public static TreeFile? Sealed(string folder, SafeFileHandle log, bool writable, int spillSize = SpillSize)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        SafeFileHandle file = File.OpenHandle(
            path, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite);
        if (TreeSeal.Read(file) is not TreeSeal seal || !seal.Fits(file, log, SizeOf(seal.Leaves)))
        {
            file.Dispose();
            return null;
        }

        return new TreeFile(() => file, spillSize)
        {
            _file = file,
            _tailStart = SizeOf(seal.Leaves),
            _checksum = seal.Checksum,
            Leaves = seal.Leaves,
        };
    }

    /// <summary>Says where the entry begins whose leaf is appended next.</summary>
    public void Place(long leafOffset) => _nextOffset = leafOffset;

    /// <summary>Where the leaf of an entry begins.</summary>
    public long OffsetOf(long index)
    {
        Span<byte> bytes = stackalloc byte[OffsetSize];
        Read(SizeOf(index), bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    public void Append(int level, MerkleHash hash)
    {
        if (level == 0)
        {
            Spill();
            BinaryPrimitives.WriteInt64LittleEndian(Grow(OffsetSize), _nextOffset);
            Leaves++;
        }

        hash.CopyTo(Grow(MerkleHash.Size));
    }

    public MerkleHash At(int level, long index)
    {
        // A subtree is complete, and so stored, with its last leaf.
        long leaf = ((index + 1) << level) - 1;
        Span<byte> bytes = stackalloc byte[MerkleHash.Size];
        Read(SizeOf(leaf) + OffsetSize + (level * MerkleHash.Size), bytes);
        return new MerkleHash(bytes);
    }

    /// <summary>
    /// Writes what is in memory and that the file fits the log as it is now; for a writer that closes.
    /// </summary>
    public void Seal(SafeFileHandle log)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            Write();
            new TreeSeal(Leaves, RandomAccess.GetLength(log), TreeSeal.TimeOf(log), _checksum).Write(_file);
        }
        catch (IOException)
        {
            // Without its seal the file is made again at the next start, and nothing else is lost.
        }
    }

    /// <summary>What this file should hold: null where it is that, else the sentence that says what is wrong.</summary>
    /// <param name="path">A file that another process wrote.</param>
    public string? Compare(string path)
    {
        using SafeFileHandle other = File.OpenHandle(path, share: FileShare.ReadWrite);
        long length = RandomAccess.GetLength(other);
        if (TreeSeal.Read(other) is not TreeSeal seal)
        {
            return "it carries no seal: it was left by a writer that did not close";
        }

        if (seal.Leaves > Leaves || length != TreeSeal.Size + SizeOf(seal.Leaves))
        {
            return $"it speaks of {seal.Leaves} entries in {length} bytes, the log has {Leaves}";
        }

        byte[] here = new byte[1 << 16];
        byte[] there = new byte[1 << 16];
        for (long at = 0; at < length - TreeSeal.Size; at += here.Length)
        {
            int count = (int)long.Min(here.Length, length - TreeSeal.Size - at);
            Read(at, here.AsSpan(0, count));
            RandomAccess.Read(other, there.AsSpan(0, count), TreeSeal.Size + at);
            int same = here.AsSpan(0, count).CommonPrefixLength(there.AsSpan(0, count));
            if (same < count)
            {
                return $"it differs from what the log gives at byte {TreeSeal.Size + at + same}";
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    // The n-th leaf completes as many subtrees as its number has trailing ones: 2n − popcount(n) hashes before it.
    private static long SizeOf(long leaves) =>
        (leaves * OffsetSize) + (((2 * leaves) - BitOperations.PopCount((ulong)leaves)) * MerkleHash.Size);

    private static SafeFileHandle Unnamed()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dtwin-{Guid.NewGuid():N}{DurableFile.LeftoverEnding}");
        SafeFileHandle file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        return file;
    }

    private Span<byte> Grow(int count)
    {
        if (_tailLength + count > _tail.Length)
        {
            Array.Resize(ref _tail, 2 * _tail.Length);
        }

        _tailLength += count;
        return _tail.AsSpan(_tailLength - count, count);
    }

    private void Spill()
    {
        if (_tailLength < _spillAt)
        {
            return;
        }

        try
        {
            Write();
            _spillAt = _spillSize;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The entries are durable, so a full disk must not fail here: the tree stays in memory until there is room.
            _spillAt += _spillSize;
        }
    }

    private void Write()
    {
        _file ??= _create();
        RandomAccess.Write(_file, _tail.AsSpan(0, _tailLength), TreeSeal.Size + _tailStart);
        _checksum = Crc32C.Of(_tail.AsSpan(0, _tailLength), _checksum);
        _tailStart += _tailLength;
        _tailLength = 0;
    }

    private void Read(long position, Span<byte> destination)
    {
        if (position < _tailStart)
        {
            // A range may begin in the file and end in memory.
            int onFile = (int)long.Min(destination.Length, _tailStart - position);
            int read = RandomAccess.Read(_file!, destination[..onFile], TreeSeal.Size + position);
            if (read < onFile)
            {
                throw new IOException($"{FileName} ended at byte {position + read} while it was read.");
            }

            destination = destination[onFile..];
            position += onFile;
        }

        if (!destination.IsEmpty)
        {
            _tail.AsSpan((int)(position - _tailStart), destination.Length).CopyTo(destination);
        }
    }
}
