using System.Diagnostics;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.TestKit;

namespace DigitalTwin.Cli.Tests.Documents;

// Goal: the page's way from the challenge's files to a node's folder works as it is written. Method: bash types it
// beside the real files, and a node reads what comes out.
public sealed class SeriesPageTests
{
    [Fact]
    public void The_challenge_s_files_become_a_folder_that_a_node_reads()
    {
        if (SharedFiles.Find("data/physionet2012") is not { } source)
        {
            Assert.Skip("needs data/physionet2012 beside the checkout");
            return;
        }

        string script = Pages.Read("docs/data-contracts.md").Blocks("sh").Single();
        using TemporaryFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(source))
        {
            File.CreateSymbolicLink(folder[Path.GetFileName(file)], file);
        }

        using (Process bash = Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = folder.FullPath,
        })!)
        {
            bash.WaitForExit();
            Assert.Equal(0, bash.ExitCode);
        }

        LoadedData data = SiteDataLoader.Load(new DataSource(folder["icu"], "icu-mortality/v1", null, "icu"));

        // Three records have no sex; 554 of 4000 died.
        Assert.Equal((4000, 3997), (data.All.RowsRead, data.All.Rows));
        Assert.Equal(554.0 / 4000, data.All.Labels.Average(), 0.001);
        Assert.Equal((48, 117, 48 * 117), (data.Site.Steps, data.Site.Features.Count, data.Site.Train.Columns));
        Assert.DoesNotContain(data.All.Flags, flag => flag.Kind is "malformed" or "unknown-signal");
    }
}
