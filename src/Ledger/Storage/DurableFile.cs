using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Storage;

/// <summary>Files that are on disk when the call returns, or an exception that says they are not.</summary>
/// <remarks>
/// <c>FileStream.Flush(true)</c> of .NET 10 returns success where fsync fails on Linux (seen with EIO, ENOSPC and
/// EDQUOT injected by strace), and .NET cannot open a directory to flush it; so libc is called directly. Linux and
/// macOS.
/// </remarks>
public static partial class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // O_RDONLY | O_CLOEXEC of Linux; O_DIRECTORY differs between processors and is not needed to fsync.
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const int LockExclusiveNonBlocking = 2 | 4;
    private const int Interrupted = 4;

    /// <summary>Ending of the files that an interrupted <see cref="WriteAtomically"/> may leave behind.</summary>
    public const string LeftoverEnding = ".tmp";

    /// <summary>Waits until the content of an open file is on disk.</summary>
    /// <exception cref="IOException">The kernel reports an error; what reached the disk is then unknown.</exception>
    public static void Sync(SafeFileHandle file)
    {
        int result;
        do
        {
            result = NativeSync(file);
        }
        while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);
        Check(result, "fsync");
    }

    /// <summary>Waits until the names in a folder are on disk.</summary>
    /// <exception cref="IOException">The kernel reports an error.</exception>
    public static void SyncFolder(string folder)
    {
        using SafeFileHandle handle = NativeOpen(folder, OperatingSystem.IsLinux() ? ReadOnlyCloseOnExec : 0);
        Check(handle.IsInvalid ? -1 : 0, $"open {folder}");
        Sync(handle);
    }

    /// <summary>Whether there is a file of this name.</summary>
    /// <remarks>
    /// <c>File.Exists</c> also says no where the kernel could not look, and whoever then makes the file anew destroys
    /// the one that was there (seen with EIO injected into lstat).
    /// </remarks>
    /// <exception cref="IOException">The kernel reports another error than that there is none.</exception>
    public static bool Exists(string path)
    {
        try
        {
            return !File.GetAttributes(path).HasFlag(FileAttributes.Directory);
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Makes a folder and its missing parents, all durable.</summary>
    public static void CreateFolder(string folder)
    {
        string full = Path.GetFullPath(folder);
        if (Directory.Exists(full))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(full);
        if (parent is not null)
        {
            CreateFolder(parent);
        }

        Directory.CreateDirectory(full);
        if (parent is not null)
        {
            SyncFolder(parent);
        }
    }

    /// <summary>
    /// Puts <paramref name="bytes"/> under <paramref name="path"/>: a reader sees the old file or the new one.
    /// </summary>
    /// <exception cref="IOException">
    /// The file could not be made durable; the old one may or may not be there.
    /// </exception>
    public static void WriteAtomically(string path, ReadOnlySpan<byte> bytes, bool ownerOnly = false)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full)!;
        string leftover = $"{full}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}{LeftoverEnding}";
        try
        {
            WriteNew(leftover, bytes, ownerOnly);
            File.Move(leftover, full, overwrite: true);
        }
        catch
        {
            File.Delete(leftover);
            throw;
        }

        SyncFolder(folder);
    }

    /// <summary>Writes a new file that only its owner can read; never replaces one.</summary>
    /// <exception cref="IOException">The file exists already, or could not be made durable.</exception>
    internal static void CreateSecret(string path, string text)
    {
        string full = Path.GetFullPath(path);
        WriteNew(full, System.Text.Encoding.ASCII.GetBytes(text), ownerOnly: true);
        SyncFolder(Path.GetDirectoryName(full)!);
    }

    /// <summary>
    /// Removes what interrupted writes left in a folder; for the one process that writes there, at its start.
    /// </summary>
    internal static void RemoveLeftovers(string folder)
    {
        foreach (string leftover in Directory.EnumerateFiles(folder, "*" + LeftoverEnding))
        {
            File.Delete(leftover);
        }
    }

    /// <summary>
    /// Takes the lock that one file stands for, until the handle is closed; null where another holds it.
    /// </summary>
    /// <remarks>
    /// flock itself: the file classes of .NET take a shared lock on every file they open, which an exclusive one
    /// excludes, and can be told by the environment to take none.
    /// </remarks>
    /// <exception cref="IOException">The file can be neither made nor opened.</exception>
    internal static SafeFileHandle? TryLock(string path)
    {
        if (!Exists(path))
        {
            // Made in place, never by replacement: two processes must not lock two files of one name.
            WriteNew(path, [], ownerOnly: false, FileMode.OpenOrCreate);
        }

        SafeFileHandle handle = NativeOpen(path, OperatingSystem.IsLinux() ? ReadOnlyCloseOnExec : 0);
        Check(handle.IsInvalid ? -1 : 0, $"open {path}");
        if (NativeLock(handle, LockExclusiveNonBlocking) == 0)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    private static void WriteNew(
        string path, ReadOnlySpan<byte> bytes, bool ownerOnly, FileMode mode = FileMode.CreateNew)
    {
        FileStreamOptions options = new()
        {
            Mode = mode,
            Access = FileAccess.Write,
        };
        if (ownerOnly && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using FileStream file = new(path, options);
        file.Write(bytes);
        file.Flush();
        Sync(file.SafeFileHandle);
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).", error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle NativeOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int NativeLock(SafeFileHandle file, int operation);
}
