using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Models;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: what the protocol opens is what pooled data would give. Method: the whole protocol with masks, held against a
// fit on all rows in one table, and, bit for bit, against the same study with the clear statistics summed by the test.
public sealed class PooledOptimumTests
{
    private const double Ridge = 1;
    private const double Tolerance = 1e-6;

    [Fact]
    public async Task Acceptance_a_masked_newton_on_the_four_real_hospitals_is_the_pooled_optimum_within_ten_rounds() =>
        await AssertPooledOptimum(Sites.RealOrSkip());

    [Fact]
    public async Task Masked_newton_on_invented_hospitals_is_the_pooled_optimum_within_ten_rounds() =>
        await AssertPooledOptimum(Sites.Synthetic());

    [Theory]
    [InlineData("{ kind: newton }", StudyText.WithoutPrivacy)]
    [InlineData("{ kind: gradient, rounds: 3 }", StudyText.WithoutPrivacy)]
    [InlineData("{ kind: gradient, rounds: 3 }", StudyText.EpsilonOne)]
    [InlineData("{ kind: fedadam, rounds: 3 }", StudyText.WithoutPrivacy)]
    [InlineData("{ kind: fedavg, rounds: 3 }", StudyText.Compact)]
    [InlineData("{ kind: gradient, rounds: 3 }", StudyText.CompactEpsilonOne)]
    public async Task Acceptance_a_masks_change_no_bit_of_any_model(string algorithm, string privacy)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy), TestContext.Current.CancellationToken);
        StudyProgram program = new(consortium.DocumentOf(study.Name));

        Assert.All(study.Rounds, round =>
        {
            ulong[] sum = new ulong[round.Words];
            foreach (SimulatedHospital hospital in consortium.Hospitals)
            {
                AddendSum.Add(sum, ClearStatistics.Of(consortium, hospital, study, round));
            }

            ModelState state = consortium.ModelOf(round.BaseModel);
            double rows = Conductor.PublicRows(study, round.Participants);
            RoundSetting setting = new(4, rows, rows);
            Assert.Equal(
                round.Outcome!.Model,
                program.AlgorithmFor(state, ClearStatistics.SizeOf(round)).Advance(state, setting, sum).Sha256());
        });
    }

    private static async Task AssertPooledOptimum(HospitalPlan[] plans)
    {
        SimulatedConsortium consortium = new(Sites.Contract, plans);

        StudyState study = await consortium.RunAsync(
            StudyText.Study("{ kind: newton, l2: 1 }"), TestContext.Current.CancellationToken);

        ModelState model = consortium.ModelOf(study.Closing!.Model!);
        Table pooled = Sites.Pool(plans.Select(plan => plan.Data.Train));
        double[] zero = new double[pooled.Columns];
        double[] one = [.. Enumerable.Repeat(1.0, pooled.Columns)];
        (double[] mean, double[] deviation) = Moments.FromSum(Moments.LocalStatistic(pooled, zero, one), zero, one);
        double[] optimum = LogisticFit.Fit(pooled.Standardise(mean, deviation), Ridge);
        Assert.InRange(model.TrainedRounds, 1, 10);
        Assert.Equal(optimum.Length, model.Parameters.Length);
        Assert.All(optimum.Zip(model.Parameters), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        Assert.Equal("complete", study.Closing.Verdict);
    }
}
