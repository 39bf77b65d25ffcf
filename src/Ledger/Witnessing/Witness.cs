using System.Security.Cryptography;
using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Witnessing;

/// <summary>
/// A party without a copy of any log, which vouches that each log it knows only grew: the witness of C2SP.
/// </summary>
/// <remarks>
/// C2SP tlog-witness v1.0.0. Its memory is one checkpoint for each log, in a file named by the SHA-256 of the origin.
/// Comparing with it and replacing it happen under one lock, and the new one is durable before the cosignature leaves:
/// a crash in between costs the log a second request and the witness nothing. Thread-safe; one process.
/// </remarks>
public sealed class Witness : IDisposable
{
    /// <summary>Name of the folder that keeps what a log should never have signed.</summary>
    public const string EvidenceName = "evidence";

    // A log that lies once is caught; a thousand lies would only fill the disk.
    private const int MostEvidence = 100;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly string _name;
    private readonly Ed25519Key _key;
    private readonly IReadOnlyList<NoteVerifierKey> _logs;
    private readonly TimeProvider _time;
    private readonly SafeFileHandle _lock;
    private readonly Dictionary<string, SignedNote> _latest = new(StringComparer.Ordinal);

    private Witness(
        string folder, string name, Ed25519Key key, IReadOnlyList<NoteVerifierKey> logs, TimeProvider time,
        SafeFileHandle writerLock)
    {
        _folder = folder;
        _name = name;
        _key = key;
        _logs = logs;
        _time = time;
        _lock = writerLock;
        VerifierKey = NoteVerifierKey.Witness(name, key.PublicKey);
    }

    /// <summary>The key that verifies its cosignatures.</summary>
    public NoteVerifierKey VerifierKey { get; }

    /// <summary>Opens the memory of a witness, and makes it where there is none.</summary>
    /// <param name="folder">Folder of this witness alone.</param>
    /// <param name="name">Its name in signature lines, for example <c>ethics.example.org/w1</c>.</param>
    /// <param name="key">Key that cosigns, used under no other name; stays the caller's.</param>
    /// <param name="logs">The keys of the logs it watches; a log may have several.</param>
    /// <param name="time">Clock of the cosignatures.</param>
    /// <exception cref="LedgerLockedException">Another process uses the folder.</exception>
    /// <exception cref="LedgerDamagedException">A checkpoint in the folder is not one it cosigned.</exception>
    public static Witness Open(
        string folder, string name, Ed25519Key key, IReadOnlyList<NoteVerifierKey> logs, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(logs);
        ArgumentNullException.ThrowIfNull(time);
        DurableFile.CreateFolder(folder);
        SafeFileHandle writerLock = DurableFile.TryLock(Path.Combine(folder, EntryLog.LockName))
            ?? throw new LedgerLockedException(folder);
        try
        {
            DurableFile.RemoveLeftovers(folder);
            Witness witness = new(folder, name, key, logs, time, writerLock);
            witness.Load();
            return witness;
        }
        catch
        {
            writerLock.Dispose();
            throw;
        }
    }

    /// <summary>The name that a log has in the addresses and files of a witness: lower-case hex SHA-256.</summary>
    public static string DigestOf(string origin) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(origin)));

    /// <summary>Answers a request to cosign.</summary>
    /// <exception cref="IOException">The memory could not be written; nothing was cosigned.</exception>
    public WitnessAnswer AddCheckpoint(ReadOnlySpan<byte> body)
    {
        AddCheckpointRequest request;
        Checkpoint head;
        try
        {
            request = AddCheckpointRequest.Parse(body);
            head = Checkpoint.Parse(request.Checkpoint.Text);
        }
        catch (NoteFormatException error)
        {
            return WitnessAnswer.Malformed(error.Message);
        }

        NoteVerifierKey[] known = [.. _logs.Where(log => log.Name == head.Origin)];
        if (known.Length == 0)
        {
            return WitnessAnswer.UnknownLog;
        }

        if (!IsSigned(request.Checkpoint, known))
        {
            return WitnessAnswer.NotSigned;
        }

        if (request.OldSize > head.Size)
        {
            return WitnessAnswer.Malformed("The old size is larger than the checkpoint.");
        }

        lock (_gate)
        {
            return Judge(request, head, known);
        }
    }

    /// <summary>The checkpoint that was cosigned last, with the cosignature; null where there is none.</summary>
    /// <param name="originDigest"><see cref="DigestOf"/> of the log.</param>
    public SignedNote? Latest(string originDigest)
    {
        lock (_gate)
        {
            return _latest.GetValueOrDefault(originDigest);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static bool IsSigned(SignedNote note, NoteVerifierKey[] known)
    {
        try
        {
            return note.VerifiedBy(known).Count > 0;
        }
        catch (NoteFormatException)
        {
            // A line that claims a known key and fails makes the note worthless, whatever else it carries.
            return false;
        }
    }

    private WitnessAnswer Judge(AddCheckpointRequest request, Checkpoint head, NoteVerifierKey[] known)
    {
        SignedNote? last = _latest.GetValueOrDefault(DigestOf(head.Origin));
        Checkpoint lastHead = last is null
            ? new Checkpoint(head.Origin, 0, Rfc6962.Empty)
            : Checkpoint.Parse(last.Text);
        if (request.OldSize != lastHead.Size)
        {
            return WitnessAnswer.Conflict(lastHead.Size);
        }

        SignedNote signed = request.Checkpoint.Where(line => known.Any(line.IsBy));
        if (last is not null && head.Size == lastHead.Size && head.Root != lastHead.Root)
        {
            SignedNote before = last.Where(line => known.Any(line.IsBy));
            KeepEvidence(ForkProof.OfEqualSizes(before, signed).Format());
            return WitnessAnswer.Conflict(lastHead.Size);
        }

        if (!MerkleProof.VerifyConsistency(
            lastHead.Size, head.Size, lastHead.Root, head.Root, request.Proof))
        {
            KeepEvidence(request.Format());
            return WitnessAnswer.NotProven;
        }

        NoteSignature line = Cosignature.Sign(request.Checkpoint.Text, _name, _key, _time.GetUtcNow());
        Remember(signed.With(line), head.Origin);
        return WitnessAnswer.Cosigned(line.ToString());
    }

    private void Remember(SignedNote note, string origin)
    {
        string digest = DigestOf(origin);
        DurableFile.WriteAtomically(PathOf(digest), note.ToBytes());
        _latest[digest] = note;
    }

    // A bad proof is as likely a fault of the sender as a fork, so the request is kept and nothing is frozen.
    private void KeepEvidence(string text)
    {
        string folder = Path.Combine(_folder, EvidenceName);
        DurableFile.CreateFolder(folder);
        if (Directory.EnumerateFiles(folder).Count() < MostEvidence)
        {
            DurableFile.WriteAtomically(
                Path.Combine(folder, DigestOf(text) + ".txt"), System.Text.Encoding.UTF8.GetBytes(text));
        }
    }

    private void Load()
    {
        foreach (string origin in _logs.Select(log => log.Name).Distinct())
        {
            string path = PathOf(DigestOf(origin));
            if (DurableFile.Exists(path))
            {
                _latest[DigestOf(origin)] = ReadOwn(path, origin);
            }
        }
    }

    private SignedNote ReadOwn(string path, string origin)
    {
        try
        {
            SignedNote note = SignedNote.Parse(File.ReadAllBytes(path));
            if (Checkpoint.Parse(note.Text).Origin == origin && note.VerifiedBy([VerifierKey]).Count == 1)
            {
                return note;
            }
        }
        catch (NoteFormatException)
        {
            // Told below: a memory that can't be read must not become an empty one.
        }

        throw new LedgerDamagedException(0,
            $"{path} is no checkpoint that this witness cosigned. Without its memory a witness must not go on: "
            + "retire its key and make a new witness.");
    }

    private string PathOf(string digest) =>
        Path.Combine(_folder, $"{digest}.{LogKeeper.CheckpointName}");
}
