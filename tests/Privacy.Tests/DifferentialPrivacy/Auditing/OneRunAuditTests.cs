using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Auditing;

// Goal: lower bounds of ε from one run, as published, that cry wolf no more often than they say. Method: the golden
// values of jax_privacy, p-values summed naively by scipy, and randomised response, for which the theorem is tight.
public sealed class OneRunAuditTests
{
    private const double Significance = 0.05;
    private static readonly PrivacyBudget Claim = new(Epsilon: 0, Delta: 1e-6);

    // jax_privacy, tests/auditing_test.py, test_epsilon_one_run_close: 10 000 canaries in and as many out at the exact
    // quantiles of N(shift, 1) and N(0, 1).
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1.13346, 2.164749)]
    [InlineData(2, 2.311945, 4.7218075)]
    [InlineData(4, 4.395568, 9.133752)]
    public void Bounds_agree_with_jax_privacy(double shift, double approximate, double gaussian)
    {
        CanaryScores scores = AtQuantiles(10_000, shift);

        OneRunFinding anyDp = OneRunAudit.OverHull(scores, OneRunTest.ApproximateDp, Claim, Significance);
        OneRunFinding gaussianDp = OneRunAudit.OverHull(scores, OneRunTest.GaussianDp, Claim, Significance);

        Assert.Equal(approximate, anyDp.EpsilonLowerBound, 1e-5 * approximate);
        Assert.Equal(gaussian, gaussianDp.EpsilonLowerBound, 1e-5 * gaussian);
    }

    // /usr/bin/python3, scipy 1.10.1: q = 1/(1 + exp(-eps)); beta = binom.sf(v - 1, r, q); s accumulates
    // binom.pmf(v - i, r, q) for i = 1..v; beta + max(s/i)·2·m·delta. Columns: m, r, v, ε, δ, p.
    [Theory]
    [InlineData(1000, 100, 75, 0.5, 1e-5, 0.005782986302030883)]
    [InlineData(1000, 100, 75, 1.0, 1e-5, 0.38450513197497765)]
    [InlineData(1000, 100, 75, 0.5, 1e-3, 0.10262942114455556)]
    [InlineData(100, 10, 10, 1.0, 1e-2, 0.5012468622208069)]
    [InlineData(20000, 400, 360, 1.5, 1e-6, 0.0008517160474272514)]
    [InlineData(1000, 1000, 600, 0.2, 0, 0.0007652334289671418)]
    [InlineData(1000, 100, 0, 1.0, 1e-5, 1)]
    public void P_values_agree_with_the_naive_sum(
        int canaries, int guesses, int correct, double epsilon, double delta, double expected)
    {
        CanaryGuesses counted = new(0, correct, guesses - correct);

        double pValue = OneRunTest.ApproximateDp.PValue(canaries, counted, new PrivacyBudget(epsilon, delta));

        Assert.InRange(pValue / expected, 1 - 1e-9, 1 + 1e-9);
    }

    [Fact]
    public void At_the_bound_the_p_value_is_the_significance()
    {
        CanaryScores scores = AtQuantiles(500, shift: 2);
        foreach (OneRunTest test in new[] { OneRunTest.ApproximateDp, OneRunTest.GaussianDp })
        {
            OneRunFinding found = OneRunAudit.AtThreshold(scores, 2, test, Claim, Significance);
            PrivacyBudget bound = Claim with { Epsilon = found.EpsilonLowerBound };

            Assert.True(found.IsRefuted);
            Assert.Equal(Significance, test.PValue(scores.Count, found.Guesses, bound), 1e-4);
            Assert.False(OneRunAudit.AtThreshold(
                scores, 2, test, bound with { Epsilon = bound.Epsilon * 1.01 }, Significance).IsRefuted);
        }
    }

    [Fact]
    public void Fixed_numbers_of_guesses_share_the_significance()
    {
        CanaryScores scores = AtQuantiles(1000, shift: 2);

        OneRunFinding one = OneRunAudit.OverGuesses(scores, [400], OneRunTest.ApproximateDp, Claim, Significance);
        OneRunFinding three = OneRunAudit.OverGuesses(
            scores, [400, 400, 400], OneRunTest.ApproximateDp, Claim, Significance);

        Assert.Equal(400, one.Guesses.Count);
        Assert.Equal(3, three.Thresholds);
        Assert.Equal(3 * one.PValue, three.PValue, 1e-12);
        Assert.InRange(three.EpsilonLowerBound, 0.5 * one.EpsilonLowerBound, 0.999 * one.EpsilonLowerBound);
    }

    // Randomised response keeps the true answer with probability e^ε/(1 + e^ε) and is (ε, 0)-private, no better. Of 400
    // audits at significance 0.05 at most 20 ± 4.4 may alarm; 45, more than five deviations beyond, has probability
    // below 1e-6. A claim of 3/4 of ε must nearly always fall: it lies 4.4 deviations of the count away.
    [Fact]
    public void Randomised_response_is_refuted_no_more_often_than_allowed_and_a_smaller_claim_is()
    {
        const int Audits = 400;
        const int Canaries = 1000;
        double keep = 1 / (1 + Math.Exp(-1.0));
        using SeededRandomBits bits = new(new byte[SeededRandomBits.KeySize], "randomised response");
        int alarms = 0;
        int found = 0;
        for (int audit = 0; audit < Audits; audit++)
        {
            double[] answers = new double[Canaries];
            bool[] included = new bool[Canaries];
            for (int canary = 0; canary < Canaries; canary++)
            {
                included[canary] = bits.Below(2) == 1;
                bool kept = bits.NextUInt64() < keep * Math.ScaleB(1, 64);
                answers[canary] = included[canary] == kept ? 1 : 0;
            }

            CanaryScores scores = new(answers, included);
            alarms += Refutes(scores, epsilon: 1) ? 1 : 0;
            found += Refutes(scores, epsilon: 0.75) ? 1 : 0;
        }

        Assert.InRange(alarms, 1, 45);
        Assert.InRange(found, 300, Audits);

        static bool Refutes(CanaryScores scores, double epsilon) => OneRunAudit.AtThreshold(
            scores, 0.5, OneRunTest.ApproximateDp, new PrivacyBudget(epsilon, 0), Significance).IsRefuted;
    }

    [Fact]
    public void Senseless_questions_are_refused()
    {
        CanaryScores scores = AtQuantiles(10, shift: 1);

        Assert.Throws<ArgumentOutOfRangeException>(
            () => OneRunAudit.OverHull(scores, OneRunTest.ApproximateDp, Claim, significance: 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => OneRunAudit.OverHull(scores, OneRunTest.ApproximateDp, Claim, significance: 1));
        Assert.Throws<ArgumentException>(
            () => OneRunAudit.OverGuesses(scores, [], OneRunTest.ApproximateDp, Claim, Significance));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => OneRunTest.ApproximateDp.PValue(10, new CanaryGuesses(0, 6, 5), Claim));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => OneRunTest.GaussianDp.PValue(10, new CanaryGuesses(0, -1, 5), Claim));
    }

    private static CanaryScores AtQuantiles(int canaries, double shift)
    {
        double[] outside =
            [.. Enumerable.Range(0, canaries).Select(i => NormalDistribution.Quantile((i + 0.5) / canaries))];
        bool[] included = [.. outside.Select(_ => false), .. outside.Select(_ => true)];
        return new CanaryScores([.. outside, .. outside.Select(score => score + shift)], included);
    }
}
