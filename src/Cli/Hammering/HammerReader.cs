using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Hammering;

/// <summary>A reader that believes no index: it proves every acknowledged entry against a signed head.</summary>
internal sealed class HammerReader(string logFolder, NoteVerifierKey logKey, HammerBook book)
{
    private Checkpoint? _last;
    private long _proven;

    public long InclusionProofs { get; private set; }

    public long ConsistencyProofs { get; private set; }

    /// <summary>Proves what was acknowledged since the last time, and that the head continues the last one.</summary>
    /// <returns>Whether there was a new head.</returns>
    public bool Read()
    {
        if (book.Newest is not SignedNote note)
        {
            return false;
        }

        Checkpoint head = Checkpoint.Parse(note.Text);
        if (note.VerifiedBy([logKey]).Count != 1)
        {
            book.Problem($"The head of {head.Size} entries is not signed by the log.");
        }

        if (head.Size == _last?.Size)
        {
            return false;
        }

        // A head is signed over durable entries, so a log that is opened afterwards has them.
        using EntryLog log = EntryLog.OpenRead(logFolder);
        if (log.Size < head.Size)
        {
            book.Problem($"The log has {log.Size} entries and signed a head of {head.Size}.");
            return false;
        }

        if (_last is not null)
        {
            ConsistencyProofs++;
            Continues(log, _last, head);
        }

        for (; _proven < head.Size; _proven++)
        {
            // An entry may lie under a head a moment before it is acknowledged, or was never: then the log's own hash.
            MerkleHash hash = book.HashOf(_proven) ?? Rfc6962.Leaf(log.Read(_proven).Span);
            InclusionProofs++;
            if (!MerkleProof.VerifyInclusion(
                hash, _proven, head.Size, log.InclusionProof(_proven, head.Size), head.Root))
            {
                book.Problem($"Entry {_proven} is not what was acknowledged under the head of {head.Size} entries.");
            }
        }

        _last = head;
        return true;
    }

    private void Continues(EntryLog log, Checkpoint older, Checkpoint newer)
    {
        if (newer.Size < older.Size || !MerkleProof.VerifyConsistency(
            older.Size, newer.Size, older.Root, newer.Root, log.ConsistencyProof(older.Size, newer.Size)))
        {
            book.Problem($"The head of {newer.Size} entries does not continue that of {older.Size}.");
        }
    }
}
