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

    private const int LinesOfNote = 5;
    private const int LinesOfIntention = 4;

    private readonly SafeFileHandle _file;
    private readonly HashSet<long> _sizes = [];
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
        if (!File.Exists(path))
        {
            DurableFile.WriteAtomically(path, []);
        }

        byte[] bytes = File.ReadAllBytes(path);
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        HeadHistory history = new(file);
        try
        {
            history.Load(bytes, log, entries);
            return history;
        }
        catch
        {
            history.Dispose();
            throw;
        }
    }

    /// <summary>The size of the newest complete head in a folder, or 0.</summary>
    public static long LargestSize(string folder)
    {
        string path = Path.Combine(folder, FileName);
        (List<SignedNote> notes, _) = File.Exists(path) ? Split(File.ReadAllBytes(path)) : ([], 0);
        return notes.Count == 0 ? 0 : Checkpoint.Parse(notes[^1].Text).Size;
    }

    /// <summary>The complete notes of a file, and the byte where they end.</summary>
    /// <exception cref="NoteFormatException">A complete note is malformed.</exception>
    public static (List<SignedNote> Notes, int End) Split(ReadOnlySpan<byte> bytes)
    {
        List<SignedNote> notes = [];
        int end = 0;
        while (EndOfLines(bytes[end..], LinesOfNote) is int length)
        {
            notes.Add(SignedNote.Parse(bytes.Slice(end, length)));
            end += length;
        }

        return (notes, end);
    }

    /// <summary>Whether a head of this size was signed.</summary>
    public bool Has(long size) => _sizes.Contains(size);

    /// <summary>Every size that was signed, newest first.</summary>
    public IEnumerable<long> SizesFrom(long smallest) =>
        _sizes.Where(size => size >= smallest).OrderDescending();

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

    private void Load(byte[] bytes, NoteVerifierKey log, EntryLog entries)
    {
        (List<SignedNote> notes, int end) = Split(bytes);
        foreach (SignedNote note in notes)
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

        _end = end;
        ReadOnlySpan<byte> rest = bytes.AsSpan(end);
        if (EndOfLines(rest, LinesOfIntention) is int length)
        {
            string text = System.Text.Encoding.UTF8.GetString(rest[..(length - 1)]);
            Unfinished = Checkpoint.Parse(text);
            RequireMatch(Unfinished, entries);
        }

        if (!rest.IsEmpty)
        {
            RandomAccess.SetLength(_file, end);
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

    private static int? EndOfLines(ReadOnlySpan<byte> bytes, int lines)
    {
        int end = 0;
        for (int i = 0; i < lines; i++)
        {
            int length = bytes[end..].IndexOf((byte)'\n');
            if (length < 0)
            {
                return null;
            }

            end += length + 1;
        }

        return end;
    }
}
