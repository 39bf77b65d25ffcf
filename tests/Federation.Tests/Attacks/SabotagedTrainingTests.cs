using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Attacks;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.Tests.Attacks;

// Goal: a private training with a fault in it is caught by an audit that looks at its parameters alone, and the one
// without is not. Method: canaries with a parameter each, and pairs of patients, held against the trade-off curve that
// is claimed, at a significance of 0.001 per audit: over all seeds, one of the four honest audits alarms with
// probability 0.004 at most. DTWIN_AUDIT_CANARIES=6000 makes the long form.
public sealed class SabotagedTrainingTests(ITestOutputHelper output)
{
    private const double Significance = 1e-3;
    private const double Delta = 1e-5;
    private const int DefaultCanaries = 2000;
    private const int Steps = 10;
    private const int PairSteps = 8;

    // One epoch. Shuffling tells most where noise is weak: simulated with 10^5 trials in numpy, at a false positive
    // rate of 0.1 a sampled canary is found with 0.63, a shuffled one with 0.86 at σ = 0.3; at σ = 0.6 with 0.32 and
    // 0.33.
    private const double WeakNoise = 0.3;

    // Half of this noise finds 0.39 at a false positive rate of 0.005, all of it 0.07.
    private const double MiddlingNoise = 0.6;

    // What is claimed then is small enough to be refuted by one run.
    private const double StrongNoise = 2;

    private static readonly ConcurrentDictionary<(double Rate, double Noise, int Steps), TradeOffCurve> Curves = [];

    public enum Fault
    {
        None,
        HalvedNoise,
        ShuffledBatches,
        ForgottenClip,
    }

    private static int Canaries => int.Parse(
        Environment.GetEnvironmentVariable("DTWIN_AUDIT_CANARIES")
            ?? DefaultCanaries.ToString(CultureInfo.InvariantCulture),
        CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(Fault.None, WeakNoise, false)]
    [InlineData(Fault.None, MiddlingNoise, false)]
    [InlineData(Fault.HalvedNoise, MiddlingNoise, true)]
    [InlineData(Fault.ShuffledBatches, WeakNoise, true)]
    [InlineData(Fault.ForgottenClip, MiddlingNoise, true)]
    public void Canaries_refute_the_faulty_training_and_spare_the_honest_one(Fault fault, double noise, bool refuted)
    {
        PrivateTrainingSettings claim = ClaimOf(1.0 / Steps, noise, Canaries / 2.0);
        CanaryCohort cohort = new(Canaries, seed: 1);
        PrivateTrainer trainer = Trainer(cohort.Network, cohort.Patients, claim, fault, "canaries");
        double[] scores = cohort.Scores(trainer, claim, Steps);

        TradeOffFinding finding = TradeOffAudit.Run(
            scores, cohort.Included, CurveOf(claim, Steps), Significance);
        double claimed = PrivacyLossAccountant.Epsilon(CanaryCohort.Releases(claim, Steps), Delta)!.Value.Upper;

        output.WriteLine(FormattableString.Invariant(
            $"{fault}, σ = {noise}, {Canaries} canaries: TPR ≥ {finding.TruePositiveRate:F3} at FPR ≤ ")
            + FormattableString.Invariant($"{finding.FalsePositiveRate:F3}, ceiling {finding.Ceiling:F3}; ")
            + FormattableString.Invariant($"ε ≥ {finding.EpsilonLowerBound(Delta):F2}, claimed {claimed:F2}"));
        Assert.Equal(refuted, finding.IsRefuted);
        Assert.True(refuted || finding.EpsilonLowerBound(Delta) <= claimed);
    }

    // The bound of Steinke et al. supposes nothing of the mechanism, and pays for it: it finds the forgotten clip,
    // whose guesses are all right, and not the halved noise. Thresholds are numbers of guesses fixed beforehand.
    [Theory]
    [InlineData(Fault.None, false)]
    [InlineData(Fault.HalvedNoise, false)]
    [InlineData(Fault.ForgottenClip, true)]
    public void One_run_finds_the_forgotten_clip_without_supposing_anything(Fault fault, bool refuted)
    {
        PrivateTrainingSettings claim = ClaimOf(1.0 / Steps, StrongNoise, Canaries / 2.0);
        CanaryCohort cohort = new(Canaries, seed: 2);
        PrivateTrainer trainer = Trainer(cohort.Network, cohort.Patients, claim, fault, "one run");
        double[] scores = cohort.Scores(trainer, claim, Steps);
        double claimed = PrivacyLossAccountant.Epsilon(CanaryCohort.Releases(claim, Steps), Delta)!.Value.Upper;

        OneRunFinding finding = OneRunAudit.OverGuesses(
            new CanaryScores(scores, cohort.Included),
            [Canaries / 50, Canaries / 10, Canaries / 4],
            OneRunTest.ApproximateDp,
            new PrivacyBudget(claimed, Delta),
            Significance);

        output.WriteLine(FormattableString.Invariant(
            $"{fault}, {Canaries} canaries: {finding.Guesses.TruePositives} of {finding.Guesses.Count} right, ")
            + FormattableString.Invariant($"ε ≥ {finding.EpsilonLowerBound:F2}, claimed {claimed:F2}"));
        Assert.Equal(refuted, finding.IsRefuted);
    }

    // One run per trial. With the drawn batch as divisor a second patient shows in 1 − (3/4)^8 = 0.9 of the runs,
    // however strong the noise: a step in which both were drawn has half of it.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Pairs_refute_a_divisor_that_counts_the_batch(bool counts, bool refuted)
    {
        int runs = int.Max(200, Canaries / 10);
        PrivateTrainingSettings claim = ClaimOf(rate: 0.5, noise: 4, patients: 2);
        PhiloxStream coins = new(3, stream: 0);
        bool[] included = new bool[runs];
        double[] scores = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            included[run] = coins.NextBelow(2) == 1;
            PrivateTrainer trainer = Trainer(
                BystanderPair.Network,
                BystanderPair.Patients(included[run]),
                claim,
                Fault.None,
                FormattableString.Invariant($"pair {run}"),
                drawn => counts ? int.Max(1, drawn) : 1);
            scores[run] = BystanderPair.Score(trainer, PairSteps);
        }

        TradeOffFinding finding = TradeOffAudit.Run(
            scores, included, CurveOf(claim, PairSteps), Significance);

        output.WriteLine(FormattableString.Invariant(
            $"divisor counts: {counts}, {runs} runs: TPR ≥ {finding.TruePositiveRate:F3} at FPR ≤ ")
            + FormattableString.Invariant($"{finding.FalsePositiveRate:F3}, ceiling {finding.Ceiling:F3}"));
        Assert.Equal(refuted, finding.IsRefuted);
    }

    private static TradeOffCurve CurveOf(PrivateTrainingSettings claim, int steps) => Curves.GetOrAdd(
        (claim.Sampling.Rate, claim.NoiseMultiplier, steps),
        _ => new TradeOffCurve(CanaryCohort.Releases(claim, steps)));

    private static PrivateTrainingSettings ClaimOf(double rate, double noise, double patients) => new()
    {
        Sampling = new PoissonSampling(rate),
        NoiseMultiplier = noise,
        ExpectedBatch = rate * patients,
    };

    private static PrivateTrainer Trainer(
        Network network,
        PatientRows patients,
        PrivateTrainingSettings claim,
        Fault fault,
        string run,
        Func<int, double>? divisor = null)
    {
        int parameters = network.ParameterCount;
        string secret = FormattableString.Invariant($"{fault} {claim.NoiseMultiplier}");
        TrainingKey key = new(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), run);
        GradientBound bound = fault == Fault.ForgottenClip
            ? new ForgottenBound(parameters, CanaryCohort.Clip)
            : new FlatBound(parameters, CanaryCohort.Clip);
        double noise = fault == Fault.HalvedNoise ? claim.NoiseMultiplier / 2 : claim.NoiseMultiplier;
        IndependentRelease release = new(bound.Coordinates, bound.SensitivityGrid, noise, key.Noise);
        PatientBatches batches = fault == Fault.ShuffledBatches
            ? new ShuffledBatches(claim.Sampling, noise, Steps, patients.Patients, seed: 4)
            : new PoissonBatches(claim.Sampling, patients.Patients, release, key);
        PrivateTrainerParts parts = new()
        {
            Network = network,
            Rows = patients,
            Optimiser = new SgdOptimiser(parameters),
            Bound = bound,
            Batches = batches,
            Release = release,
            Divisor = divisor ?? (_ => claim.ExpectedBatch),
        };
        return new PrivateTrainer(parts, new float[parameters]);
    }
}
