using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: a coordinator that lies gets no addend it should not get. Method: the real participants, and a coordinator
// whose
// records the test rewrites; what matters each time is that nothing was uploaded, and that the refusal is on record.
public sealed class HostileCoordinatorTests
{
    private static readonly string OtherDigest = new('a', 64);

    public static TheoryData<string, string, JsonNode, string> Openings => new()
    {
        { "a cohort of one", "participants", new JsonArray("north"), "sites.fewest" },
        { "a cohort of two", "participants", new JsonArray("east", "north"), "sites.fewest" },
        { "another model than the first", "baseModel", OtherDigest, "base-model" },
        { "other words", "words", 5, "plan" },
        { "another purpose", "purpose", "evaluate", "plan" },
    };

    [Theory]
    [MemberData(nameof(Openings))]
    public async Task Acceptance_f_a_round_that_the_study_does_not_ask_for_is_declined(
        string what, string field, JsonNode value, string rule)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                Conduct = (study, draft) => study.Rounds.Count > 0
                    ? draft
                    : Altered(
                        value is JsonArray cohort ? Altered(draft, "round-opened", "fewest", cohort.Count) : draft,
                        "round-opened",
                        field,
                        value),
            },
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken);

        Assert.Equal(RoundPhase.Aborted, study.Rounds[0].Phase);
        Assert.NotEmpty(study.Rounds[0].Declined);
        Assert.All(study.Rounds[0].Declined.Values, reason =>
            Assert.True(reason.StartsWith(rule + ": ", StringComparison.Ordinal), $"{what}: {reason}"));
        Assert.All(consortium.Hospitals, hospital => Assert.Null(hospital.Journal.Find(study.Name, 1, 1)));
    }

    [Fact]
    public async Task Acceptance_f_an_invented_node_in_the_cohort_is_refused_by_the_book()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                Conduct = (_, draft) => Altered(
                    draft, "round-opened", "participants", new JsonArray("east", "ghost", "north", "south", "west")),
            },
        };

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken));

        Assert.Contains("ghost takes no part in study heart-risk", refused.Message, StringComparison.Ordinal);
        AssertNothingLeft(consortium);
    }

    [Fact]
    public async Task Acceptance_f_the_second_round_can_start_from_no_other_model_than_the_attested_one()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                Conduct = (study, draft) => study.LatestModel is null
                    ? draft
                    : Altered(draft, "round-opened", "baseModel", OtherDigest),
            },
        };

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken));

        Assert.Contains("another model than the last attested one", refused.Message, StringComparison.Ordinal);
        Assert.All(consortium.Hospitals, hospital => Assert.Single(Uploads(hospital)));
    }

    [Fact]
    public async Task Acceptance_f_a_round_key_under_another_name_is_refused_by_the_book()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        bool tried = false;
        List<string?> refusals = [];
        consortium.Faults = new SimulatedFaults
        {
            Conduct = (study, draft) =>
            {
                if (!tried && study.Current is { Phase: RoundPhase.Sharing } round)
                {
                    tried = true;
                    foreach (string author in new[] { "north", "mallory" })
                    {
                        using MaskingSecrets secrets = MaskingSecrets.Generate(author);
                        consortium.Ledger.Append(
                            author,
                            Role.Hospital,
                            Joined(round, secrets.PublicKeys),
                            DateTimeOffset.UnixEpoch,
                            out string? refusal);
                        refusals.Add(refusal);
                    }
                }

                return draft;
            },
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken);

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.Contains("round-joined by north does not fit round 1", refusals[0], StringComparison.Ordinal);
        Assert.Contains("mallory is not in the cohort", refusals[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acceptance_f_a_replayed_round_is_refused_by_the_book()
    {
        Draft? first = null;
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                Conduct = (study, draft) =>
                {
                    first ??= draft?.Name == "round-opened" ? draft : null;
                    return draft?.Name == "round-opened" && study.LatestModel is not null ? first : draft;
                },
            },
        };

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken));

        Assert.Contains("The next round of study heart-risk is 2, attempt 1", refused.Message,
            StringComparison.Ordinal);
        Assert.All(consortium.Hospitals, hospital => Assert.Single(Uploads(hospital)));
    }

    [Fact]
    public async Task Acceptance_f_a_second_sum_from_one_model_is_declined_whatever_the_ledger_says()
    {
        // The ledger of this run knows nothing of the first release; the nodes' own journals do.
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string initial = new StudyProgram(StudyText.Document(Sites.Synthetic()[0], StudyText.Study().ToYaml())).Initial(
            ).Sha256();
        foreach (SimulatedHospital hospital in consortium.Hospitals)
        {
            hospital.Journal.Add(new SpendingEntry(
                "heart-risk", 9, 1, initial, OtherDigest, OtherDigest, null, 0, 0, null, Uploaded: true));
        }

        StudyState study = await consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.All(study.Rounds[0].Declined.Values, reason =>
            Assert.StartsWith("one-release: ", reason, StringComparison.Ordinal));
        Assert.All(consortium.Hospitals, hospital => Assert.Single(hospital.Journal.Entries));
    }

    [Theory]
    [InlineData("sum", "sum: ")]
    [InlineData("model", "step: ")]
    public async Task Acceptance_f_an_altered_sum_or_step_is_attested_by_nobody_and_ends_the_study(
        string field, string rule)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                Conduct = (study, draft) => study.Current?.Number == 2
                    ? Altered(draft, "round-closed", field, OtherDigest)
                    : draft,
            },
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("Round 2 has 0 attestations and needs 3", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(4, study.Current!.Declined.Count);
        Assert.All(study.Current.Declined.Values, reason => Assert.StartsWith(rule, reason, StringComparison.Ordinal));
        Assert.Equal(study.Rounds[0].Outcome!.Model, study.LatestModel);
        Assert.Null(study.Released);
    }

    [Fact]
    public async Task A_round_after_the_end_of_the_plan_is_declined_and_kills_no_node()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                Conduct = (study, draft) => draft?.Name == "model-released" && study.Active.Count == 4
                    ? Opening(study, study.LatestModel!)
                    : draft,
            },
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken);

        Assert.Equal(4, study.Rounds[^1].Declined.Count);
        Assert.All(study.Rounds[^1].Declined.Values, reason =>
            Assert.StartsWith("plan: ", reason, StringComparison.Ordinal));
    }

    private static Draft? Altered(Draft? draft, string name, string field, JsonNode value) =>
        HostileView.Altered(draft, name, field, value);

    private static Draft Opening(StudyState study, string baseModel) => new("round-opened", new JsonObject
    {
        ["attempt"] = study.NextRound.Attempt,
        ["baseModel"] = baseModel,
        ["deadline"] = "2026-01-01T00:00:00.000Z",
        ["fewest"] = 3,
        ["participants"] = new JsonArray("east", "north", "south", "west"),
        ["planDigest"] = study.Document,
        ["protection"] = "masks",
        ["purpose"] = "train",
        ["round"] = study.NextRound.Number,
        ["scaleBits"] = 36,
        ["slotBits"] = 64,
        ["study"] = study.Name,
        ["words"] = 16,
    });

    private static Draft Joined(RoundState round, PublicRoundKeys keys) => new("round-joined", new JsonObject
    {
        ["attempt"] = round.Attempt,
        ["maskKey"] = Convert.ToHexStringLower(keys.MaskKey),
        ["round"] = round.Number,
        ["shareKey"] = Convert.ToHexStringLower(keys.ShareKey),
        ["study"] = "heart-risk",
    });

    private static IEnumerable<SpendingEntry> Uploads(SimulatedHospital hospital) =>
        hospital.Journal.Attempts("heart-risk").Where(entry => entry.Uploaded);

    private static void AssertNothingLeft(SimulatedConsortium consortium) => Assert.All(
        consortium.Hospitals, hospital => Assert.Empty(hospital.Journal.Entries));
}
