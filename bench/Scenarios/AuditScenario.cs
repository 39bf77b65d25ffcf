using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Attacks;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Scenarios;

/// <summary>How much of what the private trainer claims to spend its canaries prove that it does spend.</summary>
internal static class AuditScenario
{
    private const int Canaries = 4000;
    private const double Delta = 1e-5;
    private const double Significance = 0.01;

    // Noise of these multiples of the claimed one is tested, from the most private claim on.
    private static readonly double[] Multiples = [8, 6, 4, 3, 2.5, 2, 1.8, 1.6, 1.5, 1.4, 1.3, 1.2, 1.15, 1.1, 1.05, 1];

    private static readonly (double Rate, double Noise, int Steps)[] Claims =
        [(0.1, 0.6, 10), (0.1, 1, 20), (0.1, 1, 100), (1, 10, 100), (1, 20, 100)];

    public static string Run()
    {
        StringBuilder table = new();
        table.AppendLine(
            "| q | σ | Steps | TPR at least | at FPR | Ceiling | ε claimed | from its curve | any curve | one run |");
        table.AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach ((double rate, double noise, int steps) in Claims)
        {
            table.AppendLine(RowOf(rate, noise, steps));
        }

        return table.ToString();
    }

    private static string RowOf(double rate, double noise, int steps)
    {
        PoissonSampling sampling = new(rate);
        PrivateTrainingSettings claim = new()
        {
            Sampling = sampling,
            NoiseMultiplier = noise,
            ExpectedBatch = rate * Canaries / 2,
        };
        CanaryCohort cohort = new(Canaries, seed: 1);
        int parameters = cohort.Network.ParameterCount;
        string run = string.Create(CultureInfo.InvariantCulture, $"audit {rate} {noise} {steps}");
        PrivateTrainer trainer = new(
            cohort.Network,
            cohort.Patients,
            new float[parameters],
            new SgdOptimiser(parameters),
            new FlatBound(parameters, CanaryCohort.Clip),
            claim,
            new TrainingKey(SHA256.HashData(Encoding.UTF8.GetBytes(run)), run));
        double[] scores = cohort.Scores(trainer, claim, steps);

        PrivacyComposition releases = CanaryCohort.Releases(claim, steps);
        double claimed = PrivacyLossAccountant.Epsilon(releases, Delta)!.Value.Upper;
        TradeOffFinding finding = TradeOffAudit.Run(
            scores, cohort.Included, new TradeOffCurve(releases), Significance);
        double ofCurve = TradeOffAudit.EpsilonLowerBound(
            scores,
            cohort.Included,
            Multiples.Select(multiple => PrivacyComposition.Of(sampling.Gaussian(noise * multiple), steps)),
            Delta,
            Significance);
        OneRunFinding oneRun = OneRunAudit.OverGuesses(
            new CanaryScores(scores, cohort.Included),
            [Canaries / 50, Canaries / 10, Canaries / 4],
            OneRunTest.ApproximateDp,
            new PrivacyBudget(claimed, Delta),
            Significance);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {rate} | {noise} | {steps} | {finding.TruePositiveRate:F3} | {finding.FalsePositiveRate:F3} "
                + $"| {finding.Ceiling:F3}{(finding.IsRefuted ? " (refuted)" : "")} | {claimed:F2} | {ofCurve:F2} "
                + $"| {finding.EpsilonLowerBound(Delta):F2} | {oneRun.EpsilonLowerBound:F2} |");
    }
}
