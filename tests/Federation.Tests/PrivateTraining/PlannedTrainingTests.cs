using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.Tests.PrivateTraining;

// Goal: training without sampling keeps to its plan, costs one Gaussian mechanism, and learns more from correlated than
// from independent noise. Method: the batches themselves; the closed form; mean accuracies of the three kinds of noise
// on one invented cohort, over fixed keys.
public sealed class PlannedTrainingTests
{
    private static readonly TrainingPlan Plan = new(stepsOfEpoch: 64, epochs: 2);

    [Fact]
    public void Everybody_takes_part_once_an_epoch_in_the_same_step()
    {
        PlannedRelease release = new TreeRelease(1, 1 << 20, 1, Plan, Cohort.Key("plan").Noise);
        PlannedBatches batches = new(500, release, Cohort.Key("plan"));

        List<int> first = [.. Enumerable.Range(0, 64).SelectMany(batches.Draw)];

        Assert.Equal(Enumerable.Range(0, 500), first.Order());
        Assert.All(Enumerable.Range(0, 64), step => Assert.Equal(batches.Draw(step), batches.Draw(step + 64)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(16)]
    public void The_run_costs_one_gaussian_mechanism_from_its_first_step_on(int? band)
    {
        PrivateTrainer trainer = Trainer(Cohort.Patients(100), "cost", band, noise: 1);

        Assert.Empty(trainer.Releases.Parts);
        trainer.Step(1);

        Assert.Equal(1, trainer.Releases.GaussianMu);
        Assert.InRange(
            trainer.Epsilon(1e-5).Upper, GaussianComposition.Epsilon(1, 1e-5), GaussianComposition.Epsilon(1, 9.9e-6));
        for (int step = 1; step < Plan.Steps; step++)
        {
            trainer.Step(1);
        }

        Assert.Equal(1, trainer.Releases.GaussianMu);
        Assert.Throws<InvalidOperationException>(() => trainer.Step(1));
    }

    // 0.868, 0.919 and 0.935. The rate is small: at larger ones training forgets old noise by itself, and the tree,
    // whose single steps are the noisiest, does worse than independent noise.
    [Fact]
    public void Correlated_noise_learns_more_than_independent_noise()
    {
        PatientRows rows = Cohort.Patients(1500);
        double independent = MeanAccuracy(rows, band: 1);
        double tree = MeanAccuracy(rows, band: null);
        double banded = MeanAccuracy(rows, band: 32);

        string all = FormattableString.Invariant($"{independent:F3}, {tree:F3}, {banded:F3}");
        Assert.True(tree > independent + 0.02, all);
        Assert.True(banded > independent + 0.04, all);
    }

    private static double MeanAccuracy(PatientRows rows, int? band)
    {
        const int Runs = 6;
        double sum = 0;
        for (int run = 0; run < Runs; run++)
        {
            PrivateTrainer trainer = Trainer(rows, FormattableString.Invariant($"run {run}"), band, noise: 12);
            for (int step = 0; step < Plan.Steps; step++)
            {
                trainer.Step(0.1);
            }

            sum += Cohort.Accuracy(trainer.Parameters) / Runs;
        }

        return sum;
    }

    private static PrivateTrainer Trainer(PatientRows rows, string run, int? band, double noise) => new(
        Cohort.Network,
        rows,
        Cohort.Network.InitialParameters(3),
        new SgdOptimiser(Cohort.Network.ParameterCount),
        new FlatBound(Cohort.Network.ParameterCount, clip: 1),
        new PlannedTrainingSettings
        {
            Plan = Plan,
            Band = band,
            NoiseMultiplier = noise,
            ExpectedBatch = rows.Patients / 64.0,
        },
        Cohort.Key(run));
}
