using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Verification;

/// <summary>Verifies a plain copy of a ledger folder offline, trusting nobody but the genesis record.</summary>
/// <remarks>
/// The folder holds <c>authorization/</c>, <c>data/</c> and <c>blobs/</c>; every byte of every file counts, except in
/// the empty lock files, which may hold none, and in tree files, from which nothing is taken. Records and heads are
/// streamed and the Merkle trees lie in nameless temporary files, so memory does not grow with the logs. What cannot be
/// seen offline: a folder rolled back to an older final state (give <see cref="VerificationOptions.KnownHeads"/>), and
/// a wholly invented consortium (give <see cref="VerificationOptions.ExpectedGenesis"/>).
/// </remarks>
public sealed class LedgerVerifier
{
    private const string BlobsName = "blobs";

    private static readonly string[] LogFiles =
        [EntryLog.FileName, EntryLog.LockName, TreeFile.FileName, HeadHistory.FileName, LogKeeper.CheckpointName];

    private readonly string _folder;
    private readonly VerificationOptions _options;
    private readonly FindingList _findings = new();

    private LedgerVerifier(string folder, VerificationOptions options)
    {
        _folder = folder;
        _options = options;
    }

    /// <summary>Name of a log's folder.</summary>
    public static string FolderNameOf(LogKind kind) => kind == LogKind.Authorization ? "authorization" : "data";

    /// <summary>Checks everything that can be checked offline; findings say what is wrong and where.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static VerificationReport Verify(string folder, VerificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        return new LedgerVerifier(folder, options).Run();
    }

    private VerificationReport Run()
    {
        Layout(_folder, [], [FolderNameOf(LogKind.Authorization), FolderNameOf(LogKind.Data), BlobsName]);
        int blobs = Blobs();
        using EntryLog? authorization = Open(LogKind.Authorization);
        using EntryLog? data = Open(LogKind.Data);
        if (authorization is null || data is null)
        {
            return new VerificationReport { Findings = _findings.ToReport(), Blobs = blobs };
        }

        ConsentPass consent = new(Path.Combine(_folder, BlobsName), _findings);
        RecordsPass records = new(authorization, data, _findings, (_, index, record) => consent.Take(index, record));
        records.Run(LogKind.Authorization, authorization);
        records.Run(LogKind.Data, data);
        CheckGenesis(records.Genesis);
        HeadsPass? authorizationHeads = Heads(LogKind.Authorization, authorization, records);
        HeadsPass? dataHeads = Heads(LogKind.Data, data, records);
        LogSummary? authorizationSummary = authorizationHeads?.Run(_options.RequireFinal);
        LogSummary? dataSummary = dataHeads?.Run(_options.RequireFinal);
        KnownHeads(records, authorizationHeads, dataHeads);
        return new VerificationReport
        {
            Findings = _findings.ToReport(),
            Authorization = authorizationSummary,
            Data = dataSummary,
            Members = records.Registry.Members(),
            Records = records.Counts,
            Genesis = records.Genesis,
            Blobs = blobs,
        };
    }

    private EntryLog? Open(LogKind kind)
    {
        string folder = Path.Combine(_folder, FolderNameOf(kind));
        if (!File.Exists(Path.Combine(folder, EntryLog.FileName)))
        {
            _findings.Error("missing-log", kind, null, $"There is no {EntryLog.FileName} of the {kind} log.");
            return null;
        }

        Layout(folder, LogFiles, []);
        FileInfo writerLock = new(Path.Combine(folder, EntryLog.LockName));
        if (writerLock.Exists && writerLock.Length > 0)
        {
            _findings.Error("unexpected-file", kind, null, $"The lock file of the {kind} log is not empty.");
        }

        EntryLog log = EntryLog.Scan(folder);
        string tree = Path.Combine(folder, TreeFile.FileName);
        if (File.Exists(tree) && log.CompareTree(tree) is string reason)
        {
            _findings.Warning("derived-file", kind, null,
                $"{TreeFile.FileName} of the {kind} log is of no use: {reason}. Nothing here was taken from it.");
        }

        return log;
    }

    private HeadsPass? Heads(LogKind kind, EntryLog log, RecordsPass records)
    {
        if (records.Registry.LogKeys is not { } keys)
        {
            _findings.Error("genesis", kind, 0,
                $"Without a valid genesis record no head of the {kind} log can be checked.");
            return null;
        }

        return new HeadsPass(kind, Path.Combine(_folder, FolderNameOf(kind)), log,
            kind == LogKind.Authorization ? keys.Authorization : keys.Data, records.Registry, _findings);
    }

    private void CheckGenesis(string? genesis)
    {
        if (_options.ExpectedGenesis is string expected && expected != genesis)
        {
            _findings.Error("genesis", LogKind.Authorization, 0,
                $"The digest of the genesis record is {genesis}, not {expected}: this is another consortium.");
        }
    }

    private void KnownHeads(RecordsPass records, HeadsPass? authorization, HeadsPass? data)
    {
        foreach (SignedNote note in _options.KnownHeads)
        {
            string origin = Checkpoint.Parse(note.Text).Origin;
            bool ofAuthorization = origin == records.Registry.LogKeys?.Authorization.Name;
            (ofAuthorization ? authorization : data)?.Known(note);
        }
    }

    private int Blobs()
    {
        string folder = Path.Combine(_folder, BlobsName);
        if (!Directory.Exists(folder))
        {
            return 0;
        }

        int good = 0;
        string[] names = [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Order()];
        Layout(folder, [.. names.Where(PredicateReader.IsSha256)], []);
        foreach (string name in names.Where(PredicateReader.IsSha256))
        {
            using FileStream blob = File.OpenRead(Path.Combine(folder, name));
            if (Convert.ToHexStringLower(SHA256.HashData(blob)) == name)
            {
                good++;
            }
            else
            {
                _findings.Error("blob", null, null, $"The blob {name} has another digest.");
            }
        }

        return good;
    }

    private void Layout(string folder, IReadOnlyCollection<string> files, IReadOnlyCollection<string> folders)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(e => e.Name))
        {
            bool isFolder = entry is DirectoryInfo;
            if (isFolder && entry.Name == LogMirror.ForkProofName)
            {
                _findings.Error("fork-proof", null, null,
                    $"{entry.FullName} holds a fork proof: this log showed different members different things.");
            }
            else if (!(isFolder ? folders : files).Contains(entry.Name))
            {
                _findings.Error("unexpected-file", null, null, $"{entry.FullName} does not belong into a ledger.");
            }
        }
    }
}
