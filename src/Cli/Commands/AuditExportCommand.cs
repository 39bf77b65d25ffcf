using System.CommandLine;
using System.Text;
using DigitalTwin.Cli.Auditing.Exports;
using DigitalTwin.Cli.Auditing.Report;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Exports.ModelSigning;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin audit export</c>: one study in the formats of other worlds.</summary>
internal static class AuditExportCommand
{
    private static readonly string[] Formats = ["oms", "model-card", "model-card-json", "fhir", "prov", "ro-crate"];

    public static Command Create()
    {
        Argument<string> folder = AuditOptions.Folder();
        Option<string> study = Required("--study", "Name of the study.", "NAME");
        Option<string> format = Required("--format", "What to write.", "FORMAT");
        format.AcceptOnlyFromAmong(Formats);
        Option<string> output = Required("--out", "File to write; a folder for oms and ro-crate.", "PATH");
        Option<string?> key = new("--key")
        {
            Description = "P-256 private key (PKCS#8 PEM, such as record.key.pem) that signs the model.",
            HelpName = "FILE",
        };
        Option<string?> genesis = AuditOptions.Genesis();
        Command command = new(
            "export", "Write a study as a signed model, model card, FHIR bundle, PROV document or evidence folder.")
        {
            folder, study, format, output, key, genesis,
        };
        command.Run((parsed, _) =>
        {
            string path = parsed.GetRequiredValue(folder);
            Dossier dossier = Dossier.Of(path, parsed.GetValue(genesis));
            string name = parsed.GetRequiredValue(study);
            StudyStory story = dossier.Study(name);
            StudyTrail trail = StudyTrail.Read(path, name)!;
            Console.WriteLine(Write(
                parsed.GetRequiredValue(format), parsed.GetRequiredValue(output), parsed.GetValue(key), dossier, story,
                trail));
            Console.WriteLine(dossier.Audit.Passed ? "VERIFIED" : "NOT VERIFIED: see dtwin audit report.");
            return Task.FromResult(dossier.Audit.Passed ? ExitCodes.Complete : ExitCodes.NotVerified);
        });
        return command;
    }

    private static string Write(
        string format, string output, string? key, Dossier dossier, StudyStory study, StudyTrail trail)
    {
        try
        {
            return format switch
            {
                "oms" => Sign(output, key, study, trail),
                "ro-crate" => Collect(output, key, dossier, study, trail),
                "model-card" => Put(output, ModelCard.Of(dossier, study).ToMarkdown()),
                "model-card-json" => Put(output, ModelCard.Of(dossier, study).ToJson()),
                "fhir" => Put(output, ExportText.Of(FhirExport.Write(trail))),
                _ => Put(output, ExportText.Of(ProvExport.Write(trail))),
            };
        }
        catch (ModelSignatureException problem)
        {
            throw new CommandException(ExitCodes.Usage, problem.Message);
        }
    }

    private static string Put(string output, string text)
    {
        DurableFile.WriteAtomically(output, Encoding.UTF8.GetBytes(text));
        return $"written to {output}";
    }

    private static string Collect(
        string output, string? key, Dossier dossier, StudyStory study, StudyTrail trail)
    {
        int files = new EvidenceFolder(output, dossier, study, trail).Write(key, TimeProvider.System.GetUtcNow());
        return $"{files} files in {output}";
    }

    private static string Sign(string output, string? key, StudyStory study, StudyTrail trail)
    {
        if (key is null)
        {
            throw new CommandException(ExitCodes.Usage, "The format oms needs --key: the key that signs the model.");
        }

        ModelFolder.Write(output, study);
        string signer = ModelFolder.Sign(output, key, trail.MemberRecords);
        return $"model in {output}, {signer}";
    }

    private static Option<string> Required(string name, string description, string help) => new(name)
    {
        Description = description,
        HelpName = help,
        Required = true,
    };
}
