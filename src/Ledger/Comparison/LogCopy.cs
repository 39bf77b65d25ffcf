using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Comparison;

/// <summary>One party's copy of one log: its entries, and the heads under the log's own signature.</summary>
/// <remarks>
/// Heads are the notes of the history and the final checkpoint, as far as the log's key signed them; a note that it
/// did not sign says nothing about the log and is passed over.
/// </remarks>
public sealed class LogCopy : IDisposable
{
    private readonly EntryLog _entries;

    private LogCopy(EntryLog entries, NoteVerifierKey key, IReadOnlyList<SignedNote> heads)
    {
        _entries = entries;
        Key = key;
        Heads = heads;
    }

    /// <summary>The key of the log, from the genesis record of the same folder.</summary>
    public NoteVerifierKey Key { get; }

    /// <summary>Readable entries.</summary>
    public long Size => _entries.Size;

    /// <summary>Every head that the log signed, by size; notes of one size stand in the order of the files.</summary>
    public IReadOnlyList<SignedNote> Heads { get; }

    /// <summary>Opens one log of a ledger folder for reading.</summary>
    /// <exception cref="FormatException">There is no genesis record that names the key of the log.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static LogCopy Open(string ledger, LogKind kind)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        NoteVerifierKey key = KeyOf(ledger, kind);
        string folder = Path.Combine(ledger, LedgerVerifier.FolderNameOf(kind));
        return new LogCopy(EntryLog.OpenRead(folder), key, HeadsOf(folder, key));
    }

    /// <summary>The record at an index; null where its bytes are no record.</summary>
    public Envelope? RecordAt(long index)
    {
        try
        {
            return Envelope.Parse(_entries.Read(index));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether a head is over these very entries; null where it covers more than there are.</summary>
    public bool? Confirms(SignedNote note)
    {
        ArgumentNullException.ThrowIfNull(note);
        Checkpoint head = Checkpoint.Parse(note.Text);
        return head.Size > Size ? null : _entries.RootAt(head.Size) == head.Root;
    }

    /// <summary>How many entries both copies begin with.</summary>
    /// <remarks>Equal roots mean equal entries, so the first difference is found by halving.</remarks>
    public long CommonPrefix(LogCopy other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (long same, long different) = (0, long.Min(Size, other.Size) + 1);
        while (different - same > 1)
        {
            long middle = same + ((different - same) / 2);
            bool equal = _entries.RootAt(middle) == other._entries.RootAt(middle);
            (same, different) = equal ? (middle, different) : (same, middle);
        }

        return same;
    }

    /// <inheritdoc/>
    public void Dispose() => _entries.Dispose();

    private static NoteVerifierKey KeyOf(string ledger, LogKind kind)
    {
        string folder = Path.Combine(ledger, LedgerVerifier.FolderNameOf(LogKind.Authorization));
        using EntryLog authorization = EntryLog.OpenRead(folder);
        if (authorization.Size == 0)
        {
            throw new RecordFormatException("", "at the start of the authorization log is missing.");
        }

        Statement genesis = Envelope.Parse(authorization.Read(0)).Statement;
        RecordCatalogue.Check(genesis);
        PredicateReader logs = new PredicateReader(genesis.Predicate).Object("logs");
        return NoteVerifierKey.Parse(logs.Text(LedgerVerifier.FolderNameOf(kind)));
    }

    private static SignedNote[] HeadsOf(string folder, NoteVerifierKey key)
    {
        List<SignedNote> notes = [];
        string history = Path.Combine(folder, HeadHistory.FileName);
        if (File.Exists(history))
        {
            using SafeFileHandle file = File.OpenHandle(history, share: FileShare.ReadWrite);
            notes.AddRange(new HeadReader(file).Notes());
        }

        string final = Path.Combine(folder, LogKeeper.CheckpointName);
        if (File.Exists(final))
        {
            notes.Add(SignedNote.Parse(File.ReadAllBytes(final)));
        }

        return [.. notes.Where(note => IsSigned(note, key)).OrderBy(note => Checkpoint.Parse(note.Text).Size)];
    }

    private static bool IsSigned(SignedNote note, NoteVerifierKey key)
    {
        try
        {
            return note.VerifiedBy([key]).Count == 1 && Checkpoint.Parse(note.Text).Origin == key.Name;
        }
        catch (NoteFormatException)
        {
            return false;
        }
    }
}
