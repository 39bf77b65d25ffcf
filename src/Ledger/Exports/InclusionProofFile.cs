using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Exports;

/// <summary>The proof that one record lies under the final checkpoint, as a file that stands alone.</summary>
public static class InclusionProofFile
{
    /// <summary>Customary ending of the file's name.</summary>
    public const string FileEnding = ".tlog-proof";

    /// <summary>The text of the proof, or null where no final checkpoint covers the record.</summary>
    /// <param name="ledger">A folder that holds <c>authorization</c> and <c>data</c>.</param>
    /// <exception cref="IOException">The log cannot be read.</exception>
    /// <exception cref="NoteFormatException">The checkpoint is malformed.</exception>
    public static string? Write(string ledger, LogKind log, long index)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        string folder = Path.Combine(ledger, LedgerVerifier.FolderNameOf(log));
        string path = Path.Combine(folder, LogKeeper.CheckpointName);
        if (!File.Exists(path))
        {
            return null;
        }

        SignedNote note = SignedNote.Parse(File.ReadAllBytes(path));
        Checkpoint head = Checkpoint.Parse(note.Text);
        using EntryLog entries = EntryLog.OpenRead(folder);
        if (index >= head.Size || head.Size > entries.Size)
        {
            return null;
        }

        return ProofFile.Of(entries, index, note).Format();
    }
}
