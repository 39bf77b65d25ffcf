using System.Globalization;
using System.Text;
using DigitalTwin.Cli.Auditing.Report;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Auditing.Exports;

/// <summary>All evidence of one study in one folder that can be archived, sent and checked without us.</summary>
internal sealed class EvidenceFolder(string root, Dossier dossier, StudyStory study, StudyTrail trail)
{
    private const string SumsName = "SHA256SUMS";

    // Records an outsider asks a proof for; every other one can be proved from the copy of the ledger.
    private static readonly string[] Proven =
        ["study-proposed", "study-approved", "round-closed", "model-released", "model-revoked", "study-closed"];

    private static readonly Dictionary<string, string> About = new(StringComparer.Ordinal)
    {
        ["report.html"] = "What the ledger tells an auditor, for people.",
        ["report.json"] = "What the ledger tells an auditor, for programs.",
        ["model-card.md"] = "Card of the released model.",
        ["model-card.json"] = "Card of the released model, for programs.",
        ["study.fhir.json"] = "HL7 FHIR R4 bundle: provenance of the model, audit events of the study.",
        ["study.prov.json"] = "W3C PROV-JSON of the study.",
        ["model/model.sig"] = "OpenSSF Model Signing v1.0 signature over the files of the folder model.",
        [SumsName] = "Digests of all files for sha256sum --check.",
    };

    /// <summary>Writes everything and returns how many files there are.</summary>
    /// <param name="keyPath">Key that signs the model, or null to leave it unsigned.</param>
    /// <param name="generatedAt">When the report is written.</param>
    public int Write(string? keyPath, DateTimeOffset generatedAt)
    {
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
        {
            throw new CommandException(
                ExitCodes.Usage, $"{root} is not empty; evidence goes into a folder of its own.");
        }

        DurableFile.CreateFolder(root);
        CopyLedger();
        Put("report.html", HtmlAuditReport.Write(dossier, generatedAt));
        Put("report.json", DossierJson.Write(dossier));
        Put("study.fhir.json", ExportText.Of(FhirExport.Write(trail)));
        Put("study.prov.json", ExportText.Of(ProvExport.Write(trail)));
        if (study.ReleasedModel is not null)
        {
            ModelCard card = ModelCard.Of(dossier, study);
            Put("model-card.md", card.ToMarkdown());
            Put("model-card.json", card.ToJson());
            string model = Path.Combine(root, "model");
            ModelFolder.Write(model, study);
            if (keyPath is not null)
            {
                ModelFolder.Sign(model, keyPath, trail.MemberRecords);
            }
        }

        Prove();
        string[] paths = [.. ResearchObjectCrate.PathsUnder(root)];
        Put(SumsName, Sums(paths));
        Put(ResearchObjectCrate.FileName, ExportText.Of(
            ResearchObjectCrate.Describe(root, Description(), path => About.GetValueOrDefault(path))));
        return paths.Length + 2;
    }

    private CrateDescription Description() => new(
        $"Evidence of the study {study.Name}",
        $"{study.Title ?? study.Name}. A copy of the ledger of the consortium {dossier.Consortium}, with report, "
            + $"proofs and exports; the ledger {(dossier.Audit.Passed ? "verifies" : "does not verify")}.",
        DateOnly.FromDateTime((dossier.Newest ?? DateTimeOffset.UnixEpoch).UtcDateTime),
        "The ledger states no licence; ask the members of the consortium.");

    private void CopyLedger()
    {
        foreach (string path in ResearchObjectCrate.PathsUnder(dossier.Folder))
        {
            string target = Path.Combine(root, "ledger", path);
            DurableFile.CreateFolder(Path.GetDirectoryName(target)!);
            DurableFile.WriteAtomically(target, File.ReadAllBytes(Path.Combine(dossier.Folder, path)));
        }
    }

    private void Prove()
    {
        foreach (TrailRecord record in trail.Records.Where(record => Proven.Contains(record.Name)))
        {
            string? proof = InclusionProofFile.Write(dossier.Folder, record.Log, record.Index);
            if (proof is not null)
            {
                string name = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{record.Log.ToString().ToLowerInvariant()}-{record.Index}-{record.Name}");
                DurableFile.CreateFolder(Path.Combine(root, "proofs"));
                Put($"proofs/{name}{InclusionProofFile.FileEnding}", proof);
                DurableFile.WriteAtomically(
                    Path.Combine(root, "proofs", name + ".leaf.json"), record.Envelope.Leaf.Span);
            }
        }
    }

    private string Sums(IEnumerable<string> paths)
    {
        StringBuilder sums = new();
        foreach (string path in paths)
        {
            using FileStream file = File.OpenRead(Path.Combine(root, path));
            string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file));
            sums.Append(CultureInfo.InvariantCulture, $"{digest}  {path}\n");
        }

        return sums.ToString();
    }

    private void Put(string path, string text) =>
        DurableFile.WriteAtomically(Path.Combine(root, path), Encoding.UTF8.GetBytes(text));
}
