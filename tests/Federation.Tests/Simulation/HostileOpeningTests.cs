using System.Text.Json.Nodes;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: of each round one sum is opened, of one set of survivors, and no other ever. Method: the coordinator fixes sets
// that don't fit, shows different sets to different nodes or asks again; what it holds afterwards opens nothing more.
public sealed class HostileOpeningTests
{
    private const string Quick = "{ kind: newton, rounds: 2 }";

    private static readonly string[] Everybody = ["east", "north", "south", "west"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, string> FalseSets
    {
        get
        {
            TheoryData<string, string, string, string> sets = [];
            foreach (string privacy in new[] { HostileView.Masks, HostileView.Encrypted })
            {
                sets.Add(privacy, "east north south west", "west", "west is listed both as present and as missing");
                sets.Add(privacy, "east north south", "", "are not those that were in it");
                sets.Add(privacy, "east ghost north south", "", "are not those that were in it");
                sets.Add(privacy, "east north", "south west", "goes on with at least 3 hospitals, not with 2");
            }

            return sets;
        }
    }

    [Theory]
    [MemberData(nameof(FalseSets))]
    public async Task Survivors_that_are_not_the_cohort_less_the_missing_are_refused_by_the_book(
        string privacy, string sites, string missing, string reason)
    {
        SimulatedConsortium consortium = Conducting((study, draft) => draft is { Name: "cohort-fixed" }
            && draft.Fields["phase"]!.GetValue<string>() == "uploading"
                ? Altered(Altered(draft, "sites", Split(sites)), "missing", Split(missing))
                : draft);

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, privacy), Token));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        AssertStaysShut(consortium, privacy);
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task A_hospital_that_never_committed_is_no_survivor(string privacy)
    {
        int round = FirstSum(privacy);
        SimulatedConsortium consortium = Conducting((study, draft) => draft is { Name: "cohort-fixed" }
            && draft.Fields["phase"]!.GetValue<string>() == "committing"
                ? Altered(Altered(draft, "sites", HostileView.Texts(Everybody)), "missing", new JsonArray())
                : draft);
        consortium.Faults = consortium.Faults with
        {
            IsAway = (site, study) => site == "west" && study.Current is { Phase: RoundPhase.Committing } current
                && current.Number == round,
        };

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, privacy), Token));

        Assert.Contains(
            $"west goes on in round {round} without having committed", refused.Message, StringComparison.Ordinal);
        HostileView.AssertNothingUploaded(consortium);
        HostileView.AssertNothingOpened(consortium, consortium.Find("heart-risk"));
    }

    [Theory]
    [InlineData(HostileView.Masks, "east north", "south west", "sites.fewest: The sum has 2 addends; 3 are needed.")]
    [InlineData(HostileView.Masks, "east north north", "south west", "sites.fewest: ")]
    [InlineData(HostileView.Masks, "east south west", "north", null)]
    [InlineData(HostileView.Masks, "east ghost north", "south west", "opening: Node ghost is not of the cohort")]
    [InlineData(HostileView.Encrypted, "east north", "south west", "sites.fewest: The sum has 2 addends; 3 are ")]
    [InlineData(HostileView.Encrypted, "north north north", "east", "sites.fewest: ")]
    [InlineData(HostileView.Encrypted, "east south west", "north", null)]
    public async Task A_node_opens_no_sum_over_a_set_that_it_must_not(
        string privacy, string sites, string missing, string? reason)
    {
        // No rule of the ledger stands between this node and the set: it is shown to it as final.
        (SimulatedConsortium consortium, string name) = await InAsync(privacy, RoundPhase.Opening);
        StudyState shown = Showing(consortium, name, fields =>
        {
            fields["sites"] = Split(sites);
            fields["missing"] = Split(missing);
        });

        await HostileView.AdvanceAsync(consortium, "north", shown, Token);

        StudyState study = consortium.Find(name);
        if (reason is not null)
        {
            Assert.StartsWith(reason, study.Current!.Declined["north"], StringComparison.Ordinal);
        }

        AssertStaysShut(consortium, privacy);
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task Survivors_that_no_quorum_has_cosigned_are_answered_by_nobody(string privacy)
    {
        (SimulatedConsortium consortium, string name) = await InAsync(privacy, RoundPhase.Opening);
        StudyState shown = Showing(consortium, name, WithoutEast);

        foreach (string site in Everybody)
        {
            Assert.False(await HostileView.AdvanceAsync(
                consortium, site, shown, cosigned: shown.Current!.PhaseIndex, Token));
        }

        AssertStaysShut(consortium, privacy);
    }

    [Fact]
    public async Task Masked_openings_for_two_sets_of_survivors_do_not_combine()
    {
        // Two nodes are shown a set without east; shares for both sets of every dealer would unmask east alone.
        (SimulatedConsortium consortium, string name) = await InAsync(HostileView.Masks, RoundPhase.Opening);
        StudyState shown = Showing(consortium, name, WithoutEast);
        await HostileView.AdvanceAsync(consortium, "south", shown, Token);
        await HostileView.AdvanceAsync(consortium, "west", shown, Token);

        StudyState study = await RunToEndAsync(consortium, name);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum of round 1 can't be opened.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("ode south", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("node west", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(4, study.Current!.Openings.Count);
        AssertOpensNothing(consortium, study, study.Current);
        AssertOpensNothing(consortium, shown, shown.Current!, study.Current);
        HostileView.AssertMasked(consortium, study, study.Current);
    }

    [Fact]
    public async Task One_node_that_was_shown_another_set_is_named_and_the_sum_of_all_is_opened_without_it()
    {
        (SimulatedConsortium consortium, string name) = await InAsync(HostileView.Masks, RoundPhase.Opening);
        StudyState shown = Showing(consortium, name, WithoutEast);
        await HostileView.AdvanceAsync(consortium, "west", shown, Token);
        Assert.Contains("west", consortium.Find(name).Current!.Openings.Keys);

        StudyState study = await RunToEndAsync(consortium, name);

        Assert.Equal(["east", "north", "south"], study.Rounds[0].Outcome!.Openings.Keys.Order());
        AssertSumOfAll(consortium, study, study.Rounds[0]);
        Assert.Throws<SumOpeningException>(() => SumOpener.Open(
            shown, shown.Current!, Given(study.Rounds[0], "west"), consortium.Artefacts.Get));
    }

    [Fact]
    public async Task Partial_decryptions_of_two_different_sums_do_not_combine()
    {
        (SimulatedConsortium consortium, string name) = await InAsync(HostileView.Encrypted, RoundPhase.Opening);
        StudyState shown = Showing(consortium, name, fields =>
        {
            fields["sites"] = HostileView.Texts("east", "north", "south");
            fields["missing"] = HostileView.Texts("west");
        });
        await HostileView.AdvanceAsync(consortium, "south", shown, Token);

        StudyState study = await RunToEndAsync(consortium, name);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum of round 2 can't be opened.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(3, study.Current!.Openings.Count);
        AssertOpensNothing(consortium, study, study.Current);
        AssertOpensNothing(consortium, shown, shown.Current!, study.Current);
    }

    [Theory]
    [InlineData(HostileView.Masks, false)]
    [InlineData(HostileView.Masks, true)]
    [InlineData(HostileView.Encrypted, false)]
    [InlineData(HostileView.Encrypted, true)]
    public async Task A_second_request_gets_the_first_answer_again_and_never_another(string privacy, bool restarts)
    {
        (SimulatedConsortium consortium, string name) = await InAsync(privacy, RoundPhase.Opening);
        SimulatedHospital north = consortium["north"];
        Assert.True(await HostileView.AdvanceAsync(consortium, "north", consortium.Find(name), Token));
        string first = north.Journal.Entries.Single(entry => entry.Opening is not null).Opening!;
        string[] kept = [.. north.Artefacts.All.Keys];
        if (restarts)
        {
            north.Restart();
        }

        // Another set, other decryptors, and nothing of the first answer on this copy of the ledger.
        List<Draft> asked = [];
        consortium.Faults = new SimulatedFaults
        {
            Record = (_, draft) =>
            {
                asked.Add(draft);
                return draft;
            },
        };
        StudyState shown = HostileView.Of(consortium, name, (record, fields) =>
        {
            if (record == "cohort-fixed" && fields["phase"]!.GetValue<string>() == "uploading")
            {
                fields["sites"] = HostileView.Texts("north", "south", "west");
                fields["missing"] = HostileView.Texts("east");
                if (fields.ContainsKey("decryptors"))
                {
                    fields["decryptors"] = HostileView.Texts("north", "south", "west");
                }
            }

            return record != "sum-opened";
        });
        await Assert.ThrowsAsync<RecordRefusedException>(
            () => HostileView.AdvanceAsync(consortium, "north", shown, Token));

        Draft answer = Assert.Single(asked);
        Assert.Equal(("sum-opened", first), (answer.Name, answer.Fields["opening"]!.GetValue<string>()));
        Assert.Equal(kept.Order(), north.Artefacts.All.Keys.Order());
        Assert.Single(north.Journal.Entries, entry => entry.Opening is not null);
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task A_node_that_has_opened_a_sum_from_a_model_opens_no_other_from_it(string privacy)
    {
        (SimulatedConsortium consortium, string name) = await InAsync(privacy, RoundPhase.Opening);
        RoundState open = consortium.Find(name).Current!;
        foreach (SimulatedHospital hospital in consortium.Hospitals)
        {
            hospital.Journal.Add(hospital.Journal.Find(name, open.Number, open.Attempt)! with
            {
                Round = open.Number + 5,
                Opening = new string('a', 64),
            });
        }

        StudyState study = await RunToEndAsync(consortium, name);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Empty(study.Current!.Openings);
        Assert.NotEmpty(study.Current.Declined);
        Assert.All(study.Current.Declined.Values, reason => Assert.Equal(
            "one-opening: This node has helped to open a sum from this model already.", reason));
    }

    [Fact]
    public async Task The_same_addends_in_another_attempt_are_opened_by_nobody()
    {
        (SimulatedConsortium consortium, string name) = await InAsync(HostileView.Masks, RoundPhase.Opening);
        StudyState shown = HostileView.Of(consortium, name, (_, fields) =>
        {
            if (fields.ContainsKey("attempt"))
            {
                fields["attempt"] = 2L;
            }

            return true;
        });

        List<Draft> answers = [];
        consortium.Faults = new SimulatedFaults
        {
            Record = (_, draft) =>
            {
                answers.Add(draft);
                return draft;
            },
        };
        foreach (string site in Everybody)
        {
            await Assert.ThrowsAsync<RecordRefusedException>(
                () => HostileView.AdvanceAsync(consortium, site, shown, Token));
        }

        Assert.Equal(4, answers.Count);
        Assert.All(answers, draft => Assert.Equal(
            ("round-declined", "This node's own addend is not in the sum that it is asked to open."),
            (draft.Name, draft.Fields["reason"]!.GetValue<string>())));
        AssertStaysShut(consortium, HostileView.Masks);
    }

    private static int FirstSum(string privacy) => privacy == HostileView.Masks ? 1 : 2;

    private static JsonArray Split(string names) =>
        HostileView.Texts(names.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static Draft Altered(Draft draft, string field, JsonNode value) =>
        HostileView.Altered(draft, draft.Name, field, value)!;

    private static SimulatedConsortium Conducting(Func<StudyState, Draft?, Draft?> conduct) =>
        new(Sites.Contract, Sites.Synthetic()) { Faults = new SimulatedFaults { Conduct = conduct } };

    private static async Task<(SimulatedConsortium Consortium, string Study)> InAsync(string privacy, RoundPhase phase)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study(Quick, privacy));
        await HostileView.StepToAsync(consortium, name, FirstSum(privacy), phase, Token);
        return (consortium, name);
    }

    private static StudyState Showing(
        SimulatedConsortium consortium, string study, Action<JsonObject> alterSurvivors) =>
        HostileView.Of(consortium, study, (record, fields) =>
        {
            if (record == "cohort-fixed" && fields["phase"]!.GetValue<string>() == "uploading")
            {
                alterSurvivors(fields);
            }

            return true;
        });

    private static void WithoutEast(JsonObject fields)
    {
        fields["sites"] = HostileView.Texts("north", "south", "west");
        fields["missing"] = HostileView.Texts("east");
    }

    private static async Task<StudyState> RunToEndAsync(SimulatedConsortium consortium, string study)
    {
        // Each wait for a deadline is a virtual minute.
        for (int idle = 0; consortium.Find(study).Closing is null; idle++)
        {
            Assert.True(idle < 1000, "The study does not end.");
            await consortium.StepAsync(study, Token);
        }

        return consortium.Find(study);
    }

    private static Dictionary<string, string> Given(RoundState round, params string[] sites) => sites.ToDictionary(
        site => site, site => round.Openings[site].Sha256, StringComparer.Ordinal);

    // Whatever subset of the openings that were given is taken, the set as shown is not opened by it.
    private static void AssertOpensNothing(
        SimulatedConsortium consortium, StudyState shown, RoundState round, RoundState? answered = null)
    {
        string[] sites = [.. (answered ?? round).Openings.Keys];
        for (int subset = 0; subset < 1 << sites.Length; subset++)
        {
            string[] taken = [.. sites.Where((_, place) => (subset >> place & 1) != 0)];
            Assert.Throws<SumOpeningException>(() => SumOpener.Open(
                shown, round, Given(answered ?? round, taken), consortium.Artefacts.Get));
        }
    }

    private static void AssertSumOfAll(SimulatedConsortium consortium, StudyState study, RoundState round)
    {
        ulong[] sum = new ulong[round.Words];
        foreach (SimulatedHospital hospital in consortium.Hospitals)
        {
            AddendSum.Add(sum, ClearStatistics.Of(consortium, hospital, study, round));
        }

        Assert.Equal(SlotCodec.Pack(sum, round.Terms.SlotBits), consortium.Artefacts.Get(round.Outcome!.Sum));
    }

    private static void AssertStaysShut(SimulatedConsortium consortium, string privacy)
    {
        StudyState study = consortium.Find("heart-risk");
        HostileView.AssertNothingOpened(consortium, study);
        if (privacy == HostileView.Masks)
        {
            HostileView.AssertMasked(consortium, study, study.Current!);
        }
    }
}
