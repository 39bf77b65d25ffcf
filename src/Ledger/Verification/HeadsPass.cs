using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Verification;

/// <summary>
/// Holds the signed heads of one log against its entries, and the final head against the hospitals' quorum.
/// </summary>
internal sealed class HeadsPass(
    LogKind kind, string folder, EntryLog log, NoteVerifierKey logKey, MemberRegistry registry, FindingList findings)
{
    // Size of the largest head of the history that holds: what lies under it is as it was signed.
    private long _confirmed = -1;

    /// <summary>What was verified, for the report.</summary>
    public LogSummary Run(bool requireFinal)
    {
        int heads = History();
        (long finalSize, int cosignatures, int quorum) = Final();
        if (finalSize < log.Size)
        {
            string message = $"{log.Size - finalSize} records after the last final checkpoint are not final "
                + $"({kind} records {finalSize} to {log.Size - 1}).";
            Action<string, LogKind?, long?, string> report = requireFinal ? findings.Error : findings.Warning;
            report("not-final", kind, finalSize, message);
        }

        return new LogSummary(log.Size, log.Root, heads, finalSize, cosignatures, quorum);
    }

    /// <summary>Holds a head that the auditor knows from elsewhere against the entries.</summary>
    public void Known(SignedNote note) =>
        Holds("A known head", note, Checkpoint.Parse(note.Text), code: "known-head");

    private int History()
    {
        string path = Path.Combine(folder, HeadHistory.FileName);
        if (!File.Exists(path))
        {
            findings.Error("history", kind, null, $"The {kind} log has no file {HeadHistory.FileName}.");
            return 0;
        }

        using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
        HeadReader reader = new(file);
        try
        {
            int good = Heads(reader.Notes());
            if (good == reader.Complete && reader.End != RandomAccess.GetLength(file))
            {
                findings.Error("history", kind, null,
                    $"{HeadHistory.FileName} of the {kind} log ends in an unfinished note at byte {reader.End}.");
            }

            return good;
        }
        catch (NoteFormatException error)
        {
            findings.Error("history", kind, null,
                $"{HeadHistory.FileName} of the {kind} log is malformed: {error.Message}");
            return 0;
        }
    }

    private int Heads(IEnumerable<SignedNote> notes)
    {
        int good = 0;
        foreach (SignedNote note in notes)
        {
            Checkpoint head = Checkpoint.Parse(note.Text);
            if (head.Size <= _confirmed)
            {
                findings.Error("history", kind, head.Size,
                    $"The signed heads of the {kind} log go back from {_confirmed} to {head.Size} entries.");
                break;
            }

            // Every later head would disagree for the same reason, so the first gives the smallest range.
            if (!Holds("A signed head", note, head, code: "head"))
            {
                break;
            }

            _confirmed = head.Size;
            good++;
        }

        return good;
    }

    private (long Size, int Cosignatures, int Quorum) Final()
    {
        string path = Path.Combine(folder, LogKeeper.CheckpointName);
        if (!File.Exists(path))
        {
            return (0, 0, Quorum.Of(registry.WitnessesFor(kind, log.Size).Count));
        }

        try
        {
            SignedNote note = SignedNote.Parse(File.ReadAllBytes(path));
            Checkpoint head = Checkpoint.Parse(note.Text);
            if (!Holds("The final checkpoint", note, head, code: "checkpoint"))
            {
                return (0, 0, Quorum.Of(registry.WitnessesFor(kind, log.Size).Count));
            }

            return Cosignatures(note, head);
        }
        catch (NoteFormatException error)
        {
            findings.Error("checkpoint", kind, null, $"The final checkpoint of the {kind} log: {error.Message}");
            return (0, 0, Quorum.Of(registry.WitnessesFor(kind, log.Size).Count));
        }
    }

    private (long Size, int Cosignatures, int Quorum) Cosignatures(SignedNote note, Checkpoint head)
    {
        IReadOnlyList<NoteVerifierKey> hospitals = registry.WitnessesFor(kind, head.Size);
        int quorum = Quorum.Of(hospitals.Count);
        int verified = note.VerifiedBy(hospitals).Count;
        NoteSignature[] strangers =
            [.. note.Signatures.Where(line => !line.IsBy(logKey) && !hospitals.Any(line.IsBy))];
        foreach (NoteSignature stranger in strangers)
        {
            findings.Error("cosignature", kind, head.Size - 1,
                $"The final checkpoint of the {kind} log carries a line of {stranger.Name}, "
                + "whose key is none of a hospital in force.");
        }

        if (note.Signatures.Count != verified + 1 + strangers.Length)
        {
            findings.Error("cosignature", kind, head.Size - 1,
                $"The final checkpoint of the {kind} log carries a line twice.");
        }

        if (verified < quorum)
        {
            findings.Error("quorum", kind, head.Size - 1,
                $"The final checkpoint of the {kind} log ({head.Size} records) has {verified} valid cosignatures "
                + $"of {hospitals.Count} hospitals; {quorum} are needed.");
            return (0, verified, quorum);
        }

        return (head.Size, verified, quorum);
    }

    private bool Holds(string what, SignedNote note, Checkpoint head, string code)
    {
        string which = $"{what} over {head.Size} entries of the {kind} log";
        if (note.VerifiedBy([logKey]).Count == 0 || head.Origin != logKey.Name)
        {
            findings.Error(code, kind, null, $"{which} is not signed by the log key of the genesis record.");
            return false;
        }

        long confirmed = long.Max(_confirmed, 0);
        if (head.Size > log.Size)
        {
            // Where a frame is damaged the entries before it are there; else any unconfirmed one may be missing.
            long from = log.Damage is null ? confirmed : log.Size;
            findings.Error(code, kind, from, $"{which} finds only {log.Size} of them: "
                + $"of {Range(from, head.Size)}, {head.Size - log.Size} missing or unread.");
            return false;
        }

        if (log.RootAt(head.Size) == head.Root)
        {
            return true;
        }

        string reason = head.Size <= _confirmed
            ? "another head of the history holds, so the log signed two different heads"
            : $"{Range(confirmed, head.Size)}: not as signed";
        findings.Error(code, kind, head.Size <= _confirmed ? null : confirmed, $"{which} has another root: {reason}.");
        return false;
    }

    private static string Range(long from, long to) =>
        to - from == 1 ? $"record {from}" : $"records {from} to {to - 1}";
}
