using System.Text.Json.Nodes;
using DigitalTwin.Federation.Auditing;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Auditing;

/// <summary>
/// Both audits of a ledger folder: what its parties signed, and whether the sums are what was signed.
/// </summary>
internal sealed record AuditReport(VerificationReport Ledger, SumAudit? Sums)
{
    public bool Passed => Ledger.Passed && Sums is { Findings.Count: 0 };

    /// <summary>Verifies a plain copy of a ledger folder, offline.</summary>
    /// <param name="genesis">SHA-256 of the genesis record, learnt elsewhere; null accepts any consortium.</param>
    public static AuditReport Of(string folder, string? genesis)
    {
        RequireLedger(folder);
        VerificationOptions options = new() { ExpectedGenesis = genesis };
        VerificationReport ledger = LedgerVerifier.Verify(folder, options);
        return new AuditReport(ledger, ledger.Passed ? SumAuditor.Run(folder) : null);
    }

    /// <summary>Refuses a folder that holds no ledger.</summary>
    /// <exception cref="CommandException">It does not.</exception>
    public static void RequireLedger(string folder)
    {
        if (!Directory.Exists(Path.Combine(folder, "authorization")) || !Directory.Exists(Path.Combine(folder, "data")))
        {
            throw new CommandException(
                ExitCodes.Usage,
                $"{folder} is no ledger: it needs the folders authorization, data and blobs, "
                    + "as in the ledger folder of a run.");
        }
    }

    public JsonObject ToJson() => new()
    {
        ["passed"] = Passed,
        ["genesis"] = Ledger.Genesis,
        ["authorization"] = Log(Ledger.Authorization),
        ["data"] = Log(Ledger.Data),
        ["members"] = new JsonArray([.. Ledger.Members.Select(member => (JsonNode)new JsonObject
        {
            ["id"] = member.Id,
            ["role"] = member.Role.ToString().ToLowerInvariant(),
        })]),
        ["records"] = new JsonObject(Ledger.Records.Select(pair =>
            KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        ["sums"] = Sums is null ? null : new JsonObject
        {
            ["rounds"] = Sums.Rounds,
            ["addends"] = Sums.Addends,
            ["epsilons"] = Sums.Epsilons,
        },
        ["findings"] = new JsonArray([.. Sentences().Select(sentence => (JsonNode)sentence)]),
    };

    /// <summary>Every finding as one sentence; warnings are marked.</summary>
    public IEnumerable<string> Sentences() => Ledger.Findings
        .Select(finding => finding.Severity == Severity.Warning ? $"warning: {finding.Message}" : finding.Message)
        .Concat(Sums is null ? [] : new SumReport(Sums).Sentences());

    private static JsonObject? Log(LogSummary? log) => log is null ? null : new JsonObject
    {
        ["size"] = log.Size,
        ["root"] = log.Root.ToString(),
        ["signedHeads"] = log.SignedHeads,
        ["finalSize"] = log.FinalSize,
        ["cosignatures"] = log.Cosignatures,
        ["quorum"] = log.Quorum,
    };
}
