using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Keeping;

/// <summary>A member's own copy of one log, which cosigns only heads that its own entries confirm.</summary>
/// <remarks>
/// Two signed heads that contradict each other are stored as a fork proof and freeze the mirror for good, also across
/// restarts: a person has to look. Thread-safe.
/// </remarks>
public sealed class LogMirror : IDisposable
{
    /// <summary>Name of the folder that holds fork proofs.</summary>
    public const string ForkProofName = "fork-proof";

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly NoteVerifierKey _log;
    private readonly HeadHistory _cosigned;
    private string? _forkProof;

    private LogMirror(string folder, NoteVerifierKey log, EntryLog entries)
    {
        _folder = folder;
        _log = log;
        Entries = entries;
        _cosigned = HeadHistory.Open(folder, log, entries);
        string proofs = Path.Combine(folder, ForkProofName);
        _forkProof = Directory.Exists(proofs) ? Directory.EnumerateFiles(proofs).FirstOrDefault() : null;
        Final = ReadCheckpoint(folder);
    }

    /// <summary>The key of the copied log.</summary>
    public NoteVerifierKey Log => _log;

    /// <summary>The copied entries.</summary>
    public EntryLog Entries { get; }

    /// <summary>The newest adopted final head; null before the first.</summary>
    public SignedNote? Final { get; private set; }

    /// <summary>The newest head this mirror cosigned, with the log's signature; null before the first.</summary>
    public SignedNote? Cosigned
    {
        get
        {
            lock (_gate)
            {
                return _cosigned.Last;
            }
        }
    }

    /// <summary>Path of the fork proof that froze this mirror, or null.</summary>
    public string? ForkProof
    {
        get
        {
            lock (_gate)
            {
                return _forkProof;
            }
        }
    }

    /// <summary>Opens the copy in a folder, and makes it where there is none.</summary>
    /// <param name="folder">Folder of this copy alone.</param>
    /// <param name="logKey">Key of the log, from its genesis record or from enrolment.</param>
    /// <exception cref="LedgerLockedException">The copy has a writer already.</exception>
    /// <exception cref="LedgerDamagedException">Entries are damaged, or are not those that were cosigned.</exception>
    public static LogMirror Open(string folder, NoteVerifierKey logKey)
    {
        ArgumentNullException.ThrowIfNull(logKey);
        SignedNote? final = ReadCheckpoint(folder);
        long finalSize = final is null ? 0 : Checkpoint.Parse(final.Text).Size;
        EntryLog entries = EntryLog.Open(folder, long.Max(finalSize, HeadHistory.LargestSize(folder)));
        try
        {
            return new LogMirror(folder, logKey, entries);
        }
        catch
        {
            entries.Dispose();
            throw;
        }
    }

    /// <summary>Appends leaves that the keeper sent, in its order; the caller has judged them.</summary>
    /// <exception cref="ForkException">The mirror is frozen.</exception>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        lock (_gate)
        {
            ThrowIfForked();
            Entries.Append(leaves);
        }
    }

    /// <summary>The cosignature line of a head, or null where this mirror cannot vouch for it (yet).</summary>
    /// <remarks>Null: the head covers entries that are not here yet, or is older than one cosigned before.</remarks>
    /// <exception cref="NoteFormatException">The note is not a checkpoint signed by the log.</exception>
    /// <exception cref="ForkException">
    /// The head contradicts the entries: the log shows different members different things.
    /// </exception>
    public string? Cosign(SignedNote checkpoint, Ed25519Key witnessKey, string witnessName, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(witnessKey);
        ArgumentNullException.ThrowIfNull(time);
        lock (_gate)
        {
            ThrowIfForked();
            Checkpoint head = Verify(checkpoint);
            if (!Confirms(head, checkpoint) || head.Size < _cosigned.LastSize)
            {
                return null;
            }

            // Persist before responding: a witness that forgot what it said could be led to say the opposite.
            if (head.Size > _cosigned.LastSize)
            {
                _cosigned.Add(OnlyLog(checkpoint), head.Size);
            }

            return Cosignature.Sign(checkpoint.Text, witnessName, witnessKey, time.GetUtcNow()).ToString();
        }
    }

    /// <summary>
    /// Keeps a final head: true where it has a quorum and is newer, or has more cosignatures, than the kept one.
    /// </summary>
    /// <param name="checkpoint">The head with its cosignatures.</param>
    /// <param name="hospitals">Keys of the hospitals in force for it, <c>MemberRegistry.WitnessesFor</c>.</param>
    /// <exception cref="NoteFormatException">
    /// The note is not signed by the log, or a hospital's line does not hold.
    /// </exception>
    /// <exception cref="ForkException">The head contradicts the entries.</exception>
    public bool Adopt(SignedNote checkpoint, IReadOnlyList<NoteVerifierKey> hospitals)
    {
        ArgumentNullException.ThrowIfNull(hospitals);
        lock (_gate)
        {
            ThrowIfForked();
            Checkpoint head = Verify(checkpoint);
            int cosignatures = checkpoint.VerifiedBy(hospitals).Count;
            if (!Confirms(head, checkpoint) || cosignatures < Quorum.Of(hospitals.Count))
            {
                return false;
            }

            // Lines of strangers prove nothing here, so they are not kept.
            SignedNote kept = checkpoint.Where(line => line.IsBy(_log) || hospitals.Any(line.IsBy));
            long size = Final is null ? -1 : Checkpoint.Parse(Final.Text).Size;
            if (head.Size < size || (head.Size == size && kept.Signatures.Count <= Final!.Signatures.Count))
            {
                return false;
            }

            DurableFile.WriteAtomically(Path.Combine(_folder, LogKeeper.CheckpointName), kept.ToBytes());
            Final = kept;
            return true;
        }
    }

    /// <summary>
    /// Holds a head that another member was shown against the entries: true where they confirm it, false where it
    /// covers more than is here.
    /// </summary>
    /// <exception cref="NoteFormatException">The note is not a checkpoint signed by the log.</exception>
    /// <exception cref="ForkException">The head contradicts the entries.</exception>
    public bool Compare(SignedNote checkpoint)
    {
        lock (_gate)
        {
            ThrowIfForked();
            return Confirms(Verify(checkpoint), checkpoint);
        }
    }

    /// <summary>Keeps a fork proof that was found elsewhere, and freezes.</summary>
    /// <exception cref="ArgumentException">It does not convict this log.</exception>
    /// <exception cref="ForkException">It does: always, where it holds.</exception>
    [DoesNotReturn]
    public void Freeze(Forks.ForkProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (proof.Refuses(_log) is string refusal)
        {
            throw new ArgumentException(refusal, nameof(proof));
        }

        lock (_gate)
        {
            ThrowIfForked();
            throw Store(System.Text.Encoding.UTF8.GetBytes(proof.Format()),
                $"The log {_log.Name} showed another member a head that contradicts a head it showed here. Nothing "
                + "more is accepted from it. The proof is stored and convinces anyone who has the log's key.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cosigned.Dispose();
        Entries.Dispose();
    }

    private static SignedNote? ReadCheckpoint(string folder)
    {
        string path = Path.Combine(folder, LogKeeper.CheckpointName);
        return DurableFile.Exists(path) ? SignedNote.Parse(File.ReadAllBytes(path)) : null;
    }

    private Checkpoint Verify(SignedNote checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Checkpoint head = Checkpoint.Parse(checkpoint.Text);
        return checkpoint.VerifiedBy([_log]).Count == 1 && head.Origin == _log.Name
            ? head
            : throw new NoteFormatException($"The checkpoint is not signed by the log {_log.Name}.");
    }

    private bool Confirms(Checkpoint head, SignedNote checkpoint)
    {
        if (head.Size > Entries.Size)
        {
            return false;
        }

        if (Entries.RootAt(head.Size) != head.Root)
        {
            throw Freeze(head, checkpoint);
        }

        return true;
    }

    private ForkException Freeze(Checkpoint head, SignedNote contradicting)
    {
        SignedNote[] known = [.. new[] { _cosigned.Last, Final }.OfType<SignedNote>().Select(OnlyLog)];
        SignedNote? larger = known.FirstOrDefault(note => Checkpoint.Parse(note.Text).Size >= head.Size);
        SignedNote lie = OnlyLog(contradicting);
        string about = $"The log {_log.Name} signed a head of {head.Size} entries that contradicts the entries it "
            + "sent before. Nothing more is accepted from it. ";
        if (larger is null)
        {
            byte[] notes = [.. known.Append(lie).SelectMany(note => note.ToBytes())];
            return Store(notes, about + "The notes are stored; they convict the log only together with these "
                + "entries, because no head was signed over them yet.");
        }

        // The head that these entries confirm covers the other: what it held at that size is known here.
        long size = Checkpoint.Parse(larger.Text).Size;
        Forks.ForkProof proof = size == head.Size
            ? Forks.ForkProof.OfEqualSizes(larger, lie)
            : Forks.ForkProof.Of(
                lie, larger, Entries.RootAt(head.Size), Entries.ConsistencyProof(head.Size, size));
        return Store(System.Text.Encoding.UTF8.GetBytes(proof.Format()), about
            + "The proof is stored and convinces anyone who has the log's key.");
    }

    private ForkException Store(byte[] proof, string message)
    {
        string proofs = Path.Combine(_folder, ForkProofName);
        string path = Path.Combine(proofs, Convert.ToHexStringLower(SHA256.HashData(proof)) + ".txt");
        DurableFile.CreateFolder(proofs);
        DurableFile.WriteAtomically(path, proof);
        _forkProof = path;
        return new ForkException(path, message);
    }

    private SignedNote OnlyLog(SignedNote note)
    {
        NoteSignature line = note.Signatures.First(signature => signature.IsBy(_log));
        return note.Where(signature => ReferenceEquals(signature, line));
    }

    private void ThrowIfForked()
    {
        if (_forkProof is not null)
        {
            throw new ForkException(_forkProof, $"The copy of {_log.Name} is frozen by a fork proof.");
        }
    }
}

/// <summary>The log contradicts itself; what shows it is in a file.</summary>
public sealed class ForkException(string proofPath, string message) : Exception(message)
{
    /// <summary>Path of the stored proof.</summary>
    public string ProofPath => proofPath;
}
