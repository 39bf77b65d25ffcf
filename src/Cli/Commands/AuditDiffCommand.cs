using System.CommandLine;
using DigitalTwin.Cli.Auditing;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin audit diff</c>: two copies of a ledger, and whether they can be of one log.</summary>
internal static class AuditDiffCommand
{
    public static Command Create()
    {
        Argument<string> first = AuditOptions.Folder("dir-a");
        Argument<string> second = AuditOptions.Folder("dir-b");
        Option<string?> output = new("--out")
        {
            Description = "Folder for the two notes of each contradiction, to the letter.",
            HelpName = "DIR",
        };
        Option<bool> json = SharedOptions.Json();
        Command command = new(
            "diff", "Compare two copies: common prefix, first difference, and heads that contradict each other.")
        {
            first, second, output, json,
        };
        command.Run((parsed, _) =>
        {
            LedgerDiff diff = LedgerDiff.Of(parsed.GetRequiredValue(first), parsed.GetRequiredValue(second));
            IReadOnlyList<string> notes = parsed.GetValue(output) is string folder ? diff.WriteNotes(folder) : [];
            if (parsed.GetValue(json))
            {
                Console.WriteLine(diff.ToJson().ToJsonString());
            }
            else
            {
                diff.Print(Console.Out);
                foreach (string note in notes)
                {
                    Console.WriteLine($"note in {note}");
                }
            }

            return Task.FromResult(diff.Agrees ? ExitCodes.Complete : ExitCodes.NotVerified);
        });
        return command;
    }
}
