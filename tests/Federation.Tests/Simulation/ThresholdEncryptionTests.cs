using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: under threshold encryption a study comes to the same model as under masks, bit for bit, and a hospital gives
// one decryption share per sum. Method: whole consortia, whose opened sums are compared with the sums in clear.
public sealed class ThresholdEncryptionTests
{
    private const string Encrypted = "{ protection: threshold-he, dp: none }";
    private const string Quick = "{ kind: newton, rounds: 2 }";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_study_makes_its_key_first_and_then_comes_to_the_model_that_masks_give()
    {
        SimulatedConsortium encrypted = new(Sites.Contract, Sites.Synthetic());
        SimulatedConsortium masked = new(Sites.Contract, Sites.Synthetic());

        StudyState study = await encrypted.RunAsync(StudyText.Study(Quick, Encrypted), Token);
        StudyState other = await masked.RunAsync(StudyText.Study(Quick), Token);

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.Equal(RoundPurpose.Keys, study.Rounds[0].Purpose);
        Assert.Equal(
            masked.ModelOf(other.Closing!.Model!).Parameters, encrypted.ModelOf(study.Closing.Model!).Parameters);
        Assert.All(study.Rounds.Skip(1), round =>
        {
            Assert.Equal(3, round.Outcome!.Openings.Count);
            ulong[] sum = new ulong[round.Words];
            foreach (SimulatedHospital hospital in encrypted.Hospitals)
            {
                AddendSum.Add(sum, ClearStatistics.Of(encrypted, hospital, study, round));
            }

            Assert.Equal(SlotCodec.Pack(sum, round.Terms.SlotBits), encrypted.Artefacts.Get(round.Outcome.Sum));
        });
    }

    [Fact]
    public async Task When_the_study_is_over_no_hospital_keeps_a_share_of_its_key()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick, Encrypted), Token);

        Assert.All(consortium.Hospitals, hospital => Assert.Null(hospital.Secrets.Get($"key.{study.Name}.1.1")));
    }

    [Fact]
    public async Task A_hospital_lost_before_its_addend_arrived_is_excused_and_the_key_serves_the_others()
    {
        StudyState study = await RunLosing("west", RoundPhase.Uploading, round: 2);

        Assert.Equal("degraded", study.Closing!.Verdict);
        Assert.Equal(["east", "north", "south"], study.Rounds[1].Survivors.Order());
        Assert.Single(study.Rounds, round => round.Purpose == RoundPurpose.Keys);
    }

    [Fact]
    public async Task A_hospital_lost_in_the_ceremony_is_left_out_of_a_second_one()
    {
        StudyState study = await RunLosing("west", RoundPhase.Sharing, round: 1);

        Assert.Equal("degraded", study.Closing!.Verdict);
        Assert.Equal(RoundPhase.Aborted, study.Rounds[0].Phase);
        Assert.Equal(["east", "north", "south"], study.KeyRound!.Participants.Order());
    }

    [Fact]
    public async Task A_lost_decryptor_ends_the_study_and_no_second_set_is_asked_for_the_same_sum()
    {
        StudyState study = await RunLosing("east", RoundPhase.Opening, round: 2);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum of round 2 can't be opened.", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Contains("east", study.Current!.Decryptors);
        Assert.Single(study.Rounds, round => round.Number == 2);
    }

    private static async Task<StudyState> RunLosing(string lost, RoundPhase phase, int round)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                IsAway = (site, study) => site == lost && study.Current is { } current
                    && (current.Number > round || (current.Number == round && current.Phase >= phase)),
            },
        };
        return await consortium.RunAsync(StudyText.Study(Quick, Encrypted), Token);
    }
}
