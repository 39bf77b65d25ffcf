using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: under threshold encryption nothing is encrypted under a foreign key and nothing is decrypted that is no sum of
// encryptions. Method: the coordinator, or a member that helps it, exchanges keys, shares, ciphertexts and decryptors.
public sealed class HostileEncryptionTests
{
    private const string Quick = "{ kind: newton, rounds: 2 }";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("east north", "takes 3 decryptors, not 2")]
    [InlineData("east north south west", "takes 3 decryptors, not 4")]
    [InlineData("east north ghost", "are not a part of its survivors")]
    [InlineData("", "are not a part of its survivors")]
    public async Task Decryptors_that_are_not_the_threshold_of_the_survivors_are_refused_by_the_book(
        string decryptors, string reason)
    {
        SimulatedConsortium consortium = Conducting((study, draft) => draft?.Fields.ContainsKey("decryptors") == true
            ? HostileView.Altered(draft, "cohort-fixed", "decryptors", Split(decryptors))
            : draft);

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        HostileView.AssertNothingOpened(consortium, consortium.Find("heart-risk"));
    }

    [Theory]
    [InlineData("east north", "opening: Active set: expected 3 parties, got 2.")]
    [InlineData("east north south west", "opening: Active set: expected 3 parties, got 4.")]
    [InlineData("east ghost north", "opening: Parties: expected one of the key's dealers, got ghost.")]
    [InlineData("east north north", "opening: Active set: expected distinct parties, got one twice.")]
    public async Task A_node_decrypts_with_exactly_the_threshold_of_the_parties(string decryptors, string reason)
    {
        (SimulatedConsortium consortium, string name) = await InAsync(2, RoundPhase.Opening);
        StudyState shown = HostileView.Of(consortium, name, (_, fields) =>
        {
            if (fields.ContainsKey("decryptors"))
            {
                fields["decryptors"] = Split(decryptors);
            }

            return true;
        });

        await HostileView.AdvanceAsync(consortium, "north", shown, Token);

        Assert.Equal(reason, consortium.Find(name).Current!.Declined["north"]);
        HostileView.AssertNothingOpened(consortium, consortium.Find(name));
    }

    [Fact]
    public async Task A_collective_key_of_the_coordinators_own_is_attested_by_nobody_and_nothing_is_encrypted_with_it()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        consortium.Faults = new SimulatedFaults
        {
            Conduct = (study, draft) => study.Current is { Purpose: RoundPurpose.Keys } round
                && draft?.Name == "round-closed"
                ? HostileView.Altered(draft, "round-closed", "sum", OwnKey(consortium, round))
                : draft,
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("Round 1 has 0 attestations and needs 3", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(4, study.Current!.Declined.Count);
        Assert.All(study.Current.Declined.Values, reason =>
            Assert.StartsWith("sum: The addends give the sum", reason, StringComparison.Ordinal));
        Assert.Null(study.KeyRound);
        Assert.All(consortium.Hospitals, hospital => Assert.All(
            hospital.Journal.Entries, entry => Assert.True(entry.Public)));
    }

    [Theory]
    [InlineData(true, "c1: expected a nonzero polynomial, got zero")]
    [InlineData(false, "c1: expected residues below ")]
    public async Task A_ciphertext_that_is_none_is_left_out_of_the_sum_and_its_hospital_is_named(
        bool transparent, string reason)
    {
        SimulatedConsortium consortium = WithSpoiltCiphertext(transparent);

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token);

        Assert.Equal("degraded", study.Closing!.Verdict);
        Assert.StartsWith(
            "The addend of west to round 2 is malformed: ", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains(reason, study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(["east", "north", "south"], study.Rounds[1].Survivors.Order());
        Assert.NotNull(study.Rounds[1].Outcome);
    }

    [Theory]
    [InlineData(true, "c1: expected a nonzero polynomial, got zero")]
    [InlineData(false, "c1: expected residues below ")]
    public async Task A_ciphertext_that_is_none_is_decrypted_by_nobody_when_the_coordinator_adds_it_all_the_same(
        bool transparent, string reason)
    {
        SimulatedConsortium consortium = WithSpoiltCiphertext(transparent);
        consortium.Faults = consortium.Faults with { Conduct = (_, draft) => WithoutLosses(draft) };

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum of round 2 can't be opened.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(["east", "north", "south"], study.Current!.Declined.Keys.Order());
        Assert.All(study.Current.Declined.Values, declined =>
        {
            Assert.StartsWith(
                "opening: The addend of west is no encryption: ", declined, StringComparison.Ordinal);
            Assert.Contains(reason, declined, StringComparison.Ordinal);
        });
        HostileView.AssertNothingOpened(consortium, study);
    }

    [Fact]
    public async Task A_public_share_out_of_range_is_no_part_of_the_key_and_its_hospital_is_left_out()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        consortium.Faults = new SimulatedFaults
        {
            Record = (site, draft) => site == "west" && draft.Name == "update-committed"
                ? HostileView.Altered(draft, draft.Name, "addend", Spoilt(consortium, draft, transparent: false))!
                : draft,
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token);

        Assert.Equal("degraded", study.Closing!.Verdict);
        Assert.StartsWith(
            "The addend of west to round 1 is malformed: Collective key: expected residues below ",
            study.Closing.Reason,
            StringComparison.Ordinal);
        Assert.Equal(["east", "north", "south"], study.KeyRound!.Participants.Order());
    }

    [Fact]
    public async Task A_key_share_out_of_range_is_declined_by_whom_it_was_dealt_to_and_its_dealer_is_named()
    {
        // West is the coordinator's: it joins with a key of its own and deals shares that are no residues.
        using ShareKeyPair west = ShareKeyPair.Generate();
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                Record = (site, draft) => site == "west" && draft.Name == "round-joined"
                    ? HostileView.Altered(
                        draft, draft.Name, "shareKey", Convert.ToHexStringLower(west.PublicKey))!
                    : draft,
                IsAway = (site, study) => site == "west" && study.Current is { Phase: > RoundPhase.Joining },
            },
        };
        string name = consortium.Propose(StudyText.Study(Quick, HostileView.Encrypted));
        await HostileView.StepToAsync(consortium, name, 1, RoundPhase.Sharing, Token);
        DealNoResidues(consortium, consortium.Find(name), west);

        await HostileView.StepToAsync(consortium, name, 1, RoundPhase.Committing, Token);
        await consortium.StepAsync(name, Token);

        RoundState round = consortium.Find(name).Rounds[0];
        Assert.All(["east", "north", "south"], site => Assert.StartsWith(
            "statistic: Key share of west", round.Declined[site], StringComparison.Ordinal));
        Assert.Empty(round.Commitments);
    }

    [Fact]
    public async Task A_round_under_a_key_that_was_never_made_is_refused_by_the_book()
    {
        SimulatedConsortium consortium = Conducting((_, draft) => HostileView.Altered(
            HostileView.Altered(HostileView.Altered(draft, "round-opened", "purpose", "train"),
                "round-opened", "words", 16),
            "round-opened",
            "slotBits",
            64));

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token));

        Assert.Contains(
            "east has no share of a key that round 1 could encrypt under", refused.Message, StringComparison.Ordinal);
        Assert.All(consortium.Hospitals, hospital => Assert.Empty(hospital.Journal.Entries));
    }

    [Theory]
    [InlineData("west")]
    [InlineData("north", "west")]
    public async Task A_key_of_fewer_than_three_hospitals_is_refused_by_the_book(params string[] cohort)
    {
        SimulatedConsortium consortium = Conducting((_, draft) => HostileView.Altered(
            HostileView.Altered(draft, "round-opened", "participants", HostileView.Texts(cohort)),
            "round-opened",
            "fewest",
            cohort.Length));

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token));

        Assert.Contains(
            $"Round 1 makes a key of {cohort.Length} hospitals; it takes 3 to 128.",
            refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spoilt_partial_decryption_opens_nothing_and_the_study_ends_with_a_sentence()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        consortium.Faults = new SimulatedFaults
        {
            Record = (site, draft) => site == "north" && draft.Name == "sum-opened"
                ? HostileView.Altered(draft, draft.Name, "opening", HostileView.Spoilt(
                    consortium, "north", draft.Fields["opening"]!.GetValue<string>(), bytes => bytes[^1000] ^= 1))!
                : draft,
        };

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, HostileView.Encrypted), Token);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum of round 2 can't be opened.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Equal(3, study.Current!.Openings.Count);
        Assert.Null(study.Current.Outcome);
        Assert.Throws<SumOpeningException>(() => SumOpener.Open(
            study,
            study.Current,
            study.Current.Openings.ToDictionary(
                pair => pair.Key, pair => pair.Value.Sha256, StringComparer.Ordinal),
            consortium.Artefacts.Get));
    }

    private static JsonArray Split(string names) =>
        HostileView.Texts(names.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    // West commits to a ciphertext of round 2 that is none.
    private static SimulatedConsortium WithSpoiltCiphertext(bool transparent)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        consortium.Faults = new SimulatedFaults
        {
            Record = (site, draft) => site == "west" && draft.Name == "update-committed"
                && consortium.Find("heart-risk").Current is { Number: 2 }
                    ? HostileView.Altered(
                        draft, draft.Name, "addend", Spoilt(consortium, draft, transparent))!
                    : draft,
        };
        return consortium;
    }

    // The coordinator counts whom it has lost among the survivors.
    private static Draft? WithoutLosses(Draft? draft)
    {
        if (draft?.Name != "cohort-fixed" || draft.Fields["missing"] is not JsonArray { Count: > 0 } missing)
        {
            return draft;
        }

        JsonObject fields = (JsonObject)draft.Fields.DeepClone();
        fields.Remove("reason");
        fields["missing"] = new JsonArray();
        fields["sites"] = HostileView.Texts([.. fields["sites"]!.AsArray().Concat(missing)
            .Select(site => site!.GetValue<string>())
            .Order(StringComparer.Ordinal)]);
        return draft with { Fields = fields };
    }

    private static SimulatedConsortium Conducting(Func<StudyState, Draft?, Draft?> conduct) =>
        new(Sites.Contract, Sites.Synthetic()) { Faults = new SimulatedFaults { Conduct = conduct } };

    private static async Task<(SimulatedConsortium Consortium, string Study)> InAsync(int round, RoundPhase phase)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study(Quick, HostileView.Encrypted));
        await HostileView.StepToAsync(consortium, name, round, phase, Token);
        return (consortium, name);
    }

    // A key that parses: the public share of one hospital, whose secret half that hospital alone would hold.
    private static string OwnKey(SimulatedConsortium consortium, RoundState round) => consortium.Artefacts.Put(
        [.. consortium.Artefacts.Get(round.Commitments["north"])!]);

    // c1 is the end of the only ciphertext, as large as a public share: zeros, or one residue that is all ones.
    private static string Spoilt(SimulatedConsortium consortium, Draft draft, bool transparent)
    {
        ThresholdSetting setting = ThresholdSetting.Of(consortium.Find("heart-risk").Rounds[0]);
        return HostileView.Spoilt(
            consortium,
            "west",
            draft.Fields["addend"]!.GetValue<string>(),
            bytes =>
            {
                if (transparent)
                {
                    bytes.AsSpan(bytes.Length - setting.Parameters.PublicShareBytes).Clear();
                }
                else
                {
                    bytes.AsSpan(bytes.Length - 16).Fill(0xFF);
                }
            });
    }

    private static void DealNoResidues(SimulatedConsortium consortium, StudyState study, ShareKeyPair west)
    {
        RoundState round = study.Current!;
        ThresholdSetting setting = ThresholdSetting.Of(round);
        byte[] share = new byte[setting.Parameters.KeyShareBytes];
        share.AsSpan().Fill(0xFF);
        byte[] bundle = KeyShareBundle.Seal(
            setting,
            west,
            "west",
            round.Keys.ToDictionary(pair => pair.Key, pair => pair.Value.ShareKey!, StringComparer.Ordinal),
            RoundContexts.OfCeremony(study, round),
            _ => [.. share]);
        consortium.Ledger.Append(
            "west",
            Role.Hospital,
            new Draft("shares-dealt", new JsonObject
            {
                ["attempt"] = round.Attempt,
                ["bundle"] = consortium.Artefacts.Put(bundle),
                ["bytes"] = bundle.Length,
                ["round"] = round.Number,
                ["study"] = study.Name,
            }),
            DateTimeOffset.UnixEpoch,
            out string? refusal);
        Assert.Null(refusal);
    }
}
