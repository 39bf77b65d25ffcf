using DigitalTwin.Federation.Auditing;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>One thing that an audit found, whichever part of it: a stable code and a sentence.</summary>
/// <param name="Code">Listed with its meaning in docs/auditing-the-ledger.md.</param>
/// <param name="Severity">An error fails the audit, a warning does not.</param>
/// <param name="Log"><c>authorization</c>, <c>data</c>, or null for the folder.</param>
/// <param name="Index">The record concerned, or null where no single one is.</param>
/// <param name="Sentence">What is wrong, for people.</param>
internal sealed record Anomaly(string Code, Severity Severity, string? Log, long? Index, string Sentence)
{
    /// <summary>Where it was found, for people.</summary>
    public string Place => Log is null ? "folder" : Index is null ? Log : $"{Log} {Index}";

    /// <summary>Everything that both audits found, in their order.</summary>
    public static IReadOnlyList<Anomaly> Of(AuditReport audit) =>
    [
        .. audit.Ledger.Findings.Select(finding => new Anomaly(
            finding.Code, finding.Severity, WordOf(finding.Log), finding.Index, finding.Message)),
        .. (audit.Sums?.Findings ?? []).Select(Of),
    ];

    private static Anomaly Of(AuditFinding finding) => new(
        finding.Code, Severity.Error, WordOf(finding.Log), finding.Index, SumReport.SentenceOf(finding));

    private static string? WordOf(Ledger.Records.LogKind? log) => log?.ToString().ToLowerInvariant();
}
