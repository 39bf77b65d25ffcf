using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a restart is no loss. Method: a coordinator is torn down in the middle of a study and started again on its
// folder
// and ports; a node is stopped and started again. The same study goes on and nothing counts twice.
public sealed class RestartTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 4000)]
    public async Task A_restarted_coordinator_goes_on_with_the_same_study_and_hospitals(
        int round, int outageMilliseconds)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        Task? restarting = null;

        StudyState study = await consortium.RunStudyAsync(
            StudyText.Newton("outage", rounds: 3),
            seen => restarting ??= seen.Rounds.Count == round
                ? RestartAsync(consortium, TimeSpan.FromMilliseconds(outageMilliseconds))
                : null);
        await restarting!;

        StudyAssert.Complete(study);
        await consortium.AssertVerifiesAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_restarted_node_never_counts_twice_and_keeps_its_journal(int round)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        RunningNode east = consortium["east"];
        IReadOnlyList<SpendingEntry>? before = null;
        Task? restarting = null;

        async Task RestartNodeAsync()
        {
            await east.StopAsync();
            before = SpendingJournal.Open(east.Folder.Journal).Entries;
            east.Start();
        }

        StudyState study = await consortium.RunStudyAsync(
            StudyText.Newton("node-restart", rounds: 3),
            seen => restarting ??= seen.Rounds.Count == round ? RestartNodeAsync() : null);
        await restarting!;

        Assert.True(study.Closing!.Verdict is "complete" or "degraded", study.Closing.Reason);
        await consortium.AssertVerifiesAsync();
        IReadOnlyList<SpendingEntry> after = SpendingJournal.Open(east.Folder.Journal).Entries;
        Assert.Equal(before!, after.Take(before!.Count));
        string[] counted = [.. study.Rounds
            .Where(one => one.Outcome is not null && one.Survivors.Contains("east"))
            .Select(one => one.Outcome!.Addends["east"])];
        SpendingEntry[] uploaded =
        [
            .. SpendingJournal.Open(east.Folder.Journal).Attempts(study.Name).Where(entry => entry.Uploaded),
        ];
        Assert.Equal(counted, uploaded.Select(entry => entry.Addend));
        Assert.Distinct(uploaded.Select(entry => entry.BaseModel));
    }

    private static async Task RestartAsync(RunningConsortium consortium, TimeSpan outage)
    {
        await consortium.Coordinator.StopAbruptlyAsync();
        await Task.Delay(outage);
        await consortium.Coordinator.StartAsync();
    }
}
