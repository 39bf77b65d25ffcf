using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Keeping;

/// <summary>The heads of one log that this party has put its name to, oldest first, in one append-only file.</summary>
/// <remarks>
/// Each head is a note of five lines: origin, size, root, a blank line, the signature of the log. A keeper writes the
/// first four durably before it signs (write-ahead signing), so that no signature exists that the file does not know;
/// Ed25519 is deterministic, so finishing the note after a crash gives the same bytes.
/// </remarks>
internal sealed class HeadHistory : IDisposable
{
    public const string FileName = "checkpoints.notes";

    private readonly SafeFileHandle _file;
    private readonly List<long> _sizes = [];
    private long _end;
    private Exception? _failure;

    private HeadHistory(SafeFileHandle file) => _file = file;

    /// <summary>The newest complete head.</summary>
    public SignedNote? Last { get; private set; }

    /// <summary>Its size; -1 where there is none.</summary>
    public long LastSize { get; private set; } = -1;

    /// <summary>A head whose signing a crash cut off; the keeper signs it again before any other.</summary>
    public Checkpoint? Unfinished { get; private set; }

    /// <summary>
    /// Reads the file of a log, holds every head against the entries and drops what was not finished.
    /// </summary>
    /// <exception cref="LedgerDamagedException">A head does not belong to these entries.</exception>
    public static HeadHistory Open(string folder, NoteVerifierKey log, EntryLog entries)
    {
        string path = Path.Combine(folder, FileName);
        if (!DurableFile.Exists(path))
        {
            DurableFile.WriteAtomically(path, []);
        }

        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        HeadHistory history = new(file);
        try
        {
            history.Load(log, entries);
            return history;
        }
        catch
        {
            history.Dispose();
            throw;
        }
    }

    /// <summary>The size of the newest complete head in a folder, or 0.</summary>
    /// <exception cref="NoteFormatException">A complete note is malformed.</exception>
    public static long LargestSize(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!DurableFile.Exists(path))
        {
            return 0;
        }

        using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
        return new HeadReader(file).Notes().LastOrDefault() is SignedNote last ? Checkpoint.Parse(last.Text).Size : 0;
    }

    /// <summary>Whether a head of this size was signed.</summary>
    public bool Has(long size) => _sizes.BinarySearch(size) >= 0;

    /// <summary>Every size that was signed, newest first.</summary>
    public IEnumerable<long> SizesFrom(long smallest)
    {
        for (int i = _sizes.Count - 1; i >= 0 && _sizes[i] >= smallest; i--)
        {
            yield return _sizes[i];
        }
    }

    /// <summary>Writes durably which head is about to be signed.</summary>
    public void Begin(Checkpoint head) => Write(System.Text.Encoding.UTF8.GetBytes(head.Text + "\n"));

    /// <summary>Writes durably the signature of the head that <see cref="Begin"/> announced.</summary>
    public void Complete(SignedNote note, long size)
    {
        Write(System.Text.Encoding.UTF8.GetBytes(note.Signatures[0] + "\n"));
        Remember(note, size);
    }

    /// <summary>Writes durably a head that another party signed.</summary>
    public void Add(SignedNote note, long size)
    {
        Write(note.ToBytes());
        Remember(note, size);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Load(NoteVerifierKey log, EntryLog entries)
    {
        HeadReader reader = new(_file);
        foreach (SignedNote note in reader.Notes())
        {
            Checkpoint head = Checkpoint.Parse(note.Text);
            if (note.VerifiedBy([log]).Count == 0 || head.Origin != log.Name || head.Size <= LastSize)
            {
                throw new LedgerDamagedException(long.Max(LastSize, 0),
                    $"{FileName} holds a head of {head.Size} entries that is not a next head of {log.Name}.");
            }

            RequireMatch(head, entries);
            Remember(note, head.Size);
        }

        _end = reader.End;
        if (reader.Unfinished is string text)
        {
            Unfinished = Checkpoint.Parse(text);
            RequireMatch(Unfinished, entries);
        }

        if (RandomAccess.GetLength(_file) > _end)
        {
            RandomAccess.SetLength(_file, _end);
            DurableFile.Sync(_file);
        }
    }

    private static void RequireMatch(Checkpoint head, EntryLog entries)
    {
        if (head.Size > entries.Size || entries.RootAt(head.Size) != head.Root)
        {
            throw new LedgerDamagedException(long.Min(head.Size, entries.Size),
                $"The signed head of {head.Size} entries is not the head of these {entries.Size} entries. "
                + "Restore the folder from a mirror.");
        }
    }

    private void Remember(SignedNote note, long size)
    {
        _sizes.Add(size);
        Last = note;
        LastSize = size;
        Unfinished = null;
    }

    private void Write(byte[] bytes)
    {
        if (_failure is not null)
        {
            throw new LedgerStoppedException(_failure);
        }

        try
        {
            RandomAccess.Write(_file, bytes, _end);
            DurableFile.Sync(_file);
            _end += bytes.Length;
        }
        catch (Exception error)
        {
            _failure = error;
            throw new LedgerStoppedException(error);
        }
    }
}
