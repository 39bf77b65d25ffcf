using DigitalTwin.Federation.Rounds;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a hospital that is lost never makes anybody hang, and the end of the study names it. Method: the line of one
// hospital is cut for good right before a chosen call, so that every phase of a round loses it once.
public sealed class LostHospitalTests
{
    private const string Append = "/digitaltwin.v1.LedgerExchange/Append";
    private const string Put = "/digitaltwin.v1.BlobExchange/Put";

    // A node appends, in this order: its answer to the study; the snapshot of its rows; in each round its keys, its
    // shares, its commitment, what opens the sum, its attestation. It puts its share bundle, its addend and its
    // opening.
    [Theory]
    [InlineData(Append, 2, "west did not join round 1: its connection is gone.")]
    [InlineData(Append, 4, "west dealt no shares in round 1: its connection is gone.")]
    [InlineData(Put, 1, "west dealt no shares in round 1: its connection is gone.")]
    [InlineData(Append, 5, "west did not commit to round 1: its connection is gone.")]
    [InlineData(Put, 2, "west did not deliver its addend to round 1: its connection is gone.")]
    [InlineData(Append, 6, "west did not join round 2: its connection is gone.")]
    [InlineData(Put, 3, "west did not join round 2: its connection is gone.")]
    [InlineData(Append, 7, "west did not join round 2: its connection is gone.")]
    public async Task A_study_goes_on_without_a_hospital_that_is_lost_in_any_step_of_a_round(
        string method, int occurrence, string sentence)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(tapped: ["west"]);
        consortium.TapOf("west").CutBefore(method, occurrence);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("loses-one"));

        Assert.True(consortium.TapOf("west").HasCut);
        Assert.Equal("degraded", study.Closing!.Verdict);
        Assert.StartsWith(sentence, study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(["west"], study.Dropped.Keys);
        Assert.Equal(3, study.Evaluations.Count);
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task A_hospital_that_never_answers_is_not_waited_for_longer_than_the_deadline()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(tapped: ["west"]);
        consortium.TapOf("west").CutBefore(Append, 1);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("silent", deadlineSeconds: 3));

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.Equal(["east", "north", "south"], study.Participants);
        Assert.Contains("west did not answer.", study.Closing.Reason, StringComparison.Ordinal);
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task Two_lost_hospitals_of_four_end_the_study_with_both_names()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(tapped: ["west", "east"]);
        consortium.TapOf("west").CutBefore(Append, 4);
        consortium.TapOf("east").CutBefore(Append, 4);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("loses-two"));

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("west dealt no shares", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("east dealt no shares", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("2 hospitals are left and the study needs 3", study.Closing.Reason, StringComparison.Ordinal);
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task A_node_torn_down_in_the_middle_of_training_is_named()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        Task? killing = null;

        StudyState study = await consortium.RunStudyAsync(
            StudyText.Newton("torn-down", rounds: 4, deadlineSeconds: 3),
            seen => killing ??= seen.Rounds.Count == 3 ? consortium["north"].KillAsync() : null);
        await killing!;

        Assert.True(study.Closing!.Verdict is "degraded" or "failed", study.Closing.Reason);
        Assert.Contains("north", study.Closing.Reason, StringComparison.Ordinal);
        await consortium.AssertVerifiesAsync();
    }
}
