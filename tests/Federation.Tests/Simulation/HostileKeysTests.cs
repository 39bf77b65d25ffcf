using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: no addend is protected with a key that is not its cohort's own. Method: the coordinator copies, invents or
// exchanges keys, hospitals and models, on the ledger or in its words to one node; nobody's addend becomes readable.
public sealed class HostileKeysTests
{
    private const string Quick = "{ kind: newton, rounds: 2 }";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task A_key_of_another_hospital_is_refused_by_the_book(string privacy)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                IsAway = (site, study) => site == "west" && study.Current is { Phase: RoundPhase.Joining },
            },
        };
        string name = consortium.Propose(StudyText.Study(Quick, privacy));
        while (consortium.Find(name).Current?.Keys.Count != 3)
        {
            Assert.True(await consortium.StepAsync(name, Token));
        }

        RoundState round = consortium.Find(name).Current!;
        JoinedKeys east = round.Keys["east"];
        Assert.Equal(
            "west joins round 1 with a key of east.",
            AppendJoined(consortium, round, "west", east.MaskKey, east.ShareKey));
        if (east.MaskKey is not null)
        {
            Assert.Equal(
                "west joins round 1 with a key of east.",
                AppendJoined(consortium, round, "west", east.ShareKey, east.MaskKey));
        }

        Assert.DoesNotContain("west", consortium.Find(name).Current!.Keys.Keys);
        Assert.All(consortium.Hospitals, hospital => Assert.Empty(hospital.Journal.Entries));
    }

    [Fact]
    public async Task A_key_offered_twice_makes_every_node_decline_before_it_deals()
    {
        (SimulatedConsortium consortium, string name) = await InSharingAsync(HostileView.Masks);
        JoinedKeys east = consortium.Find(name).Current!.Keys["east"];
        StudyState shown = WithKeysOf(consortium, name, "west", east.MaskKey, east.ShareKey);

        await HostileView.AdvanceAsync(consortium, "north", shown, Token);
        await HostileView.AdvanceAsync(consortium, "south", shown, Token);

        RoundState round = consortium.Find(name).Current!;
        Assert.All(["north", "south"], site => Assert.StartsWith(
            "keys: One key is offered twice, for east and for west", round.Declined[site], StringComparison.Ordinal));
        Assert.Empty(round.Bundles);
        Assert.All(consortium.Hospitals, hospital => Assert.Empty(hospital.Journal.Entries));
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task A_node_whose_own_key_was_exchanged_deals_nothing(string privacy)
    {
        (SimulatedConsortium consortium, string name) = await InSharingAsync(privacy);
        using MaskingSecrets invented = MaskingSecrets.Generate("coordinator");
        StudyState shown = WithKeysOf(
            consortium, name, "north", invented.PublicKeys.MaskKey, invented.PublicKeys.ShareKey);

        await HostileView.AdvanceAsync(consortium, "north", shown, Token);

        RoundState round = consortium.Find(name).Current!;
        Assert.StartsWith("restart: ", round.Declined["north"], StringComparison.Ordinal);
        Assert.Empty(round.Bundles);
        Assert.Empty(consortium["north"].Journal.Entries);
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task A_node_that_is_shown_an_invented_key_of_a_peer_ends_outside_of_every_sum(string privacy)
    {
        // West takes a key of the coordinator's for north's. What it seals and masks is bound to all keys it saw.
        (SimulatedConsortium consortium, string name) = await InSharingAsync(privacy);
        using MaskingSecrets invented = MaskingSecrets.Generate("coordinator");
        StudyState Shown() => WithKeysOf(
            consortium, name, "north", invented.PublicKeys.MaskKey, invented.PublicKeys.ShareKey);
        Assert.True(await HostileView.AdvanceAsync(consortium, "west", Shown(), Token));
        Assert.True(await HostileView.AdvanceAsync(consortium, "west", Shown(), Token));
        await HostileView.StepToAsync(consortium, name, 1, RoundPhase.Committing, Token);

        await HostileView.AdvanceAsync(consortium, "west", Shown(), Token);
        await consortium.StepAsync(name, Token);

        RoundState round = consortium.Find(name).Rounds[0];
        Assert.Equal(RoundPhase.Aborted, round.Phase);
        Assert.Equal(4, round.Declined.Count);
        Assert.All(["east", "north", "south"], site =>
        {
            Assert.StartsWith("statistic: ", round.Declined[site], StringComparison.Ordinal);
            Assert.Contains("west", round.Declined[site], StringComparison.Ordinal);
        });
        Assert.StartsWith("statistic: ", round.Declined["west"], StringComparison.Ordinal);
        Assert.Empty(round.Commitments);
        Assert.All(consortium.Hospitals, hospital => Assert.Empty(hospital.Journal.Entries));
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task Keys_that_no_quorum_has_cosigned_make_no_node_deal(string privacy)
    {
        (SimulatedConsortium consortium, string name) = await InSharingAsync(privacy);
        using MaskingSecrets invented = MaskingSecrets.Generate("coordinator");
        StudyState shown = WithKeysOf(
            consortium, name, "north", invented.PublicKeys.MaskKey, invented.PublicKeys.ShareKey);

        Assert.False(await HostileView.AdvanceAsync(
            consortium, "west", shown, cosigned: shown.Current!.PhaseIndex, Token));

        Assert.Empty(consortium.Find(name).Current!.Bundles);
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task A_node_that_is_shown_an_invented_peer_declines(string privacy)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study(Quick, privacy));
        await HostileView.StepToAsync(consortium, name, 1, RoundPhase.Joining, Token);
        StudyState shown = HostileView.Of(consortium, name, (record, fields) =>
        {
            if (record is "round-opened" or "study-approved")
            {
                fields["participants"] = HostileView.Texts("east", "ghost", "north", "south", "west");
            }

            return true;
        });

        await HostileView.AdvanceAsync(consortium, "north", shown, Token);

        Assert.StartsWith(
            "cohort: ghost is not an enrolled hospital",
            consortium.Find(name).Current!.Declined["north"],
            StringComparison.Ordinal);
        Assert.Empty(consortium.Find(name).Current!.Keys);
    }

    [Theory]
    [InlineData(HostileView.Masks, 2, "at least 3 survivors, not for 2")]
    [InlineData(HostileView.Masks, 5, "at least 3 survivors, not for 5")]
    [InlineData(HostileView.Encrypted, 2, "at least 3 survivors, not for 2")]
    public async Task A_threshold_outside_of_the_rule_is_refused_by_the_book(string privacy, int fewest, string reason)
    {
        SimulatedConsortium consortium = Conducting((_, draft) =>
            HostileView.Altered(draft, "round-opened", "fewest", fewest));

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, privacy), Token));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.All(consortium.Hospitals, hospital => Assert.Empty(hospital.Journal.Entries));
    }

    [Theory]
    [InlineData(HostileView.Masks, 1, 4)]
    [InlineData(HostileView.Encrypted, 1, 3)]
    [InlineData(HostileView.Encrypted, 2, 4)]
    public async Task A_threshold_that_the_study_does_not_have_is_declined_by_every_node(
        string privacy, int number, int fewest)
    {
        SimulatedConsortium consortium = Conducting((study, draft) => study.NextRound.Number == number
            ? HostileView.Altered(draft, "round-opened", "fewest", fewest)
            : draft);

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, privacy), Token);

        RoundState round = study.Rounds.First(item => item.Number == number);
        Assert.Equal(RoundPhase.Aborted, round.Phase);
        Assert.Equal(4, round.Declined.Count);
        Assert.All(round.Declined.Values, reason => Assert.Contains(
            $"and at least {fewest} survivors; the study does not.", reason, StringComparison.Ordinal));
        HostileView.AssertNothingUploaded(consortium);
    }

    [Theory]
    [MemberData(nameof(HostileView.Protections), MemberType = typeof(HostileView))]
    public async Task A_replayed_round_is_refused_by_the_book_under_either_protection(string privacy)
    {
        Draft? first = null;
        SimulatedConsortium consortium = Conducting((study, draft) =>
        {
            first ??= draft?.Name == "round-opened" ? draft : null;
            return draft?.Name == "round-opened" && study.Rounds.Count > 0 ? first : draft;
        });

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, privacy), Token));

        Assert.Contains("The next round of study heart-risk is 2, attempt 1", refused.Message,
            StringComparison.Ordinal);
        Assert.All(consortium.Hospitals, hospital => Assert.Single(
            hospital.Journal.Attempts("heart-risk"), entry => entry.Uploaded));
    }

    [Fact]
    public async Task A_node_that_starts_from_another_model_ends_outside_of_every_masked_sum()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study(Quick));
        await HostileView.StepToAsync(consortium, name, 2, RoundPhase.Joining, Token);
        int number = consortium.Find(name).Current!.Number;
        StudyState Shown() => WithModel(consortium, name, number);
        foreach (RoundPhase _ in new[] { RoundPhase.Joining, RoundPhase.Sharing })
        {
            await HostileView.AdvanceAsync(consortium, "west", Shown(), Token);
            foreach (string site in new[] { "east", "north", "south" })
            {
                await HostileView.AdvanceAsync(consortium, site, consortium.Find(name), Token);
            }
        }

        await HostileView.AdvanceAsync(consortium, "west", Shown(), Token);
        await HostileView.StepToAsync(consortium, name, number, RoundPhase.Committing, Token);
        await HostileView.AdvanceAsync(consortium, "west", Shown(), Token);
        await consortium.StepAsync(name, Token);

        RoundState round = consortium.Find(name).Rounds[^1];
        Assert.Equal(number, round.Number);
        Assert.Equal(4, round.Declined.Count);
        Assert.All(["east", "north", "south"], site =>
            Assert.Contains("west", round.Declined[site], StringComparison.Ordinal));
        Assert.Empty(round.Commitments);
    }

    [Fact]
    public async Task A_node_encrypts_nothing_from_a_model_that_no_quorum_has_cosigned()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study(Quick, HostileView.Encrypted));
        await HostileView.StepToAsync(consortium, name, 3, RoundPhase.Committing, Token);
        StudyState shown = WithModel(consortium, name, 3);

        Assert.False(await HostileView.AdvanceAsync(
            consortium, "west", shown, cosigned: shown.Current!.PhaseIndex, Token));

        Assert.Null(consortium["west"].Journal.Find(name, 3, 1));
    }

    // The study as shown by a coordinator that claims another model for the attested one.
    private static StudyState WithModel(SimulatedConsortium consortium, string study, int number)
    {
        ModelState attested = consortium.ModelOf(consortium.Find(study).LatestModel!);
        double[] parameters = [.. attested.Parameters];
        parameters[0] += 1;
        string other = consortium.Artefacts.Put((attested with { Parameters = parameters }).ToBytes());
        return HostileView.Of(consortium, study, (record, fields) =>
        {
            if (record == "round-closed" && fields["round"]!.GetValue<long>() == number - 1)
            {
                fields["model"] = other;
            }

            if (record == "round-opened" && fields["round"]!.GetValue<long>() == number)
            {
                fields["baseModel"] = other;
            }

            return true;
        });
    }

    private static StudyState WithKeysOf(
        SimulatedConsortium consortium, string study, string site, byte[]? maskKey, byte[]? shareKey) =>
        HostileView.Of(consortium, study, (record, fields) =>
        {
            if (record == "round-joined" && HostileView.AuthorOf(fields) == site)
            {
                Replace(fields, "maskKey", maskKey);
                Replace(fields, "shareKey", shareKey);
            }

            return true;
        });

    private static void Replace(JsonObject fields, string name, byte[]? key)
    {
        if (fields.ContainsKey(name) && key is not null)
        {
            fields[name] = Convert.ToHexStringLower(key);
        }
    }

    private static string? AppendJoined(
        SimulatedConsortium consortium, RoundState round, string author, byte[]? maskKey, byte[]? shareKey)
    {
        JsonObject fields = new()
        {
            ["attempt"] = round.Attempt,
            ["round"] = round.Number,
            ["shareKey"] = Convert.ToHexStringLower(shareKey!),
            ["study"] = "heart-risk",
        };
        if (maskKey is not null)
        {
            fields["maskKey"] = Convert.ToHexStringLower(maskKey);
        }

        consortium.Ledger.Append(
            author, Role.Hospital, new Draft("round-joined", fields), DateTimeOffset.UnixEpoch, out string? refusal);
        return refusal;
    }

    private static SimulatedConsortium Conducting(Func<StudyState, Draft?, Draft?> conduct) =>
        new(Sites.Contract, Sites.Synthetic()) { Faults = new SimulatedFaults { Conduct = conduct } };

    private static async Task<(SimulatedConsortium Consortium, string Study)> InSharingAsync(string privacy)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study(Quick, privacy));
        await HostileView.StepToAsync(consortium, name, 1, RoundPhase.Sharing, Token);
        return (consortium, name);
    }
}
