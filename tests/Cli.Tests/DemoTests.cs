using System.Text.Json;
using DigitalTwin.TestKit;

namespace DigitalTwin.Cli.Tests;

// Goal: the one command does what the README says. Method: the built executable runs whole consortia of real processes;
// what it prints, writes and answers is read back, and the exact model is compared with an independent pooled fit.
public sealed class DemoTests(DemoTests.DefaultRun run) : IClassFixture<DemoTests.DefaultRun>
{
    // Fitted on the pooled training rows by another program: see Models.Tests/FourHospitalsTests, which has its
    // commands.
    private static readonly double[] PooledOptimum =
    [
        0.21373722095204212, 0.536520398935926, 0.036398488101830676, -0.07498428116976506, 0.23478880094407834,
        -0.32810882397971836, 0.6311517452840326, 0.5389812155716169, -0.18622702944181457, 0.025655066117545002,
        0.6512689922669078, 0.10450088577903728, 0.1848438766609548, 0.1284840722257117,
    ];

    [Fact]
    public void The_default_demo_ends_complete_and_tells_a_person_what_happened()
    {
        Assert.True(run.Answer.ExitCode == 0, run.Answer.ToString());
        Assert.Contains("heart-risk: complete, 21 rounds", run.Answer.Output, StringComparison.Ordinal);
        Assert.Contains("joined   north: rows 200-499", run.Answer.Output, StringComparison.Ordinal);
        Assert.Contains("ledger   12 authorization and 535 data records", run.Answer.Output, StringComparison.Ordinal);
        Assert.Contains("The ledger verifies.", run.Answer.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("result.json")]
    [InlineData("report.html")]
    [InlineData("model/model.json")]
    [InlineData("model/model.onnx")]
    [InlineData("ledger/authorization/entries.wal")]
    [InlineData("ledger/data/checkpoint")]
    [InlineData("logs/coordinator.log")]
    [InlineData("logs/north.log")]
    public void The_output_folder_holds(string file) => Assert.True(new FileInfo(run.Folder[$"out/{file}"]).Length > 0);

    [Fact]
    public void Each_hospital_spent_no_more_than_the_promised_epsilon()
    {
        // The noise is sized for three survivors and four stayed: what was spent is below the promise of 1.
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(run.Folder["out/result.json"]));

        Assert.All(result.RootElement.GetProperty("sites").EnumerateArray(), site =>
        {
            Assert.InRange(site.GetProperty("epsilon").GetDouble(), 0.78, 0.79);
            Assert.Equal(1e-3, site.GetProperty("delta").GetDouble());
        });
    }

    [Fact]
    public void The_private_keys_of_the_demo_are_readable_by_their_owner_alone()
    {
        string[] keys =
        [
            .. Directory.EnumerateFiles(run.Folder["out/state"], "*.key*", SearchOption.AllDirectories),
        ];

        Assert.True(keys.Length >= 5 + (4 * 4) + 3, $"only {keys.Length} keys");
        Assert.All(keys, key =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key)));
    }

    [Fact]
    public void The_ledger_of_the_run_verifies_from_a_plain_copy()
    {
        Answer audit = Dtwin.Run("audit", "verify", run.Folder["out/ledger"]);

        Assert.True(audit.ExitCode == 0, audit.ToString());
        Assert.Contains("recomputed     21 sums of 84 addends, 84 reported ε", audit.Output, StringComparison.Ordinal);
        Assert.EndsWith("VERIFIED\n", audit.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void One_flipped_byte_fails_the_audit_and_names_the_record()
    {
        using TemporaryFolder copy = CopyOfLedger();
        string path = copy["data/entries.wal"];
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);

        Answer audit = Dtwin.Run("audit", "verify", copy.FullPath);

        Assert.True(audit.ExitCode == ExitCodes.NotVerified, audit.ToString());
        Assert.Matches("Data record [0-9]+ cannot be read: its checksum fails", audit.Output);
        Assert.EndsWith("NOT VERIFIED\n", audit.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void One_flipped_bit_of_an_addend_fails_the_audit_and_names_the_record()
    {
        using TemporaryFolder copy = CopyOfLedger();
        string addend = Directory.EnumerateFiles(copy["blobs"]).First(file => new FileInfo(file).Length == 16 * 8);
        byte[] bytes = File.ReadAllBytes(addend);
        bytes[0] ^= 1;
        File.WriteAllBytes(addend, bytes);

        Answer audit = Dtwin.Run("audit", "verify", copy.FullPath, "--json");

        Assert.True(audit.ExitCode == ExitCodes.NotVerified, audit.ToString());
        using JsonDocument document = JsonDocument.Parse(audit.Output);
        Assert.False(document.RootElement.GetProperty("passed").GetBoolean());
        Assert.Contains(Path.GetFileName(addend), audit.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_genesis_than_the_expected_one_fails_the_audit()
    {
        Answer audit = Dtwin.Run("audit", "verify", run.Folder["out/ledger"], "--genesis", new string('0', 64));

        Assert.True(audit.ExitCode == ExitCodes.NotVerified, audit.ToString());
    }

    [Fact]
    public void With_json_standard_output_is_one_document_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        Answer answer = Dtwin.RunIn(
            folder.FullPath, "demo", "--json", "--out", "out", "--algorithm", "newton", "--epsilon", "none", "--seed",
                "7");

        Assert.True(answer.ExitCode == 0, answer.ToString());
        using JsonDocument document = JsonDocument.Parse(answer.Output);
        string[] keys = [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
        Assert.Equal(
            "study verdict seed rounds sites pooledTest comparator model privacy ledger seconds reason notes processes",
            string.Join(' ', keys));
        Assert.Equal(7, document.RootElement.GetProperty("seed").GetInt32());
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("sites")[0].GetProperty("epsilon").ValueKind);
        Assert.Equal(File.ReadAllText(folder["out/result.json"]), answer.Output);
    }

    [Fact]
    public void Under_threshold_encryption_the_demo_ends_complete_and_its_ledger_verifies()
    {
        using TemporaryFolder folder = new();
        Answer answer = Dtwin.RunIn(
            folder.FullPath,
            "demo", "--json", "--out", "out", "--protection", "threshold-he", "--algorithm", "newton",
            "--epsilon", "none");

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        using JsonDocument document = JsonDocument.Parse(answer.Output);
        Assert.Equal(
            "threshold-he", document.RootElement.GetProperty("privacy").GetProperty("protection").GetString());
        Answer recompute = Dtwin.Run("audit", "recompute", folder["out/ledger"]);
        Assert.True(recompute.ExitCode == ExitCodes.Complete, recompute.ToString());
        Assert.Contains(
            "heart-risk round 1 (keys, threshold-he): 4 addends", recompute.Output, StringComparison.Ordinal);
        Assert.Contains("(train, threshold-he): 4 addends, opened by 3", recompute.Output, StringComparison.Ordinal);
        Answer verify = Dtwin.Run("audit", "verify", folder["out/ledger"]);
        Assert.True(verify.ExitCode == ExitCodes.Complete, verify.ToString());
    }

    [Fact]
    public void Newton_on_the_real_hospitals_under_masks_is_the_pooled_optimum()
    {
        string? data = SharedFiles.Find("data/heart_disease");
        if (data is null)
        {
            Assert.Skip("needs data/heart_disease beside the checkout");
        }

        using TemporaryFolder folder = new();
        Answer answer = Dtwin.RunIn(
            folder.FullPath,
            "demo", "--json", "--out", "out", "--algorithm", "newton", "--epsilon", "none", "--data", data);

        Assert.True(answer.ExitCode == 0, answer.ToString());
        using JsonDocument document = JsonDocument.Parse(answer.Output);
        JsonElement model = document.RootElement.GetProperty("model");
        double[] parameters =
        [
            .. model.GetProperty("coefficients").EnumerateArray().Select(value => value.GetDouble()),
            model.GetProperty("intercept").GetDouble(),
        ];
        Assert.Equal(PooledOptimum.Length, parameters.Length);
        Assert.All(PooledOptimum.Zip(parameters), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.InRange(document.RootElement.GetProperty("rounds").GetArrayLength(), 3, 12);
    }

    private TemporaryFolder CopyOfLedger()
    {
        TemporaryFolder copy = new();
        string ledger = run.Folder["out/ledger"];
        foreach (string file in Directory.EnumerateFiles(ledger, "*", SearchOption.AllDirectories))
        {
            string target = copy[Path.GetRelativePath(ledger, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    /// <summary>One run without options, shared by the tests that read what it left.</summary>
    public sealed class DefaultRun : IDisposable
    {
        public DefaultRun() => Answer = Dtwin.RunIn(Folder.FullPath, "demo", "--out", "out");

        internal TemporaryFolder Folder { get; } = new();

        internal Answer Answer { get; }

        public void Dispose() => Folder.Dispose();
    }
}
