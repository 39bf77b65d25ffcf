using System.Text.Json;
using DigitalTwin.Cli.Tests.Processes;
using DigitalTwin.Coordinator;

namespace DigitalTwin.Cli.Tests;

// Goal: whoever has a plain copy of a ledger can add its sums up again, and learns whose addend is wrong. Method: the
// ledger of one short demo run, as it is, with one addend altered, with one missing.
public sealed class RecomputeTests(RecomputeTests.ShortRun run) : IClassFixture<RecomputeTests.ShortRun>
{
    [Fact]
    public void All_sums_of_a_real_run_agree()
    {
        Answer answer = Dtwin.Run("audit", "recompute", run.Ledger);

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        string[] lines = answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(lines[..3], line =>
            Assert.Matches(
                @"\Ashort round [1-3] \([a-z]+, masks\): 4 addends, opened by 4: agrees, [0-9a-f]{64}\z", line));
        Assert.Equal("ALL SUMS AGREE", lines[3]);
    }

    [Fact]
    public void With_json_each_sum_is_an_object_with_its_addends_and_digest()
    {
        Answer answer = Dtwin.Run("audit", "recompute", run.Ledger, "--json");

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        using JsonDocument document = JsonDocument.Parse(answer.Output);
        Assert.True(document.RootElement.GetProperty("passed").GetBoolean());
        Assert.Empty(document.RootElement.GetProperty("findings").EnumerateArray());
        Assert.All(document.RootElement.GetProperty("sums").EnumerateArray(), sum =>
        {
            Assert.True(sum.GetProperty("agrees").GetBoolean());
            Assert.Equal(
                ["east", "north", "south", "west"],
                sum.GetProperty("addends").EnumerateArray().Select(site => site.GetString()!));
            Assert.Empty(sum.GetProperty("excused").EnumerateArray());
            Assert.True(File.Exists(Path.Combine(run.Ledger, "blobs", sum.GetProperty("sum").GetString()!)));
        });
    }

    [Fact]
    public void An_altered_addend_is_named_with_its_hospital()
    {
        using TemporaryFolder copy = run.Copy();
        string addend = copy[$"blobs/{run.AddendOf("east", round: 2)}"];
        byte[] bytes = File.ReadAllBytes(addend);
        bytes[0] ^= 1;
        File.WriteAllBytes(addend, bytes);

        AssertNamed(copy, "The addend of east ");
    }

    [Fact]
    public void A_missing_addend_is_named_with_its_hospital()
    {
        using TemporaryFolder copy = run.Copy();
        string digest = run.AddendOf("west", round: 2);
        File.Delete(copy[$"blobs/{digest}"]);

        AssertNamed(copy, $"The addend of west, {digest}, is missing.");
    }

    [Fact]
    public void A_folder_without_a_ledger_is_a_usage_error()
    {
        using TemporaryFolder folder = new();
        Answer answer = Dtwin.Run("audit", "recompute", folder.FullPath);

        Assert.True(answer.ExitCode == ExitCodes.Usage, answer.ToString());
        Assert.StartsWith($"dtwin: {folder.FullPath} is no ledger:", answer.Error, StringComparison.Ordinal);
        Assert.Empty(answer.Output);
    }

    private static void AssertNamed(TemporaryFolder ledger, string sentence)
    {
        Answer answer = Dtwin.Run("audit", "recompute", ledger.FullPath);

        Assert.True(answer.ExitCode == ExitCodes.NotVerified, answer.ToString());
        Assert.Contains(sentence, answer.Output, StringComparison.Ordinal);
        Assert.Contains("short round 1 ", answer.Output, StringComparison.Ordinal);
        Assert.Contains("short round 3 ", answer.Output, StringComparison.Ordinal);
        Assert.EndsWith("NOT ALL SUMS AGREE\n", answer.Output, StringComparison.Ordinal);
    }

    /// <summary>One short run, shared by the tests that add its sums up again.</summary>
    public sealed class ShortRun : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public ShortRun()
        {
            Answer answer = Dtwin.RunIn(
                _folder.FullPath,
                "demo", "--out", "out", "--study", _folder.Write("s.yaml", StudyYaml.Newton("short")));
            Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        }

        internal string Ledger => _folder["out/ledger"];

        public void Dispose() => _folder.Dispose();

        internal TemporaryFolder Copy() => TemporaryFolder.CopyOf(Ledger);

        /// <summary>Digest of the addend that a hospital committed to.</summary>
        internal string AddendOf(string hospital, int round) => new WatchedLedger(
            new CoordinatorFolder(_folder["out/state/coordinator"]))
            .Study("short")!.Rounds.Single(one => one.Number == round).Commitments[hospital];
    }
}
