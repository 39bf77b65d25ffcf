using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Tests.Auditing;

// Goal: an auditor with a plain copy gets one document that says everything, and files that other tools read. Method:
// the ledger of one short private study, as it is and with one thing altered; every command as a process.
public sealed class AuditCommandsTests(AuditedRun run) : IClassFixture<AuditedRun>
{
    private static readonly string[] Hospitals = ["east", "north", "south", "west"];

    [Fact]
    public void The_report_of_an_honest_run_has_no_anomaly_and_tells_the_study()
    {
        (int exitCode, JsonElement report) = AuditedRun.Report(run.Ledger);

        Assert.Equal(ExitCodes.Complete, exitCode);
        Assert.True(report.GetProperty("passed").GetBoolean());
        Assert.Empty(report.GetProperty("anomalies").EnumerateArray());
        Assert.Equal(6, report.GetProperty("members").GetArrayLength());
        JsonElement study = report.GetProperty("studies").EnumerateArray().Single();
        Assert.Equal("heart-disease/v1", study.GetProperty("contract").GetString());
        Assert.Equal(Hospitals, Texts(study.GetProperty("participants")));
        Assert.Equal("complete", study.GetProperty("closing").GetProperty("verdict").GetString());
        Assert.Equal(
            ["train", "train", "evaluate"],
            study.GetProperty("rounds").EnumerateArray().Select(round => round.GetProperty("purpose").GetString()!));
        Assert.All(study.GetProperty("rounds").EnumerateArray(), round =>
        {
            Assert.Equal("final", round.GetProperty("verdict").GetString());
            Assert.True(round.GetProperty("recomputed").GetBoolean());
            Assert.Equal(Hospitals, Texts(round.GetProperty("survivors")));
        });
    }

    [Fact]
    public void Privacy_before_and_after_each_round_is_a_chain_that_the_auditor_recomputed()
    {
        (_, JsonElement report) = AuditedRun.Report(run.Ledger);
        JsonElement[] spent =
            [.. report.GetProperty("studies")[0].GetProperty("privacySpent").EnumerateArray()];

        Assert.Equal(3 * 4, spent.Length);
        foreach (IGrouping<string, JsonElement> site in spent.GroupBy(one => one.GetProperty("site").GetString()!))
        {
            string before = "0";
            foreach (JsonElement round in site)
            {
                Assert.Equal(before, round.GetProperty("epsilonBefore").GetString());
                before = round.GetProperty("epsilonAfter").GetString()!;
                Assert.True(round.GetProperty("agrees").GetBoolean());
                Assert.Equal(
                    double.Parse(before, System.Globalization.CultureInfo.InvariantCulture),
                    round.GetProperty("epsilonRecomputed").GetDouble(), 1e-9);
            }

            Assert.Equal(2, site.Last().GetProperty("releases").GetInt32());
        }
    }

    [Fact]
    public void The_page_is_well_formed_runs_nothing_and_encodes_what_others_chose()
    {
        using TemporaryFolder folder = new();
        Answer answer = Dtwin.Run("audit", "report", run.Ledger, "--format", "html", "--out", folder["r.html"]);

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        string page = File.ReadAllText(folder["r.html"]);
        XElement root = XDocument.Parse(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;
        Assert.DoesNotContain(root.Descendants(), element => element.Name.LocalName is "script" or "b");
        Assert.Contains("&lt;b&gt;audited&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Equal(
            ["ledger", "findings", "members", "study-audited", "consent", "incidents", "anchors", "administration"],
            root.Descendants().Where(element => element.Name.LocalName == "section")
                .Select(section => section.Attribute("id")!.Value));
    }

    [Fact]
    public void The_text_names_every_round_and_ends_with_what_is_not_there()
    {
        Answer answer = Dtwin.Run("audit", "report", run.Ledger);

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        Assert.Contains("\nVERIFIED\n", answer.Output, StringComparison.Ordinal);
        Assert.Matches(@"\n3\.1 +evaluate +final +east, north, south, west +none ", answer.Output);
        Assert.Contains("\nNo record of consent.\n", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_altered_addend_is_an_anomaly_with_a_code_and_the_report_goes_on()
    {
        using TemporaryFolder copy = run.Copy();
        string addend = Directory.EnumerateFiles(copy["blobs"]).First(file => new FileInfo(file).Length == 16 * 8);
        byte[] bytes = File.ReadAllBytes(addend);
        bytes[0] ^= 1;
        File.WriteAllBytes(addend, bytes);

        (int exitCode, JsonElement report) = AuditedRun.Report(copy.FullPath);

        Assert.Equal(ExitCodes.NotVerified, exitCode);
        JsonElement anomaly = report.GetProperty("anomalies").EnumerateArray().Single();
        Assert.Equal("blob", anomaly.GetProperty("code").GetString());
        Assert.Equal("error", anomaly.GetProperty("severity").GetString());
        Assert.Equal(3, report.GetProperty("studies")[0].GetProperty("rounds").GetArrayLength());
    }

    [Fact]
    public void A_missing_addend_is_a_sum_that_cannot_be_opened_at_its_record()
    {
        using TemporaryFolder copy = run.Copy();
        TrailRecord closed = LedgerTrail.Read(run.Ledger).First(record => record.Name == "round-closed");
        File.Delete(copy[$"blobs/{closed.Objects("addends")[0]["sha256"]}"]);

        (int exitCode, JsonElement report) = AuditedRun.Report(copy.FullPath);

        Assert.Equal(ExitCodes.NotVerified, exitCode);
        JsonElement anomaly = report.GetProperty("anomalies").EnumerateArray().Single();
        Assert.Equal("sum-unopened", anomaly.GetProperty("code").GetString());
        Assert.Equal("data", anomaly.GetProperty("log").GetString());
        Assert.Equal(closed.Index, anomaly.GetProperty("index").GetInt64());
        Assert.Contains("is missing.", anomaly.GetProperty("sentence").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_copies_of_coordinator_and_hospital_do_not_fork()
    {
        Answer answer = Dtwin.Run("audit", "diff", run.Ledger, run.Mirror);

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        Assert.Contains(
            "authorization: both copies hold the same 12 records.", answer.Output, StringComparison.Ordinal);
        Assert.EndsWith("NO FORK\n", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_with_another_record_is_a_fork_whose_first_difference_is_shown_from_both_sides()
    {
        using TemporaryFolder copy = run.Copy();
        using TemporaryFolder notes = new();
        Directory.Delete(copy["data"], recursive: true);
        using (EntryLog log = EntryLog.Open(copy["data"]))
        {
            using EntryLog honest = EntryLog.OpenRead(Path.Combine(run.Ledger, "data"));
            log.Append([honest.Read(0), honest.Read(2)]);
        }

        Answer answer = Dtwin.Run("audit", "diff", run.Ledger, copy.FullPath, "--out", notes["proof"]);

        Assert.True(answer.ExitCode == ExitCodes.NotVerified, answer.ToString());
        Assert.Contains("data: the copies differ from record 1 on.", answer.Output, StringComparison.Ordinal);
        Assert.Matches("record 1 A  snapshot-committed number 1 of ", answer.Output);
        Assert.Matches("record 1 B  snapshot-committed number 1 of ", answer.Output);
        Assert.EndsWith("FORK\n", answer.Output, StringComparison.Ordinal);

        // The changed copy has no signed head of its own, so nobody is convicted and no note is written.
        Assert.False(Directory.Exists(notes["proof"]));
    }

    [Fact]
    public void A_signed_model_holds_the_bytes_of_the_ledger_and_verifies_until_a_file_changes()
    {
        using TemporaryFolder folder = new();
        string model = folder["model"];

        Answer export = Export("oms", model, "--key", run.Key);
        Answer verify = Verify(model);
        File.AppendAllText(folder["model/model.json"], " ");
        Answer changed = Verify(model);

        Assert.Contains("signed by coordinator, whose identity key", export.Output, StringComparison.Ordinal);
        Assert.True(verify.ExitCode == ExitCodes.Complete, verify.ToString());
        (_, JsonElement report) = AuditedRun.Report(run.Ledger);
        string digest = report.GetProperty("studies")[0].GetProperty("releasedModel").GetString()!;
        Assert.Equal(
            digest, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder["model/model.state"]))));
        Assert.Contains($"{digest}  model.state\n", verify.Output, StringComparison.Ordinal);
        Assert.True(changed.ExitCode == ExitCodes.NotVerified, changed.ToString());
        Assert.StartsWith("dtwin: model.json has the SHA-256 ", changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_key_no_model_is_signed_and_no_unknown_study_is_exported()
    {
        using TemporaryFolder folder = new();

        Answer unsigned = Dtwin.Run(
            "audit", "export", run.Ledger, "--study", AuditedRun.Study, "--format", "oms", "--out", folder["m"]);
        Answer unknown = Dtwin.Run(
            "audit", "export", run.Ledger, "--study", "other", "--format", "fhir", "--out", folder["f"]);

        Assert.Equal(ExitCodes.Usage, unsigned.ExitCode);
        Assert.Equal(ExitCodes.Usage, unknown.ExitCode);
        Assert.Contains("has no study other; it has audited.", unknown.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public void The_model_card_says_what_the_ledger_says_and_what_it_does_not()
    {
        using TemporaryFolder folder = new();
        Export("model-card", folder["card.md"]);
        Export("model-card-json", folder["card.json"]);

        string card = File.ReadAllText(folder["card.md"]);
        Assert.StartsWith(
            "# Model card: Coronary disease \\| an &lt;b>audited&lt;/b> study\n", card, StringComparison.Ordinal);
        Assert.Contains("| training rounds | 2 |", card, StringComparison.Ordinal);
        Assert.Contains("| licence | not stated on the ledger |", card, StringComparison.Ordinal);
        Assert.Equal(4, card.Split(", δ 0.001, recomputed |").Length - 1);
        JsonElement json = JsonElement.Parse(File.ReadAllText(folder["card.json"]));
        Assert.Equal(9, json.EnumerateObject().Count());
        Assert.Equal("verifies", json.GetProperty("caveats").GetProperty("the ledger").GetString());
    }

    [Fact]
    public void The_evidence_holds_ledger_report_proofs_and_exports_each_with_its_digest()
    {
        using TemporaryFolder folder = new();
        string crate = folder["crate"];
        Export("ro-crate", crate, "--key", run.Key);

        JsonElement graph = JsonElement.Parse(File.ReadAllText(folder["crate/ro-crate-metadata.json"]))
            .GetProperty("@graph");
        Dictionary<string, string> digests = graph.EnumerateArray()
            .Where(entity => entity.TryGetProperty("sha256", out _))
            .ToDictionary(
                entity => entity.GetProperty("@id").GetString()!, entity => entity.GetProperty("sha256").GetString()!);
        string[] files = [.. Directory.EnumerateFiles(crate, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(crate, path)).Where(path => path != "ro-crate-metadata.json")];

        Assert.Equal(files.Order(StringComparer.Ordinal), digests.Keys.Order(StringComparer.Ordinal));
        Assert.All(digests, file => Assert.Equal(
            file.Value, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(crate, file.Key))))));
        Assert.Contains("model/model.sig", files);
        Assert.Contains("study.fhir.json", files);
        Assert.Contains("study.prov.json", files);
        Assert.Equal(7, files.Count(file => file.EndsWith(".tlog-proof", StringComparison.Ordinal)));
        Answer audit = Dtwin.Run("audit", "verify", Path.Combine(crate, "ledger"));
        Assert.True(audit.ExitCode == ExitCodes.Complete, audit.ToString());

        Answer again = Dtwin.Run(
            "audit", "export", run.Ledger, "--study", AuditedRun.Study, "--format", "ro-crate", "--out", crate);
        Assert.Equal(ExitCodes.Usage, again.ExitCode);
    }

    private Answer Export(string format, string output, params string[] more)
    {
        Answer answer = Dtwin.RunIn(
            AppContext.BaseDirectory,
            ["audit", "export", run.Ledger, "--study", AuditedRun.Study, "--format", format, "--out", output, .. more]);
        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        return answer;
    }

    private static Answer Verify(string model) => Dtwin.Run(
        "audit", "model", model, "--signature", Path.Combine(model, "model.sig"),
        "--public-key", Path.Combine(model, "signer.pem"));

    private static IEnumerable<string> Texts(JsonElement list) =>
        list.EnumerateArray().Select(item => item.GetString()!);
}
