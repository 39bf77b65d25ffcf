using System.CommandLine;
using System.Text;
using DigitalTwin.Cli.Auditing.Report;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin audit report</c>: everything a copy of the ledger tells an auditor, in one document.</summary>
internal static class AuditReportCommand
{
    public static Command Create()
    {
        Argument<string> folder = AuditOptions.Folder();
        Option<string?> genesis = AuditOptions.Genesis();
        Option<string> format = new("--format")
        {
            Description = "How the report is written.",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "html", "json");
        Option<string?> output = new("--out")
        {
            Description = "File to write the report to; standard output when left out.",
            HelpName = "FILE",
        };
        Command command = new(
            "report", "Who did what, per study, with every sum and ε recomputed and every anomaly by its code.")
        {
            folder, format, output, genesis,
        };
        command.Run((parsed, _) =>
        {
            Dossier dossier = Dossier.Of(parsed.GetRequiredValue(folder), parsed.GetValue(genesis));
            string text = parsed.GetRequiredValue(format) switch
            {
                "html" => HtmlAuditReport.Write(dossier, TimeProvider.System.GetUtcNow()),
                "json" => DossierJson.Write(dossier),
                _ => TextReport.Write(dossier),
            };
            if (parsed.GetValue(output) is string path)
            {
                DurableFile.WriteAtomically(path, Encoding.UTF8.GetBytes(text));
                Console.WriteLine($"{(dossier.Audit.Passed ? "VERIFIED" : "NOT VERIFIED")}, report in {path}");
            }
            else
            {
                Console.Write(text);
            }

            return Task.FromResult(dossier.Audit.Passed ? ExitCodes.Complete : ExitCodes.NotVerified);
        });
        return command;
    }
}
