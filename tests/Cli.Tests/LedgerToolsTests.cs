using System.Text.Json;

namespace DigitalTwin.Cli.Tests;

// Goal: the two tools that try and check a log's storage say what they found. Method: a short hammering with kills in
// real processes, then its folder is checked, damaged, and checked again.
public sealed class LedgerToolsTests
{
    [Fact]
    public void A_hammered_log_lost_nothing_and_a_damaged_one_is_found()
    {
        using TemporaryFolder folder = new();
        Answer hammered = Dtwin.Run(
            "ledger", "hammer", "--out", folder["out"], "--seconds", "3", "--writers", "4", "--kill", "--json");
        Assert.True(hammered.ExitCode == ExitCodes.Complete, hammered.ToString());
        using JsonDocument report = JsonDocument.Parse(hammered.Output);
        Assert.True(report.RootElement.GetProperty("acknowledged").GetInt64() > 0);
        Assert.Equal(0, report.RootElement.GetProperty("lost").GetInt64());

        string log = folder["out/log"];
        Answer clean = Dtwin.Run("ledger", "fsck", log);
        Assert.True(clean.ExitCode == ExitCodes.Complete, clean.ToString());

        using (FileStream entries = new(Path.Combine(log, "entries.wal"), FileMode.Open))
        {
            entries.Position = entries.Length / 2;
            int old = entries.ReadByte();
            entries.Position--;
            entries.WriteByte((byte)(old ^ 1));
        }

        Answer damaged = Dtwin.Run("ledger", "fsck", log);
        Assert.True(damaged.ExitCode == ExitCodes.NotVerified, damaged.ToString());
        Assert.Contains("cannot be read", damaged.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fsck", "/nowhere/at/all")]
    [InlineData("hammer", "--out", "/proc/no")]
    public void A_folder_that_is_not_there_is_one_sentence(params string[] arguments)
    {
        Answer answer = Dtwin.Run([.. arguments.Prepend("ledger")]);

        Assert.NotEqual(ExitCodes.Complete, answer.ExitCode);
        Assert.NotEqual(ExitCodes.Defect, answer.ExitCode);
        Assert.Contains("dtwin: ", answer.Error, StringComparison.Ordinal);
    }
}
