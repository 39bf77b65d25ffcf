using System.Security.Cryptography;
using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Auditing;

/// <summary>Single proofs out of a ledger folder, and the checks of such proofs without one.</summary>
internal static class ProofReport
{
    /// <summary>A record with the proof that it is in a log, under the final checkpoint of the folder.</summary>
    /// <param name="folder">A ledger folder.</param>
    /// <param name="log">Which log.</param>
    /// <param name="index">Index of the record, or null to look it up.</param>
    /// <param name="leafDigest">Lower-case hex SHA-256 of the record's bytes, where there is no index.</param>
    /// <exception cref="CommandException">There is no such record, or it is not final.</exception>
    public static (ProofFile Proof, ReadOnlyMemory<byte> Record) Prove(
        string folder, LogKind log, long? index, string? leafDigest)
    {
        AuditReport.RequireLedger(folder);
        string name = LedgerVerifier.FolderNameOf(log);
        string checkpoint = Path.Combine(folder, name, LogKeeper.CheckpointName);
        if (!File.Exists(checkpoint))
        {
            throw new CommandException(ExitCodes.NotVerified, $"The {name} log has no final checkpoint yet.");
        }

        using EntryLog entries = EntryLog.OpenRead(Path.Combine(folder, name));
        SignedNote note = Read(checkpoint, SignedNote.Parse);
        long size = Checkpoint.Parse(note.Text).Size;
        long wanted = index ?? Find(entries, leafDigest!, name);
        if (wanted >= size || size > entries.Size || entries.RootAt(size) != Checkpoint.Parse(note.Text).Root)
        {
            throw new CommandException(
                ExitCodes.NotVerified,
                $"Record {wanted} of the {name} log is not under its final checkpoint over {size} of "
                    + $"{entries.Size} records: wait until it is final, or run dtwin audit verify.");
        }

        return (ProofFile.Of(entries, wanted, note), entries.Read(wanted));
    }

    /// <summary>Null where the file proves the record under the policy, else the sentence that says why not.</summary>
    public static string? Check(string proofFile, string leafFile, string policyFile)
    {
        PolicyFile policy = Policy(policyFile);
        ProofFile proof = Read(proofFile, ProofFile.Parse);
        return proof.Refuses(Rfc6962.Leaf(Bytes(leafFile)), policy);
    }

    /// <summary>The policy of the members in the authorization log of a folder.</summary>
    /// <exception cref="CommandException">The log can't be read to its end.</exception>
    public static PolicyFile PolicyOf(string folder)
    {
        AuditReport.RequireLedger(folder);
        using EntryLog authorization = EntryLog.OpenRead(
            Path.Combine(folder, LedgerVerifier.FolderNameOf(LogKind.Authorization)));
        try
        {
            return PolicyFile.OfConsortium(MemberRegistry.Replay(authorization), authorization.Size);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            throw new CommandException(
                ExitCodes.NotVerified, $"The authorization log of {folder} names no members: {error.Message}");
        }
    }

    /// <summary>Null where the file convicts the log, else the sentence that says why not.</summary>
    /// <exception cref="CommandException">The key is no verifier key.</exception>
    public static string? CheckFork(string forkFile, string vkey)
    {
        NoteVerifierKey log = LogKey(vkey, "--log");
        return Read(forkFile, ForkProof.Parse).Refuses(log);
    }

    /// <summary>Reads a key that was given on the command line.</summary>
    /// <exception cref="CommandException">The text is no key of a log.</exception>
    public static NoteVerifierKey LogKey(string vkey, string option)
    {
        try
        {
            NoteVerifierKey key = NoteVerifierKey.Parse(vkey);
            return key.Type == NoteKeyType.Log
                ? key
                : throw new CommandException(ExitCodes.Usage, $"{option}: {vkey} is a witness's key, not a log's.");
        }
        catch (NoteFormatException error)
        {
            throw new CommandException(ExitCodes.Usage, $"{option}: {error.Message}");
        }
    }

    private static PolicyFile Policy(string path)
    {
        try
        {
            return PolicyFile.Parse(Bytes(path));
        }
        catch (NoteFormatException error)
        {
            throw new CommandException(ExitCodes.Usage, $"{path}: {error.Message}");
        }
    }

    private delegate T Parser<T>(ReadOnlySpan<byte> bytes);

    private static T Read<T>(string path, Parser<T> parse)
    {
        try
        {
            return parse(Bytes(path));
        }
        catch (NoteFormatException error)
        {
            throw new CommandException(ExitCodes.NotVerified, $"{path}: {error.Message}");
        }
    }

    private static byte[] Bytes(string path) => File.Exists(path)
        ? File.ReadAllBytes(path)
        : throw new CommandException(ExitCodes.Usage, $"There is no file {path}.");

    private static long Find(EntryLog entries, string leafDigest, string name)
    {
        for (long index = 0; index < entries.Size; index++)
        {
            if (Convert.ToHexStringLower(SHA256.HashData(entries.Read(index).Span)) == leafDigest)
            {
                return index;
            }
        }

        throw new CommandException(
            ExitCodes.NotVerified, $"No record of the {name} log has the SHA-256 {leafDigest}.");
    }
}
