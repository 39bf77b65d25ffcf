using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Participation;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: four hospitals train one model and everybody ends with the same one. Method: the real hosts over loopback, an
// exact study and a differentially private one after the other on the same consortium; then the auditor's verdict.
public sealed class HappyPathTests
{
    [Fact]
    public async Task Two_studies_run_to_their_end_and_every_node_holds_the_same_model()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();

        StudyState exact = await consortium.RunStudyAsync(StudyText.Newton("exact"));
        StudyState noisy = await consortium.RunStudyAsync(StudyText.PrivateGradient("noisy"));

        StudyAssert.Complete(exact);
        StudyAssert.Complete(noisy);
        Assert.All(noisy.Rounds.SelectMany(round => round.Attestations.Values), one => Assert.NotNull(one.Epsilon));
        Assert.All(exact.Rounds.SelectMany(round => round.Attestations.Values), one => Assert.Null(one.Epsilon));
        await WaitForReportsAsync(consortium, "exact", "noisy");
        foreach (StudyState study in new[] { exact, noisy })
        {
            Assert.Equal(4, study.Evaluations.Count);
            foreach (RunningNode node in consortium.Nodes)
            {
                byte[] model = new BlobFolder(Path.Combine(node.Folder.Ledger, "blobs")).Get(study.Released!)!;
                Assert.Equal(study.Released, ModelState.Parse(model).Sha256());
                SiteReport report = SiteReport.Read(node.Folder, study.Name)!;
                Assert.Equal("complete", report.Verdict);
                Assert.Equal(study.Rounds.Count, report.Updates.Count);
            }
        }

        await consortium.AssertVerifiesAsync();
    }

    private static async Task WaitForReportsAsync(RunningConsortium consortium, params string[] studies)
    {
        using CancellationTokenSource limit = new(RunningConsortium.Patience);
        while (consortium.Nodes.Any(node => studies.Any(study => SiteReport.Read(node.Folder, study) is null)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }
}
