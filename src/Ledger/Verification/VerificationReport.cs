using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Verification;

/// <summary>What the auditor knows already and how strict the verification is.</summary>
public sealed record VerificationOptions
{
    /// <summary>
    /// Lower-case hex SHA-256 of the genesis leaf, learnt out of band; without it any consortium is accepted.
    /// </summary>
    public string? ExpectedGenesis { get; init; }

    /// <summary>
    /// Heads seen elsewhere or earlier: a log that was rolled back or rewritten since contradicts them.
    /// </summary>
    public IReadOnlyList<SignedNote> KnownHeads { get; init; } = [];

    /// <summary>Whether records without a final head over them are an error instead of a warning.</summary>
    public bool RequireFinal { get; init; }
}

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Nothing is wrong, but something is not finished.</summary>
    Warning,

    /// <summary>The ledger is not what its parties signed.</summary>
    Error,
}

/// <summary>One thing the verification found.</summary>
/// <param name="Code">Stable word for the kind of finding.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Log">The log concerned, or null for the folder.</param>
/// <param name="Index">The record concerned, or the first of a range; null where no record is.</param>
/// <param name="Message">A sentence with record, type and author where they are known.</param>
public sealed record Finding(string Code, Severity Severity, LogKind? Log, long? Index, string Message);

/// <summary>What was found of one log.</summary>
/// <param name="Size">Readable records.</param>
/// <param name="Root">Merkle root over them.</param>
/// <param name="SignedHeads">Heads in the history that hold.</param>
/// <param name="FinalSize">Records under the final head; 0 where there is none.</param>
/// <param name="Cosignatures">Valid cosignatures of hospitals under the final head.</param>
/// <param name="Quorum">Cosignatures it needs.</param>
public sealed record LogSummary(
    long Size, MerkleHash Root, int SignedHeads, long FinalSize, int Cosignatures, int Quorum);

/// <summary>The outcome of a verification.</summary>
public sealed record VerificationReport
{
    /// <summary>Everything found, in the order of checking.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Whether no finding is an error.</summary>
    public bool Passed => Findings.All(finding => finding.Severity != Severity.Error);

    /// <summary>The authorization log; null where it could not be opened.</summary>
    public LogSummary? Authorization { get; init; }

    /// <summary>The data log; null where it could not be opened.</summary>
    public LogSummary? Data { get; init; }

    /// <summary>Members that valid records admitted.</summary>
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>How many valid records there are of each name.</summary>
    public IReadOnlyDictionary<string, long> Records { get; init; } = new Dictionary<string, long>();

    /// <summary>Lower-case hex SHA-256 of the genesis leaf; compare it with what the consortium published.</summary>
    public string? Genesis { get; init; }

    /// <summary>Blobs whose name is their digest.</summary>
    public int Blobs { get; init; }
}
