using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Tests.Rounds;

// Goal: whatever a hospital does, a study ends, with a verdict and a sentence that names who and why. Method: whole
// consortia in which one or two hospitals vanish, refuse or break off, in every phase.
public sealed class ConductorTests
{
    private const string Quick = "{ kind: newton, rounds: 2 }";

    [Fact]
    public async Task A_site_lost_before_it_joined_is_left_behind_in_a_second_attempt()
    {
        (SimulatedConsortium consortium, StudyState study) = await Run(
            StudyText.Study(Quick), (site, study) => site == "west" && study.Current?.Phase == RoundPhase.Joining);

        AssertDegraded(study, "west did not join round 1: its connection is gone.");
        Assert.Equal([(1, 1), (1, 2)], study.Rounds.Take(2).Select(round => (round.Number, round.Attempt)));
        Assert.Equal(["east", "north", "south"], study.Rounds[^1].Participants);
        Assert.DoesNotContain(consortium["west"].Journal.Entries, entry => entry.Uploaded);
    }

    [Theory]
    [InlineData(RoundPhase.Sharing, "west dealt no shares in round 1: its connection is gone.")]
    [InlineData(RoundPhase.Committing, "west did not commit to round 1: its connection is gone.")]
    [InlineData(RoundPhase.Uploading, "west did not deliver its addend to round 1: its connection is gone.")]
    public async Task A_site_lost_after_it_joined_is_excused_and_the_same_round_goes_on(
        RoundPhase phase, string reason)
    {
        (_, StudyState study) = await Run(
            StudyText.Study(Quick), (site, study) => site == "west" && study.Current?.Phase == phase);

        AssertDegraded(study, reason);
        Assert.Equal([(1, 1), (2, 1)], study.Rounds.Take(2).Select(round => (round.Number, round.Attempt)));
        Assert.Equal(["east", "north", "south"], study.Rounds[0].Survivors);
        Assert.Equal(["east", "north", "south"], study.Rounds[0].Outcome!.Addends.Keys.Order());
        Assert.DoesNotContain("west", study.Rounds[0].Attestations.Keys);
    }

    [Fact]
    public async Task A_site_lost_after_its_upload_is_in_the_sum_which_the_others_open()
    {
        (_, StudyState study) = await Run(
            StudyText.Study(Quick),
            (site, study) => site == "west" && study.Current is { Number: 1, Phase: RoundPhase.Opening });

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.Equal(["east", "north", "south", "west"], study.Rounds[0].Survivors);
        Assert.Equal(["east", "north", "south"], study.Rounds[0].Outcome!.Openings.Keys.Order());
        Assert.Contains("west", study.Rounds[0].Attestations.Keys);
    }

    [Fact]
    public async Task Too_few_uploads_leave_the_sum_closed_and_the_round_is_not_repeated()
    {
        string[] away = ["south", "west"];
        (SimulatedConsortium consortium, StudyState study) = await Run(
            StudyText.Study(Quick),
            (site, study) => away.Contains(site) && study.Current?.Phase == RoundPhase.Uploading);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains(
            "Round 1 needs 3 addends and has 2; the sum stays closed", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Single(study.Rounds);
        Assert.Empty(study.Current!.Openings);
        Assert.All(consortium.Hospitals, hospital =>
            Assert.DoesNotContain(hospital.Journal.Entries, entry => entry.Opening is not null));
    }

    [Fact]
    public async Task Too_few_shares_leave_the_sum_closed_and_the_sentence_says_whose_are_missing()
    {
        string[] away = ["south", "west"];
        (_, StudyState study) = await Run(
            StudyText.Study(Quick), (site, study) => away.Contains(site) && study.Current?.Phase == RoundPhase.Opening);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum of round 1 can't be opened.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("west did not help to open round 1", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Null(study.LatestModel);
    }

    [Fact]
    public async Task A_study_that_asks_to_fail_when_a_site_is_lost_does()
    {
        (_, StudyState study) = await Run(
            StudyText.Study(Quick, sites: "{ minimum: 3, onMissing: fail }"),
            (site, study) => site == "west" && study.Current?.Phase == RoundPhase.Joining);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.EndsWith("The study asks to fail when a site is lost.", study.Closing.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Below_the_minimum_a_study_fails_instead_of_going_on()
    {
        (_, StudyState study) = await Run(
            StudyText.Study(Quick, sites: "{ minimum: 4 }"),
            (site, study) => site == "west" && study.Current?.Phase == RoundPhase.Joining);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("3 hospitals are left and the study needs 4", study.Closing.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_that_is_lost_or_damaged_on_the_way_counts_as_not_delivered(bool damaged)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        consortium.Faults = new SimulatedFaults
        {
            Upload = (site, artefact) => site != "west" || consortium.Find("heart-risk").Current!.Commitments.Count == 0
                ? artefact
                : damaged ? [.. artefact.Skip(1), 0] : null,
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick), TestContext.Current.CancellationToken);

        AssertDegraded(study, "west did not deliver its addend to round 1 before its deadline.");
        Assert.True(consortium["west"].Journal.Entries[^1].Uploaded);
    }

    [Theory]
    [InlineData(1, "complete")]
    [InlineData(2, "failed")]
    public async Task A_round_stands_with_three_of_four_attestations_and_falls_with_two(int silent, string verdict)
    {
        string[] away = silent == 1 ? ["west"] : ["west", "south"];

        (_, StudyState study) = await Run(
            StudyText.Study(Quick),
            (site, study) => away.Contains(site) && study.Current is { Number: 1, Phase: RoundPhase.Attesting });

        Assert.Equal(verdict, study.Closing!.Verdict);
        Assert.Equal(4 - silent, study.Rounds[0].Attestations.Count);
        if (verdict == "failed")
        {
            Assert.StartsWith("Round 1 has 2 attestations and needs 3.", study.Closing.Reason,
                StringComparison.Ordinal);
            Assert.Contains("west is silent.", study.Closing.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_is_silent_at_the_deadline_is_left_out_of_the_approval()
    {
        (_, StudyState study) = await Run(StudyText.Study(Quick), (site, study) => site == "west");

        Assert.Equal(["east", "north", "south"], study.Participants);
        Assert.Equal("complete", study.Closing!.Verdict);
    }

    [Fact]
    public async Task Too_few_acceptances_end_a_study_and_the_sentence_says_who_declined_and_why()
    {
        HospitalPlan[] plans = Sites.Synthetic();
        NodePolicy strict = NodePolicy.Parse("p.yaml", PolicyText.Yaml);
        SimulatedConsortium consortium = new(
            Sites.Contract, [plans[0] with { Policy = strict }, plans[1] with { Policy = strict }, plans[2], plans[3]]);

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick), TestContext.Current.CancellationToken);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.StartsWith("Only 2 of at least 3 hospitals accepted.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.All(["north", "east"], site => Assert.Contains(
            $"{site} declined (privacy.withoutDifferentialPrivacy: ", study.Closing.Reason, StringComparison.Ordinal));
        Assert.Empty(study.Rounds);
    }

    [Theory]
    [InlineData(RoundPhase.Sharing, "degraded", "west declined (restart: ")]
    [InlineData(RoundPhase.Committing, "degraded", "west declined (restart: ")]
    [InlineData(RoundPhase.Uploading, "complete", "")]
    [InlineData(RoundPhase.Opening, "complete", "")]
    [InlineData(RoundPhase.Attesting, "complete", "")]
    public async Task A_node_that_restarts_goes_on_where_its_journal_and_the_ledger_say(
        RoundPhase phase, string verdict, string reason)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        bool restarted = false;
        consortium.Faults = new SimulatedFaults
        {
            IsAway = (site, study) =>
            {
                if (!restarted && site == "west" && study.Current?.Phase == phase)
                {
                    restarted = true;
                    consortium["west"].Restart();
                    return true;
                }

                return false;
            },
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick), TestContext.Current.CancellationToken);

        Assert.True(restarted);
        Assert.Equal(verdict, study.Closing!.Verdict);
        Assert.StartsWith(reason, study.Closing.Reason, StringComparison.Ordinal);
    }

    private static void AssertDegraded(StudyState study, string reason)
    {
        Assert.Equal("degraded", study.Closing!.Verdict);
        Assert.StartsWith(reason, study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(study.LatestModel, study.Closing.Model);
    }

    private static async Task<(SimulatedConsortium Consortium, StudyState Study)> Run(
        Study study, Func<string, StudyState, bool> isAway)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults { IsAway = isAway },
        };
        return (consortium, await consortium.RunAsync(study, TestContext.Current.CancellationToken));
    }
}
