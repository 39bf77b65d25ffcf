using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Exports.ModelSigning;
using DigitalTwin.Ledger.Tests;
using DigitalTwin.TestKit;

namespace DigitalTwin.Interop.Tests.Exports;

// Goal: what an audit exports is what tools of other makers take it for. Method: a written study, exported, and read by
// a FHIR validator, two signature verifiers, W3C's PROV model in Python and the RO-Crate library; each must also refuse
// or miss what is altered.
public sealed class ExportPeersTests(NodeExports node) : IDisposable
{
    // Debian's interpreter by its path: another Python in the search path would not see Debian's packages.
    private const string Interpreter = "/usr/bin/python3";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder _folder = new();
    private readonly RecordKey _key = RecordKey.Generate();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_validator_of_fhir_r4_finds_no_error_in_the_bundle_and_one_in_an_altered_one()
    {
        await node.SkipUnlessInstalledAsync(Token);
        JsonObject bundle = FhirExport.Write(WrittenTrail());

        JsonElement honest = await AskAsync("fhir", bundle);
        JsonObject audit = bundle["entry"]!.AsArray().Select(entry => entry!["resource"]!.AsObject())
            .First(resource => resource["resourceType"]!.GetValue<string>() == "AuditEvent");
        audit["outcome"] = "17";
        audit.Remove("recorded");
        JsonElement altered = await AskAsync("fhir", bundle);

        Assert.Empty(honest.GetProperty("errors").EnumerateArray());
        Assert.True(honest.GetProperty("valid").GetBoolean());
        Assert.Equal(2, altered.GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task The_verifier_of_sigstore_takes_the_bundle_under_its_key_and_no_other()
    {
        await node.SkipUnlessInstalledAsync(Token);
        JsonObject bundle = JsonNode.Parse(SignedModel())!.AsObject();
        using RecordKey other = RecordKey.Generate();

        JsonElement own = await AskAsync("sigstore", bundle, ModelSignature.PemOf(_key.PublicKey));
        JsonElement wrong = await AskAsync("sigstore", bundle, ModelSignature.PemOf(other.PublicKey));

        Assert.True(own.GetProperty("valid").GetBoolean(), own.ToString());
        Assert.Equal(ModelSignature.HintOf(_key.PublicKey), own.GetProperty("hints")[0].GetString());
        Assert.False(wrong.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_verifier_in_python_finds_the_same_root_and_misses_no_changed_file()
    {
        await SkipUnlessPythonHasAsync("cryptography", "python3-cryptography");
        await File.WriteAllBytesAsync(_folder["model.sig"], SignedModel(), Token);
        await File.WriteAllTextAsync(_folder["key.pem"], ModelSignature.PemOf(_key.PublicKey), Token);

        (int exitCode, string output, string errors) = await VerifyInPythonAsync();
        await File.AppendAllTextAsync(_folder["model/weights/layer-1"], "!", Token);
        (int changed, _, string complaint) = await VerifyInPythonAsync();

        Assert.True(exitCode == 0, errors);
        Assert.Equal(ModelManifestRoot(), output.Trim());
        Assert.Equal(1, changed);
        Assert.Contains("AssertionError: files", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_prov_model_in_python_reads_every_statement_and_writes_them_again()
    {
        await SkipUnlessPythonHasAsync("prov", "python3-prov");
        (int exitCode, string output, string errors) = await ForeignProgram.RunAsync(
            Interpreter, [Path.Combine(AppContext.BaseDirectory, "Exports", "prov_peer.py")],
            ProvExport.Write(WrittenTrail()).ToJsonString(), Limit, Token);

        Assert.True(exitCode == 0, errors);
        JsonElement answer = JsonElement.Parse(output);
        Assert.True(answer.GetProperty("survives").GetBoolean());
        JsonElement counts = answer.GetProperty("counts");
        Assert.Equal(7, counts.GetProperty("ProvEntity").GetInt32());
        Assert.Equal(1, counts.GetProperty("ProvActivity").GetInt32());
        Assert.Equal(5, counts.GetProperty("ProvAgent").GetInt32());
        Assert.Equal(4, counts.GetProperty("ProvUsage").GetInt32());
        Assert.Equal(4, counts.GetProperty("ProvDerivation").GetInt32());
        Assert.Contains(
            "activity(twin:heart-risk-round-1.1, 2026-03-01T08:00:00", answer.GetProperty("notation").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_library_of_ro_crate_finds_every_file_with_its_digest()
    {
        await node.SkipUnlessInstalledAsync(Token);
        await File.WriteAllTextAsync(_folder["report.json"], "{}", Token);
        JsonObject crate = ResearchObjectCrate.Describe(
            _folder.FullPath, new CrateDescription("Evidence", "Of a study.", new DateOnly(2026, 3, 1), "none"),
            _ => null);

        JsonElement answer = await AskAsync("crate", crate);

        JsonElement part = answer.GetProperty("parts").EnumerateArray().Single();
        Assert.Equal("report.json", part.GetProperty("id").GetString());
        Assert.Equal("File", part.GetProperty("type")[0].GetString());

        // printf '{}' | sha256sum
        Assert.Equal(
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", part.GetProperty("sha256").GetString());
        Assert.Equal("2026-03-01", answer.GetProperty("datePublished")[0].GetString());
    }

    private static StudyTrail WrittenTrail()
    {
        using SmallConsortium consortium = new SmallConsortium().Found().RunStudy();
        consortium.Write("centre", "model-released", Fields.Of(
            ("study", SmallConsortium.Study), ("model", consortium.Blobs.Put("model 1"u8))));
        consortium.Write("hospital-a", "incident", Fields.Of(("severity", "high"), ("summary", "A disk is full.")));
        return StudyTrail.Read(consortium.Folder, SmallConsortium.Study)!;
    }

    private byte[] SignedModel()
    {
        Directory.CreateDirectory(_folder["model/weights"]);
        File.WriteAllText(_folder["model/model.json"], "{}");
        File.WriteAllText(_folder["model/weights/layer-1"], "one");
        return ModelSignature.Sign(_folder["model"], [], _key);
    }

    // Of the files as SignedModel wrote them: sha256 over the two digests that sha256sum gives.
    private static string ModelManifestRoot() => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(Convert.FromHexString(
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
            + "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed")));

    private Task<JsonElement> AskAsync(string peer, JsonObject document, string? publicKey = null) => node.CallAsync(
        new JsonObject { ["peer"] = peer, ["document"] = document.DeepClone(), ["publicKey"] = publicKey }, Token);

    private Task<(int ExitCode, string Output, string Errors)> VerifyInPythonAsync() => ForeignProgram.RunAsync(
        Interpreter,
        [
            Path.Combine(AppContext.BaseDirectory, "Exports", "oms_peer.py"), _folder["model"], _folder["model.sig"],
            _folder["key.pem"],
        ],
        "", Limit, Token);

    private static async Task SkipUnlessPythonHasAsync(string module, string package)
    {
        bool installed = File.Exists(Interpreter)
            && (await ForeignProgram.RunAsync(Interpreter, ["-c", $"import {module}"], "", Limit, Token)).ExitCode == 0;
        Assert.SkipUnless(installed, $"needs {Interpreter} with the Debian package {package}");
    }
}
