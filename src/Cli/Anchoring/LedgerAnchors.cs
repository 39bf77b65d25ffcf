using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Anchoring;

/// <summary>How far a log of a ledger folder is anchored.</summary>
/// <param name="Log">Its name: authorization or data.</param>
/// <param name="FinalSize">Records of its final checkpoint.</param>
/// <param name="Anchored">The largest checkpoint on the chain that this log holds; null where there is none.</param>
/// <param name="Finding">What is wrong, in a sentence; null where all that matters is anchored.</param>
internal sealed record LogAnchor(string Log, long FinalSize, AnchoredCheckpoint? Anchored, string? Finding);

/// <summary>The final checkpoints of a ledger folder, and what a chain says of them.</summary>
internal sealed class LedgerAnchors(string folder)
{
    /// <summary>The final checkpoint of each log; a log without one yet is left out.</summary>
    /// <exception cref="CommandException">The folder does not verify: nothing of it may be anchored.</exception>
    public IReadOnlyList<AnchorPurpose> Verified()
    {
        VerificationReport report = LedgerVerifier.Verify(folder, new VerificationOptions());
        if (!report.Passed)
        {
            throw new CommandException(
                ExitCodes.NotVerified,
                $"{folder} does not verify, so nothing of it is anchored: {report.Findings[0].Message}");
        }

        return Claimed();
    }

    /// <summary>The same as the files say it, unverified: to see whether anything changed.</summary>
    public IReadOnlyList<AnchorPurpose> Claimed() =>
        [.. Enum.GetValues<LogKind>().Select(Final).OfType<Checkpoint>().Select(AnchorPurpose.Of)];

    /// <summary>Asks a chain how far each log is anchored.</summary>
    public async Task<IReadOnlyList<LogAnchor>> AskAsync(
        CheckpointContract contract, long fromBlock, CancellationToken cancellationToken)
    {
        List<LogAnchor> answers = [];
        foreach (LogKind kind in Enum.GetValues<LogKind>())
        {
            answers.Add(await AskAsync(kind, contract, fromBlock, cancellationToken));
        }

        return answers;
    }

    private async Task<LogAnchor> AskAsync(
        LogKind kind, CheckpointContract contract, long fromBlock, CancellationToken cancellationToken)
    {
        string log = LedgerVerifier.FolderNameOf(kind);
        if (Final(kind) is not { } final)
        {
            return new LogAnchor(log, 0, null, "it has no final checkpoint yet.");
        }

        using EntryLog entries = EntryLog.OpenRead(Path.Combine(folder, log));
        byte[] origin = AnchorPurpose.Of(final).OriginHash;
        long size = await contract.SizeOfAsync(origin, cancellationToken);
        if (size == 0 || size > entries.Size)
        {
            return new LogAnchor(log, final.Size, null, size == 0
                ? "nothing of it is anchored."
                : $"{size} records are anchored and it has {entries.Size}: this copy is old, or cut off.");
        }

        AnchorPurpose purpose = new(final.Origin, size, entries.RootAt(size).ToString());
        if (await contract.RootOfAsync(origin, size, cancellationToken) != purpose.Root)
        {
            return new LogAnchor(
                log, final.Size, null, $"another root is anchored for {size} records: this is another history.");
        }

        AnchoredCheckpoint? found = await contract.FindAsync(purpose, fromBlock, cancellationToken);
        string? finding = found is null
            ? $"no event since block {fromBlock} says that {size} records are anchored."
            : AnchorNews.IsBetween(entries, size, final.Size)
                ? $"{final.Size - size} records of its final checkpoint are not anchored yet."
                : null;
        return new LogAnchor(log, final.Size, found, finding);
    }

    private Checkpoint? Final(LogKind kind)
    {
        string path = Path.Combine(folder, LedgerVerifier.FolderNameOf(kind), LogKeeper.CheckpointName);
        if (!File.Exists(path))
        {
            return null;
        }

        Checkpoint checkpoint = Checkpoint.Parse(SignedNote.Parse(File.ReadAllBytes(path)).Text);
        return checkpoint.Root == Rfc6962.Empty ? null : checkpoint;
    }
}
