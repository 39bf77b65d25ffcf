using System.Text.Json.Nodes;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: a sum holds each survivor's addend once and nothing else, and no size that no round has is computed with.
// Method: the coordinator closes rounds over other addends, or records and artefacts are larger than they may be.
public sealed class HostileClosingTests
{
    private const string Quick = "{ kind: newton, rounds: 2 }";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> FalseSums
    {
        get
        {
            TheoryData<string, string, string> sums = [];
            foreach (string privacy in new[] { HostileView.Masks, HostileView.Encrypted })
            {
                sums.Add(privacy, "doubled", "counts the addend of east twice");
                sums.Add(privacy, "dropped", "leaves out the addend of west");
                sums.Add(privacy, "altered", "holds another addend of east than the one it committed to");
                sums.Add(privacy, "foreign", "holds an addend of ghost, which is not among its survivors");
            }

            return sums;
        }
    }

    [Theory]
    [MemberData(nameof(FalseSums))]
    public async Task A_sum_over_other_addends_than_the_survivors_is_refused_by_the_book_and_the_addend_named(
        string privacy, string what, string reason)
    {
        int number = privacy == HostileView.Masks ? 1 : 2;
        SimulatedConsortium consortium = Conducting((study, draft) =>
            study.Current?.Number == number && draft?.Name == "round-closed" ? Falsified(draft, what) : draft);

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, privacy), Token));

        Assert.Contains(
            $"The sum of round {number} {reason}", refused.Message, StringComparison.Ordinal);
        RoundState round = consortium.Find("heart-risk").Current!;
        Assert.Null(round.Outcome);
        Assert.Empty(round.Attestations);
        if (privacy == HostileView.Masks)
        {
            HostileView.AssertMasked(consortium, consortium.Find("heart-risk"), round);
        }
    }

    [Fact]
    public async Task One_altered_opening_is_left_out_and_the_sum_is_that_of_all_survivors()
    {
        SimulatedConsortium consortium = WithSpoiltOpenings("west");

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick), Token);

        RoundState round = study.Rounds[0];
        Assert.Contains("west", round.Openings.Keys);
        Assert.Equal(["east", "north", "south"], round.Outcome!.Openings.Keys.Order());
        ulong[] sum = new ulong[round.Words];
        foreach (SimulatedHospital hospital in consortium.Hospitals)
        {
            AddendSum.Add(sum, ClearStatistics.Of(consortium, hospital, study, round));
        }

        Assert.Equal(SlotCodec.Pack(sum, round.Terms.SlotBits), consortium.Artefacts.Get(round.Outcome.Sum));
    }

    [Fact]
    public async Task Two_altered_openings_are_named_and_the_sum_stays_closed()
    {
        SimulatedConsortium consortium = WithSpoiltOpenings("south", "west");

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick), Token);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum of round 1 can't be opened.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("ode south", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("node west", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Null(study.Current!.Outcome);
        Assert.Throws<SumOpeningException>(() => SumOpener.Open(
            study,
            study.Current,
            study.Current.Openings.ToDictionary(pair => pair.Key, pair => pair.Value.Sha256, StringComparer.Ordinal),
            consortium.Artefacts.Get));
        HostileView.AssertMasked(consortium, study, study.Current);
    }

    [Theory]
    [InlineData("words", (1L << 27) + 1)]
    [InlineData("words", 1L << 40)]
    [InlineData("slotBits", 0L)]
    [InlineData("slotBits", 65L)]
    [InlineData("slotBits", 1L << 33)]
    public async Task Slots_far_beyond_any_plan_are_refused_by_the_book(string field, long value)
    {
        SimulatedConsortium consortium = Conducting((_, draft) =>
            HostileView.Altered(draft, "round-opened", field, value));

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick), Token));

        Assert.Contains("slots of 1 to 64 bits can be summed", refused.Message, StringComparison.Ordinal);
        Assert.All(consortium.Hospitals, hospital => Assert.Empty(hospital.Journal.Entries));
    }

    [Theory]
    [InlineData(HostileView.Masks)]
    [InlineData(HostileView.Encrypted)]
    public async Task Slots_beyond_the_plan_are_declined_by_every_node(string privacy)
    {
        int number = privacy == HostileView.Masks ? 1 : 2;
        SimulatedConsortium consortium = Conducting((study, draft) => study.NextRound.Number == number
            ? HostileView.Altered(draft, "round-opened", "words", 1L << 27)
            : draft);

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, privacy), Token);

        RoundState round = study.Rounds.First(item => item.Number == number);
        Assert.Equal(4, round.Declined.Count);
        Assert.All(round.Declined.Values, reason => Assert.StartsWith("plan: ", reason, StringComparison.Ordinal));
        HostileView.AssertNothingUploaded(consortium);
    }

    [Theory]
    [InlineData(HostileView.Masks, "shares-dealt", "bundle", RoundPhase.Sharing, "a share bundle")]
    [InlineData(HostileView.Masks, "update-committed", "addend", RoundPhase.Committing, "an addend")]
    [InlineData(HostileView.Masks, "sum-opened", "opening", RoundPhase.Opening, "an opening")]
    [InlineData(HostileView.Encrypted, "update-committed", "addend", RoundPhase.Committing, "an addend")]
    [InlineData(HostileView.Encrypted, "sum-opened", "opening", RoundPhase.Opening, "an opening")]
    public async Task An_artefact_announced_beyond_its_bound_is_refused_by_the_book(
        string privacy, string record, string artefact, RoundPhase phase, string what)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study(Quick, privacy));
        int number = privacy == HostileView.Masks ? 1 : 2;
        await HostileView.StepToAsync(consortium, name, number, phase, Token);
        StudyState study = consortium.Find(name);
        long most = phase switch
        {
            RoundPhase.Sharing => ArtefactSizes.MostOfBundle(study.Current!),
            RoundPhase.Committing => ArtefactSizes.OfAddend(study, study.Current!),
            _ => ArtefactSizes.MostOfOpening(study, study.Current!),
        };

        foreach (long bytes in new[] { most + 1, 1L << 50 })
        {
            JsonObject fields = new()
            {
                [artefact] = new string('a', 64),
                ["attempt"] = 1,
                ["bytes"] = bytes,
                ["round"] = number,
                ["study"] = name,
            };
            if (record == "update-committed")
            {
                fields["commitment"] = new string('a', 64);
            }

            consortium.Ledger.Append(
                "east", Role.Hospital, new Draft(record, fields), DateTimeOffset.UnixEpoch, out string? refusal);
            Assert.StartsWith($"east announces {what} of {bytes} bytes; it has ", refusal, StringComparison.Ordinal);
        }

        HostileView.AssertNothingOpened(consortium, consortium.Find(name));
    }

    private static SimulatedConsortium Conducting(Func<StudyState, Draft?, Draft?> conduct) =>
        new(Sites.Contract, Sites.Synthetic()) { Faults = new SimulatedFaults { Conduct = conduct } };

    // Each of these gives the first sum's opening with its last bit turned, under its own announcement.
    private static SimulatedConsortium WithSpoiltOpenings(params string[] sites)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        consortium.Faults = new SimulatedFaults
        {
            Record = (site, draft) => sites.Contains(site) && draft.Name == "sum-opened"
                && consortium.Find("heart-risk").Current is { Number: 1 }
                    ? HostileView.Altered(draft, draft.Name, "opening", HostileView.Spoilt(
                        consortium, site, draft.Fields["opening"]!.GetValue<string>(), bytes => bytes[^1] ^= 1))!
                    : draft,
        };
        return consortium;
    }

    private static Draft Falsified(Draft draft, string what)
    {
        JsonArray addends = (JsonArray)draft.Fields["addends"]!.DeepClone();
        switch (what)
        {
            case "doubled":
                addends.Add(addends[0]!.DeepClone());
                break;
            case "dropped":
                addends.RemoveAt(addends.Count - 1);
                break;
            case "altered":
                addends[0]!["sha256"] = new string('a', 64);
                break;
            default:
                addends.Add(new JsonObject { ["sha256"] = new string('a', 64), ["site"] = "ghost" });
                break;
        }

        return HostileView.Altered(draft, draft.Name, "addends", addends)!;
    }
}
