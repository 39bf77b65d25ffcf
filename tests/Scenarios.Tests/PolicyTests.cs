using DigitalTwin.Cli.Demo;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a hospital's own policy is a floor that no study gets under, and its refusal is on the ledger. Method: one
// hospital demands differential privacy, and the study has none.
public sealed class PolicyTests
{
    [Fact]
    public async Task A_refusal_is_recorded_with_its_rule_and_the_others_go_on()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(name => name == "south"
            ? DemoPolicy.Yaml.Replace(
                "withoutDifferentialPrivacy: true", "withoutDifferentialPrivacy: false", StringComparison.Ordinal)
            : DemoPolicy.Yaml);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("no-privacy"));

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.StartsWith("privacy.withoutDifferentialPrivacy: ", study.Declined["south"], StringComparison.Ordinal);
        Assert.Equal(["east", "north", "west"], study.Participants);
        Assert.Contains("south declined (privacy.withoutDifferentialPrivacy: ", study.Closing.Reason,
            StringComparison.Ordinal);
        Assert.All(study.Rounds, round => Assert.DoesNotContain("south", round.Outcome!.Addends.Keys));
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task Two_refusals_of_four_end_the_study_before_its_first_round()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(name => name is "south" or "west"
            ? DemoPolicy.Yaml.Replace("[gradient, newton, fedavg, fedadam]", "[fedavg]", StringComparison.Ordinal)
            : DemoPolicy.Yaml);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("refused"));

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.StartsWith("Only 2 of at least 3 hospitals accepted.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("south declined (algorithms: ", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("west declined (algorithms: ", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Empty(study.Rounds);
        await consortium.AssertVerifiesAsync();
    }
}
