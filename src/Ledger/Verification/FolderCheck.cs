using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Verification;

/// <summary>What a check found of the files of one log.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Size">Readable entries.</param>
/// <param name="Root">Merkle root over them, base64.</param>
/// <param name="Heads">Heads of the history that hold.</param>
/// <param name="SignaturesChecked">Whether the log's key was known, from the genesis record or the caller.</param>
public sealed record CheckedLog(string Folder, long Size, string Root, int Heads, bool SignaturesChecked);

/// <summary>The outcome of a check of a folder's files.</summary>
/// <param name="Findings">Everything found, in the order of checking.</param>
/// <param name="Logs">The logs that could be opened.</param>
/// <param name="Blobs">Blobs whose name is their digest.</param>
public sealed record FolderReport(IReadOnlyList<Finding> Findings, IReadOnlyList<CheckedLog> Logs, int Blobs)
{
    /// <summary>Whether no finding is an error.</summary>
    public bool Passed => Findings.All(finding => finding.Severity != Severity.Error);
}

/// <summary>
/// Whether the files of a ledger, or of one log, are what their writer left: frames, checksums, tree, heads, blobs.
/// </summary>
/// <remarks>
/// Looks for what disks and crashes do; <see cref="LedgerVerifier"/> looks for what people do, and checks the records.
/// What the next start makes good by itself is a warning. Reads only, but for <see cref="RepairTrees"/>.
/// </remarks>
public sealed class FolderCheck
{
    private const string BlobsName = "blobs";

    private readonly FindingList _findings = new();
    private readonly List<CheckedLog> _logs = [];

    private FolderCheck()
    {
    }

    /// <summary>Checks a ledger folder with both logs and the blobs, or the folder of a single log.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="logKey">
    /// For a single log its key; a ledger's keys are those of its genesis record. Without, signatures stay unchecked.
    /// </param>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static FolderReport Run(string folder, NoteVerifierKey? logKey = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        FolderCheck check = new();
        if (File.Exists(Path.Combine(folder, EntryLog.FileName)))
        {
            check.Log(folder, null, logKey);
            return check.ToReport(blobs: 0);
        }

        (NoteVerifierKey Authorization, NoteVerifierKey Data)? keys = KeysOf(folder);
        foreach (LogKind kind in Enum.GetValues<LogKind>())
        {
            check.Log(Path.Combine(folder, LedgerVerifier.FolderNameOf(kind)), kind,
                kind == LogKind.Authorization ? keys?.Authorization : keys?.Data);
        }

        return check.ToReport(check.Blobs(Path.Combine(folder, BlobsName)));
    }

    /// <summary>
    /// Makes the tree files of a folder's logs anew from their entries, which are only read; the logs must be closed.
    /// </summary>
    /// <returns>The folders whose tree was made.</returns>
    /// <exception cref="LedgerLockedException">A log has a writer.</exception>
    public static IReadOnlyList<string> RepairTrees(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string[] logs = [.. new[] { folder }.Concat(Enum.GetValues<LogKind>()
            .Select(kind => Path.Combine(folder, LedgerVerifier.FolderNameOf(kind))))
            .Where(log => File.Exists(Path.Combine(log, TreeFile.FileName)))];
        foreach (string log in logs)
        {
            EntryLog.RebuildTree(log);
        }

        return logs;
    }

    private static (NoteVerifierKey Authorization, NoteVerifierKey Data)? KeysOf(string folder)
    {
        try
        {
            using EntryLog log =
                EntryLog.OpenRead(Path.Combine(folder, LedgerVerifier.FolderNameOf(LogKind.Authorization)));
            MemberRegistry registry = new();
            registry.Apply(0, Envelope.Parse(log.Read(0)));
            return registry.LogKeys;
        }
        catch (Exception error) when (error is IOException or FormatException or ArgumentOutOfRangeException)
        {
            // What keeps the genesis record from being read is reported with its log.
            return null;
        }
    }

    private FolderReport ToReport(int blobs) => new(_findings.ToReport(), _logs, blobs);

    private void Log(string folder, LogKind? kind, NoteVerifierKey? key)
    {
        if (!File.Exists(Path.Combine(folder, EntryLog.FileName)))
        {
            _findings.Error("missing-log", kind, null, $"There is no {EntryLog.FileName} in {folder}.");
            return;
        }

        using EntryLog log = EntryLog.Scan(folder);
        if (log.Damage is EntryDamage damage)
        {
            Action<string, LogKind?, long?, string> report = damage.IsTornTail ? _findings.Warning : _findings.Error;
            report(damage.IsTornTail ? "torn-tail" : "damaged", kind, damage.Index,
                $"Entry {damage.Index} in {folder} cannot be read: {damage.Reason} (byte {damage.Offset}). "
                + (damage.IsTornTail
                    ? "Nothing follows it: the next start drops it, unless a head over it was signed."
                    : "Restore the folder from a mirror."));
        }

        Tree(folder, kind, log);
        Leftovers(folder, kind);
        int heads = Heads(folder, kind, log, key);
        Checkpoint(folder, kind, log, key);
        _logs.Add(new CheckedLog(folder, log.Size, log.Root.ToString(), heads, key is not null));
    }

    private void Tree(string folder, LogKind? kind, EntryLog log)
    {
        string path = Path.Combine(folder, TreeFile.FileName);
        if (File.Exists(path) && log.CompareTree(path) is string reason)
        {
            _findings.Warning("tree", kind, null,
                $"{path} is of no use: {reason}. The next start makes it anew, and so does a repair.");
        }
    }

    private void Leftovers(string folder, LogKind? kind)
    {
        foreach (string leftover in Directory.EnumerateFiles(folder, "*" + DurableFile.LeftoverEnding).Order())
        {
            _findings.Warning("leftover", kind, null,
                $"{leftover} was left by an interrupted write. The next start removes it.");
        }
    }

    private int Heads(string folder, LogKind? kind, EntryLog log, NoteVerifierKey? key)
    {
        string path = Path.Combine(folder, HeadHistory.FileName);
        if (!File.Exists(path))
        {
            return 0;
        }

        using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
        HeadReader reader = new(file);
        (int good, long last) = (0, -1);
        try
        {
            foreach (SignedNote note in reader.Notes())
            {
                Checkpoint head = Notes.Checkpoint.Parse(note.Text);
                if (head.Size <= last)
                {
                    _findings.Error("history", kind, head.Size,
                        $"{path} goes back from {last} to {head.Size} entries.");
                    return good;
                }

                if (!Holds($"A head in {path}", kind, note, log, key))
                {
                    return good;
                }

                (last, good) = (head.Size, good + 1);
            }

            if (reader.End < RandomAccess.GetLength(file))
            {
                _findings.Warning("unfinished-head", kind, null,
                    $"{path} ends in an unfinished head at byte {reader.End}. The next start finishes or drops it.");
            }
        }
        catch (NoteFormatException error)
        {
            _findings.Error("history", kind, null, $"{path} is malformed behind byte {reader.End}: {error.Message}");
        }

        return good;
    }

    private void Checkpoint(string folder, LogKind? kind, EntryLog log, NoteVerifierKey? key)
    {
        string path = Path.Combine(folder, LogKeeper.CheckpointName);
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            Holds($"The final head {path}", kind, SignedNote.Parse(File.ReadAllBytes(path)), log, key);
        }
        catch (NoteFormatException error)
        {
            _findings.Error("checkpoint", kind, null, $"{path} is malformed: {error.Message}");
        }
    }

    private bool Holds(string what, LogKind? kind, SignedNote note, EntryLog log, NoteVerifierKey? key)
    {
        Checkpoint head = Notes.Checkpoint.Parse(note.Text);
        string? reason = null;
        if (key is not null && (head.Origin != key.Name || note.VerifiedBy([key]).Count == 0))
        {
            reason = "is not signed by the log's key";
        }
        else if (head.Size > log.Size)
        {
            reason = $"finds only {log.Size} of them";
        }
        else if (log.RootAt(head.Size) != head.Root)
        {
            reason = "has another root than the entries";
        }

        if (reason is not null)
        {
            _findings.Error("head", kind, long.Min(head.Size, log.Size),
                $"{what} over {head.Size} entries {reason}. Restore the folder from a mirror.");
        }

        return reason is null;
    }

    private int Blobs(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return 0;
        }

        int good = 0;
        Leftovers(folder, null);
        foreach (string path in Directory.EnumerateFiles(folder).Order())
        {
            if (!PredicateReader.IsSha256(Path.GetFileName(path)))
            {
                continue;
            }

            using FileStream blob = File.OpenRead(path);
            bool same = Convert.ToHexStringLower(SHA256.HashData(blob)) == Path.GetFileName(path);
            good += same ? 1 : 0;
            if (!same)
            {
                _findings.Error("blob", null, null, $"{path} has another digest: restore it from its author.");
            }
        }

        return good;
    }
}
