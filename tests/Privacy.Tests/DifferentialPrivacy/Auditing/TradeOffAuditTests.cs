using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Auditing;

// Goal: the ceiling of membership inference that privacy implies, and an audit that holds trials against it. Method:
// published points of the curve, the curve of one sampled step in closed form, and trials of mechanisms that are as
// private as claimed or half as noisy.
public sealed class TradeOffAuditTests
{
    private const double Significance = 0.01;

    // google dp_accounting, privacy_loss_distribution_test.py (μ = 1) and pld_privacy_accountant_test.py (FPR 0.1).
    [Theory]
    [InlineData(1e-1, 0.38914)]
    [InlineData(1e-3, 0.01830)]
    [InlineData(1e-4, 0.003274)]
    [InlineData(1e-6, 8.7218e-5)]
    [InlineData(1e-10, 4.1303e-8)]
    public void The_ceiling_of_gaussian_releases_agrees_with_published_values(double falsePositives, double expected)
    {
        TradeOffCurve curve = new(PrivacyComposition.Of(new GaussianMechanism(Math.Sqrt(3)), 3));

        Assert.InRange(curve.TruePositiveRate(falsePositives) / expected, 1 - 1e-3, 1 + 1e-3);
        Assert.Equal(0, curve.TruePositiveRate(0));
        Assert.Equal(1, curve.TruePositiveRate(1));
    }

    // One step of rate q: an outsider's score is N(0, σ²), a member's N(1, σ²) with probability q. The best attack at
    // threshold t has FPR = Φ(−t/σ) and TPR = (1 − q)·FPR + q·Φ((1 − t)/σ).
    [Fact]
    public void The_ceiling_of_a_sampled_step_lies_on_its_best_attack()
    {
        const double Rate = 0.2;
        const double Noise = 0.5;
        TradeOffCurve curve = new(PrivacyComposition.Of(new PoissonSampling(Rate).Gaussian(Noise), 1));
        foreach (double threshold in new[] { 2.2, 1.5, 1.2, 0.9, 0.5, 0, -0.5 })
        {
            double falsePositives = NormalDistribution.Cdf(-threshold / Noise);
            double truePositives = ((1 - Rate) * falsePositives)
                + (Rate * NormalDistribution.Cdf((1 - threshold) / Noise));

            Assert.InRange(curve.TruePositiveRate(falsePositives), truePositives, truePositives + 0.008);
        }
    }

    [Fact]
    public void Honest_noise_passes_and_half_of_it_does_not()
    {
        TradeOffCurve claim = new(PrivacyComposition.Of(new GaussianMechanism(1), 1));

        TradeOffFinding honest = Audit(claim, shift: 1, trials: 1000, "honest");
        TradeOffFinding halved = Audit(claim, shift: 2, trials: 1000, "halved");

        Assert.False(honest.IsRefuted);
        Assert.True(halved.IsRefuted);
        Assert.InRange(halved.MuLowerBound, 1.2, 2);
        Assert.InRange(honest.MuLowerBound, 0.4, 1);
        Assert.InRange(halved.EpsilonLowerBound(1e-5), 1, GaussianComposition.Epsilon(2, 1e-5));
    }

    // 200 audits at significance 0.1 of a mechanism exactly as private as claimed: at most 20 may alarm; 42 is five
    // deviations more. Clopper and Pearson are careful, twice over here, so far fewer do.
    [Fact]
    public void Alarms_are_no_more_frequent_than_allowed()
    {
        TradeOffCurve claim = new(PrivacyComposition.Of(new GaussianMechanism(1), 1));
        int alarms = Enumerable.Range(0, 200).Count(
            audit => Audit(claim, shift: 1, trials: 100, $"audit {audit}", significance: 0.1).IsRefuted);

        Assert.InRange(alarms, 0, 42);
    }

    [Fact]
    public void The_bound_is_that_of_the_last_claim_that_falls()
    {
        (double[] scores, bool[] included) = Trials(shift: 1, trials: 4000, "bound");
        double[] mus = [0.2, 0.4, 0.6, 0.8, 1, 1.2];

        double bound = TradeOffAudit.EpsilonLowerBound(
            scores,
            included,
            mus.Select(mu => PrivacyComposition.Of(new GaussianMechanism(1 / mu), 1)),
            delta: 1e-5,
            Significance);

        // Not above the truth, and of the claims below it one of the nearest two.
        Assert.Contains(
            mus[2..4].Select(mu => GaussianComposition.Epsilon(mu, 1e-5)), epsilon => Math.Abs(epsilon - bound) < 0.01);
        Assert.Equal(0, TradeOffAudit.EpsilonLowerBound(
            scores, included, [PrivacyComposition.Of(new GaussianMechanism(1), 1)], 1e-5, Significance));
    }

    [Fact]
    public void Senseless_questions_are_refused()
    {
        TradeOffCurve claim = new(PrivacyComposition.Of(new GaussianMechanism(1), 1));

        Assert.Throws<ArgumentException>(() => TradeOffAudit.Run([1, 2, 3], [true, false], claim, Significance));
        Assert.Throws<ArgumentException>(
            () => TradeOffAudit.Run([1, 2, 3, 4], [true, false, true, false], claim, Significance));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => TradeOffAudit.Run([1, 2, 3, 4], [true, true, false, false], claim, significance: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => claim.TruePositiveRate(double.NaN));
        Assert.Throws<ArgumentException>(
            () => new TradeOffCurve(PrivacyComposition.Of(new SkellamMechanism(10, 1, 1), 1)));
    }

    private static TradeOffFinding Audit(
        TradeOffCurve claim, double shift, int trials, string purpose, double significance = Significance)
    {
        (double[] scores, bool[] included) = Trials(shift, trials, purpose);
        return TradeOffAudit.Run(scores, included, claim, significance);
    }

    private static (double[] Scores, bool[] Included) Trials(double shift, int trials, string purpose)
    {
        using SeededRandomBits bits = new(new byte[SeededRandomBits.KeySize], purpose);
        double[] scores = new double[trials];
        bool[] included = new bool[trials];
        for (int trial = 0; trial < trials; trial++)
        {
            included[trial] = bits.Below(2) == 1;
            double unit = ((bits.NextUInt64() >> 11) + 0.5) * Math.ScaleB(1, -53);
            scores[trial] = NormalDistribution.Quantile(unit) + (included[trial] ? shift : 0);
        }

        return (scores, included);
    }
}
