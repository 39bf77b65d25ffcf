using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: an interruption is no loss. Method: an answer is kept back and the connection cut once; a coordinator is torn
// down and started again on its folder and ports; a node is stopped and started again. Nothing may count twice.
public sealed class BrokenLineTests
{
    private const string Append = "/digitaltwin.v1.LedgerExchange/Append";
    private const string Cosign = "/digitaltwin.v1.LedgerExchange/Cosign";
    private const string Put = "/digitaltwin.v1.BlobExchange/Put";
    private const string Get = "/digitaltwin.v1.BlobExchange/Get";

    [Theory]
    [InlineData(Append, 1)]
    [InlineData(Append, 2)]
    [InlineData(Append, 3)]
    [InlineData(Append, 4)]
    [InlineData(Put, 1)]
    [InlineData(Get, 1)]
    [InlineData(Cosign, 3)]
    public async Task A_lost_answer_costs_neither_a_hospital_nor_the_sum(string method, int occurrence)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(tapped: ["west"]);
        consortium.TapOf("west").LoseAnswerOf(method, occurrence);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("lost-answer"));

        Assert.True(consortium.TapOf("west").HasCut);
        AssertComplete(study);
        await consortium.AssertVerifiesAsync();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 4000)]
    [InlineData(3, 0)]
    public async Task A_restarted_coordinator_goes_on_with_the_same_study_and_hospitals(int round, int outageMilliseconds)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        Task? restarting = null;

        StudyState study = await consortium.RunStudyAsync(
            StudyText.Newton("outage", rounds: 3),
            seen => restarting ??= seen.Rounds.Count == round
                ? RestartAsync(consortium, TimeSpan.FromMilliseconds(outageMilliseconds))
                : null);
        await restarting!;

        AssertComplete(study);
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
            .Where(one => one.Outcome is not null && one.Participants.Contains("east"))
            .Select(one => one.Outcome!.Addends["east"])];
        string[] uploaded = [.. after.Where(entry => entry.Uploaded).Select(entry => entry.Addend)];
        Assert.Equal(counted, uploaded);
        Assert.Distinct(after.Where(entry => entry.Uploaded).Select(entry => entry.BaseModel));
    }

    private static async Task RestartAsync(RunningConsortium consortium, TimeSpan outage)
    {
        await consortium.Coordinator.StopAbruptlyAsync();
        await Task.Delay(outage);
        await consortium.Coordinator.StartAsync();
    }

    private static void AssertComplete(StudyState study)
    {
        Assert.Equal("", string.Join(" ", study.Dropped.Values));
        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.Equal(Enumerable.Range(1, study.Rounds.Count), study.Rounds.Select(round => round.Number));
        Assert.All(study.Rounds, round => Assert.Equal(4, round.Outcome!.Addends.Count));
    }
}
