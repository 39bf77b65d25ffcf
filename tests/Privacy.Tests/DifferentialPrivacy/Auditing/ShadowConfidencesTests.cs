using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Auditing;

// Goal: the likelihood ratios of Carlini et al. Method: a few numbers worked out by hand, on both sides of the number
// of models from which on a record has a variance of its own.
public sealed class ShadowConfidencesTests
{
    // In: 1 and 3, mean 2; out: −1 and 1, mean 0; both variances 2. At 2: 0 − (−2²/4) = 1, and 2/√2 deviations.
    [Fact]
    public void Scores_agree_with_a_sum_by_hand()
    {
        ShadowConfidences shadows = Filled(models: 2, distance: [1], mean: 2);

        Assert.Equal(1, shadows.OnlineScores([2])[0], 1e-12);
        Assert.Equal(0, shadows.OnlineScores([1])[0], 1e-12);
        Assert.Equal(Math.Sqrt(2), shadows.OfflineScores([2])[0], 1e-12);
    }

    // Two records with deviations 1 and 3 about 0: with few models the common variance is the mean of both, with many
    // each has its own. n values at ±d have the variance d²·n/(n − 1).
    [Theory]
    [InlineData(2, 2.23606797749979, 2.23606797749979)]
    [InlineData(64, 1, 3)]
    public void A_record_has_its_own_variance_where_there_are_models_enough(int models, double first, double second)
    {
        ShadowConfidences shadows = Filled(models, distance: [1, 3], mean: 0);

        double[] scores = shadows.OfflineScores([6, 6]);

        double bias = Math.Sqrt(models / (models - 1.0));
        Assert.Equal(6 / (first * bias), scores[0], 1e-12);
        Assert.Equal(6 / (second * bias), scores[1], 1e-12);
    }

    [Fact]
    public void Unequal_variances_count()
    {
        ShadowConfidences shadows = new(1);
        foreach (double logit in new[] { -2.0, 2, -1, 1 })
        {
            shadows.Add([logit], [Math.Abs(logit) == 2]);
        }

        // Variances 8 and 2, both means 0: −x²/16 − ½ ln 8 + x²/4 + ½ ln 2 at x = 4.
        Assert.Equal(3 - Math.Log(2), shadows.OnlineScores([4])[0], 1e-12);
    }

    [Fact]
    public void A_record_without_shadows_on_a_side_scores_nothing()
    {
        ShadowConfidences shadows = new(2);
        shadows.Add([1, 5], [true, false]);
        shadows.Add([2, 6], [true, false]);

        Assert.Equal([0, 0], shadows.OnlineScores([9, 9]));
        Assert.Equal(0, shadows.OfflineScores([9, 9])[0]);
        Assert.NotEqual(0, shadows.OfflineScores([9, 9])[1]);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        ShadowConfidences shadows = new(2);

        Assert.Throws<ArgumentException>(() => shadows.Add([1], [true, false]));
        Assert.Throws<ArgumentException>(() => shadows.Add([1, 2], [true]));
        Assert.Throws<ArgumentException>(() => shadows.Add([1, double.NaN], [true, false]));
        Assert.Throws<ArgumentException>(() => shadows.OnlineScores([1]));
        Assert.Throws<ArgumentException>(() => shadows.OfflineScores([1, double.PositiveInfinity]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShadowConfidences(0));
    }

    // As many models with each record as without it: logits mean ± distance with, ∓ distance without it.
    private static ShadowConfidences Filled(int models, double[] distance, double mean)
    {
        ShadowConfidences shadows = new(distance.Length);
        bool[] all = [.. distance.Select(_ => true)];
        bool[] none = new bool[distance.Length];
        for (int model = 0; model < models; model++)
        {
            int sign = model % 2 == 0 ? 1 : -1;
            shadows.Add([.. distance.Select(d => mean + (sign * d))], all);
            shadows.Add([.. distance.Select(d => sign * d)], none);
        }

        return shadows;
    }
}
