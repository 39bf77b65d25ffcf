using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Auditing;

// Goal: counts at thresholds, the hull, the area and the rates of a ROC curve. Method: small sets counted by hand, ties
// among them, and quarter circles whose curve is known.
public sealed class CanaryScoresTests
{
    // In: 0.5, 1.5, 2.5, 3.5; out: 0, 1, 2, 3.
    private static readonly CanaryScores Interleaved = Of([0.5, 1.5, 2.5, 3.5], [0, 1, 2, 3]);

    [Theory]
    [InlineData(double.NegativeInfinity, 4, 4)]
    [InlineData(1, 3, 3)]
    [InlineData(1.5, 3, 2)]
    [InlineData(3.2, 1, 0)]
    [InlineData(double.PositiveInfinity, 0, 0)]
    public void A_threshold_takes_the_scores_from_it_on(double threshold, int truePositives, int falsePositives)
    {
        Assert.Equal(new CanaryGuesses(threshold, truePositives, falsePositives), Interleaved.Above(threshold));
    }

    [Theory]
    [InlineData(1, 3.5, 1, 0)]
    [InlineData(2, 3, 1, 1)]
    [InlineData(3, 2.5, 2, 1)]
    [InlineData(8, 0, 4, 4)]
    public void The_highest_scores_are_taken(int guesses, double threshold, int truePositives, int falsePositives)
    {
        Assert.Equal(new CanaryGuesses(threshold, truePositives, falsePositives), Interleaved.Highest(guesses));
    }

    // jax_privacy, tests/auditing_test.py, test_get_tn_fn_counts and its two tests of ties: thresholds, and canaries
    // below them.
    [Fact]
    public void The_hull_keeps_the_corners_and_drops_what_lies_between()
    {
        const double None = double.PositiveInfinity;

        AssertHull(Of([1.5, 2.5, 0.5, 3.5], [0, 3, 2, 1]), [0, 0.5, 3.5, None], [0, 0, 3, 4], [0, 1, 4, 4]);
        AssertHull(Of([0, 1, 1, 2], [0, 0, 1, 1]), [0, 1, 2, None], [0, 1, 3, 4], [0, 2, 4, 4]);
        AssertHull(Of([0, 0, 1, 2], [0, 1, 1, 1]), [0, 2, None], [0, 3, 4], [0, 4, 4]);
        AssertHull(Of([0, 0], [0, 0]), [0, None], [0, 2], [0, 2]);
    }

    [Fact]
    public void The_area_counts_pairs_and_half_of_the_ties()
    {
        Assert.Equal(10.0 / 16, Interleaved.AreaUnderCurve());
        Assert.Equal(0.5, Of([1, 1, 1], [1, 1]).AreaUnderCurve());
        Assert.Equal(1, Of([5, 6], [1, 2]).AreaUnderCurve());
        Assert.Equal(0, Of([1, 2], [5, 6]).AreaUnderCurve());
    }

    [Fact]
    public void A_circular_curve_has_the_area_and_the_rates_of_a_circle()
    {
        const int Canaries = 2000;
        double[] outside = [.. Enumerable.Range(0, Canaries).Select(i => i / (Canaries - 1.0))];
        double[] inside = [.. outside.Select(x => Math.Sqrt(1 - (x * x)))];
        CanaryScores scores = Of(inside, outside);

        Assert.Equal(Math.PI / 4, scores.AreaUnderCurve(), 1e-3);
        foreach (double rate in new[] { 0.01, 0.1, 0.3, 0.9 })
        {
            Assert.Equal(Math.Sqrt(rate * (2 - rate)), scores.TruePositiveRate(rate), 2e-2 * Math.Sqrt(rate));
        }
    }

    [Theory]
    [InlineData(0, 0.25)]
    [InlineData(0.24, 0.25)]
    [InlineData(0.25, 0.5)]
    [InlineData(0.75, 1)]
    [InlineData(1, 1)]
    public void A_rate_is_reached_without_one_false_positive_too_many(double falsePositiveRate, double expected)
    {
        Assert.Equal(expected, Interleaved.TruePositiveRate(falsePositiveRate));
    }

    [Fact]
    public void Scores_that_cannot_be_audited_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new CanaryScores([1, 2], [true]));
        Assert.Throws<ArgumentException>(() => new CanaryScores([1, double.NaN], [true, false]));
        Assert.Throws<ArgumentException>(() => new CanaryScores([double.PositiveInfinity, 1], [true, false]));
        Assert.Throws<ArgumentException>(() => new CanaryScores([1, 2], [true, true]));
        Assert.Throws<ArgumentException>(() => new CanaryScores([1, 2], [false, false]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Interleaved.Highest(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Interleaved.Highest(9));
        Assert.Throws<ArgumentOutOfRangeException>(() => Interleaved.TruePositiveRate(1.5));
    }

    private static CanaryScores Of(double[] inside, double[] outside)
    {
        bool[] included = [.. inside.Select(_ => true), .. outside.Select(_ => false)];
        return new CanaryScores([.. inside, .. outside], included);
    }

    private static void AssertHull(CanaryScores scores, double[] thresholds, int[] inBelow, int[] outBelow)
    {
        IReadOnlyList<CanaryGuesses> hull = scores.Hull();

        Assert.Equal(thresholds, hull.Select(corner => corner.Threshold));
        Assert.Equal(inBelow, hull.Select(corner => scores.InCount - corner.TruePositives));
        Assert.Equal(outBelow, hull.Select(corner => scores.OutCount - corner.FalsePositives));
    }
}
