using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Storage;

/// <summary>Byte strings too large for a log, each a file named by the lower-case hex of its SHA-256.</summary>
/// <remarks>
/// Names derive from digests only, so no text of another party ever becomes a path. One process writes.
/// </remarks>
public sealed class BlobFolder
{
    private readonly string _folder;
    private readonly bool _writes;
    private readonly Lock _writing = new();

    /// <summary>Opens the folder, and makes it where there is none.</summary>
    public BlobFolder(string folder)
        : this(folder, writes: true)
    {
        DurableFile.CreateFolder(folder);
        DurableFile.RemoveLeftovers(folder);
    }

    private BlobFolder(string folder, bool writes)
    {
        _folder = folder;
        _writes = writes;
    }

    /// <summary>Opens a folder of a copy, which is only read: nothing is made, nothing removed.</summary>
    public static BlobFolder OpenRead(string folder) => new(folder, writes: false);

    /// <summary>Stores bytes in a folder that another, running process writes to.</summary>
    /// <remarks>Opening the folder would take that process's unfinished files for leftovers.</remarks>
    public static string PutBeside(string folder, ReadOnlySpan<byte> bytes)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        DurableFile.CreateFolder(folder);
        DurableFile.WriteAtomically(Path.Combine(folder, digest), bytes);
        return digest;
    }

    /// <summary>Stores bytes durably and returns their digest; storing the same bytes again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">The folder was opened for reading.</exception>
    public string Put(ReadOnlySpan<byte> bytes)
    {
        if (!_writes)
        {
            throw new InvalidOperationException("The blobs were opened for reading.");
        }

        string digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        string path = PathOf(digest);
        lock (_writing)
        {
            if (!DurableFile.Exists(path))
            {
                DurableFile.WriteAtomically(path, bytes);
            }
        }

        return digest;
    }

    /// <summary>The bytes with this digest, or null.</summary>
    /// <exception cref="LedgerDamagedException">The stored bytes have another digest.</exception>
    public byte[]? Get(string sha256)
    {
        string path = PathOf(sha256);
        if (!DurableFile.Exists(path))
        {
            return null;
        }

        byte[] bytes = File.ReadAllBytes(path);
        return Convert.ToHexStringLower(SHA256.HashData(bytes)) == sha256
            ? bytes
            : throw new LedgerDamagedException(0, $"The blob {sha256} has another digest: restore it from its author.");
    }

    /// <summary>Whether there is a blob with this digest.</summary>
    public bool Has(string sha256) => DurableFile.Exists(PathOf(sha256));

    private string PathOf(string sha256) => PredicateReader.IsSha256(sha256)
        ? Path.Combine(_folder, sha256)
        : throw new ArgumentException("A blob is named by 64 lower-case hex digits.", nameof(sha256));
}
