using System.CommandLine;
using DigitalTwin.Cli.Auditing;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin audit</c>: verify a copy of the ledger offline.</summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "Verify a ledger offline, without trusting the coordinator.")
    {
        Verify(),
        Recompute(),
        ProofCommands.Prove(),
        ProofCommands.CheckProof(),
        ProofCommands.Policy(),
        ProofCommands.ForkProof(),
        AuditReportCommand.Create(),
        AuditDiffCommand.Create(),
        AuditExportCommand.Create(),
        AuditModelCommand.Create(),
    };

    private static Command Recompute()
    {
        Argument<string> folder = AuditOptions.Folder();
        Option<bool> json = SharedOptions.Json();
        Command command = new(
            "recompute", "Add every round's addends again, open the sums and repeat the steps; name what differs.")
        {
            folder, json,
        };
        command.Run((parsed, _) =>
        {
            SumReport report = SumReport.Of(parsed.GetRequiredValue(folder));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(report.ToJson().ToJsonString());
            }
            else
            {
                report.Print(Console.Out);
            }

            return Task.FromResult(report.Passed ? ExitCodes.Complete : ExitCodes.NotVerified);
        });
        return command;
    }

    private static Command Verify()
    {
        Argument<string> folder = AuditOptions.Folder();
        Option<string?> genesis = AuditOptions.Genesis();
        Option<bool> json = SharedOptions.Json();
        Command command = new(
            "verify", "Check records, signatures, roles, Merkle roots, cosignatures, sums and privacy spent.")
        {
            folder, genesis, json,
        };
        command.Run((parsed, _) =>
        {
            AuditReport report = AuditReport.Of(parsed.GetRequiredValue(folder), parsed.GetValue(genesis));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(report.ToJson().ToJsonString());
            }
            else
            {
                Print(report);
            }

            return Task.FromResult(report.Passed ? ExitCodes.Complete : ExitCodes.NotVerified);
        });
        return command;
    }

    private static void Print(AuditReport report)
    {
        Console.WriteLine($"genesis        {report.Ledger.Genesis ?? "unreadable"}");
        PrintLog("authorization", report.Ledger.Authorization);
        PrintLog("data", report.Ledger.Data);
        Console.WriteLine($"members        {string.Join(", ", report.Ledger.Members.Select(member => member.Id))}");
        Console.WriteLine(report.Sums is { } sums
            ? $"recomputed     {sums.Rounds} sums of {sums.Addends} addends, {sums.Epsilons} reported ε"
            : "recomputed     nothing: the ledger itself does not hold");
        foreach (string sentence in report.Sentences())
        {
            Console.WriteLine($"  {sentence}");
        }

        Console.WriteLine(report.Passed ? "VERIFIED" : "NOT VERIFIED");
    }

    private static void PrintLog(string name, LogSummary? log) => Console.WriteLine(log is null
        ? $"{name,-14} can't be opened"
        : $"{name,-14} {log.Size} records, {log.FinalSize} final with {log.Cosignatures} of at least "
            + $"{log.Quorum} cosignatures, root {log.Root}");
}
