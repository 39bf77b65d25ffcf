using DigitalTwin.Federation.Rounds;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: an answer that got lost is no loss. Method: one call of a node gets through, its answer is kept back, and the
// connection is cut once. Masks must still cancel and nothing may count twice, as the audit of the ledger shows.
public sealed class BrokenLineTests
{
    private const string Append = "/digitaltwin.v1.LedgerExchange/Append";
    private const string Cosign = "/digitaltwin.v1.LedgerExchange/Cosign";
    private const string Put = "/digitaltwin.v1.BlobExchange/Put";

    [Theory]
    [InlineData(Append, 2)]
    [InlineData(Append, 3)]
    [InlineData(Append, 4)]
    [InlineData(Put, 1)]
    [InlineData(Cosign, 3)]
    public async Task A_lost_answer_costs_neither_a_hospital_nor_the_sum(string method, int occurrence)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(tapped: ["west"]);
        consortium.TapOf("west").LoseAnswerOf(method, occurrence);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("lost-answer"));

        Assert.True(consortium.TapOf("west").HasCut);
        StudyAssert.Complete(study);
        await consortium.AssertVerifiesAsync();
    }
}
