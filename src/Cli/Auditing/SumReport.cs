using System.Text.Json.Nodes;
using DigitalTwin.Federation.Auditing;

namespace DigitalTwin.Cli.Auditing;

/// <summary>Every sum of a ledger folder, added up again from the addends that the hospitals committed to.</summary>
/// <remarks>
/// Who signed what is the part of <c>audit verify</c>. This reads the records as they stand and says whether their
/// addends give their sums, so that one wrong round does not hide the others.
/// </remarks>
internal sealed record SumReport(SumAudit Audit)
{
    public bool Passed => Audit.Findings.Count == 0;

    /// <summary>Adds up a plain copy of a ledger folder, offline.</summary>
    /// <exception cref="CommandException">The folder is no ledger, or damaged beyond reading.</exception>
    public static SumReport Of(string folder)
    {
        AuditReport.RequireLedger(folder);
        try
        {
            return new SumReport(SumAuditor.Run(folder));
        }
        catch (Exception problem) when (problem is Ledger.Storage.LedgerDamagedException or FormatException)
        {
            throw new CommandException(
                ExitCodes.NotVerified, $"{folder} can't be read: {problem.Message} Run dtwin audit verify on it.");
        }
    }

    public JsonObject ToJson() => new()
    {
        ["passed"] = Passed,
        ["sums"] = new JsonArray([.. Audit.Sums.Select(sum => (JsonNode)new JsonObject
        {
            ["study"] = sum.Study,
            ["round"] = sum.Round,
            ["purpose"] = sum.Purpose,
            ["protection"] = sum.Protection,
            ["record"] = sum.Index,
            ["addends"] = Names(sum.Addends),
            ["excused"] = Names(sum.Excused),
            ["openedBy"] = Names(sum.Openings),
            ["sum"] = sum.Sum,
            ["agrees"] = sum.Agrees,
        })]),
        ["findings"] = new JsonArray([.. Sentences().Select(sentence => (JsonNode)sentence)]),
    };

    public void Print(TextWriter output)
    {
        foreach (RecomputedSum sum in Audit.Sums)
        {
            string excused = sum.Excused.Count == 0 ? "" : $"; without {string.Join(", ", sum.Excused)}";
            string opened = sum.Openings.Count == 0 ? "" : $", opened by {sum.Openings.Count}";
            output.WriteLine(
                $"{sum.Study} round {sum.Round} ({sum.Purpose}, {sum.Protection}): {sum.Addends.Count} addends{opened}"
                    + $"{excused}: {(sum.Agrees ? "agrees" : "DIFFERS")}, {sum.Sum}");
        }

        foreach (string sentence in Sentences())
        {
            output.WriteLine($"  {sentence}");
        }

        output.WriteLine(Passed ? "ALL SUMS AGREE" : "NOT ALL SUMS AGREE");
    }

    /// <summary>Every finding as one sentence.</summary>
    public IEnumerable<string> Sentences() => Audit.Findings.Select(SentenceOf);

    /// <summary>A finding as one sentence.</summary>
    public static string SentenceOf(AuditFinding finding) =>
        $"Record {finding.Index} of the {finding.Log.ToString().ToLowerInvariant()} log: {finding.Message}";

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => (JsonNode)name)];
}
