using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Models.Tests.Statistics;

// Goal: one sum gives the means and deviations of all rows together. Method: two-pass formulas on the pooled rows,
// columns whose raw sums of squares would lose every digit, and columns that do not vary.
public sealed class MomentsTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(120, 15)]
    [InlineData(1e9, 3)]
    public void Sum_over_sites_gives_the_pooled_moments(double centre, double spread)
    {
        PhiloxStream random = new(seed: 21, stream: 0);
        double[] values = [.. Enumerable.Range(0, 300).Select(_ => centre + (spread * random.NextNormal()))];
        double mean = values.Average();
        double sd = Math.Sqrt(values.Sum(x => (x - mean) * (x - mean)) / (values.Length - 1));
        double[] referenceMean = [centre + spread];
        double[] referenceSd = [2 * spread];
        IEnumerable<double[]> statistics = values.Chunk(70).Select(site =>
            Moments.LocalStatistic(new Table(1, site, new double[site.Length]), referenceMean, referenceSd));

        (double[] pooledMean, double[] pooledSd) =
            Moments.FromSum(HeartDisease.Sum(statistics), referenceMean, referenceSd);

        Assert.Equal(mean, pooledMean[0], 1e-12 * Math.Max(spread, centre));
        Assert.Equal(sd, pooledSd[0], 1e-9 * spread);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0)]
    [InlineData(-7.3, 0)]
    [InlineData(0.1, 1e-6)]
    [InlineData(-7.3, 1e-6)]
    public void A_constant_column_has_deviation_zero_also_after_rounding_to_a_step(double constant, double step)
    {
        double[] features = [.. Enumerable.Repeat(constant, 123)];
        double[] sum = Moments.LocalStatistic(new Table(1, features, new double[123]), [3.7], [1.3]);
        double[] rounded = [.. sum.Select(x => step == 0 ? x : Math.Floor(x / step) * step)];

        (double[] mean, double[] sd) = Moments.FromSum(rounded, [3.7], [1.3], resolution: step);

        Assert.Equal(constant, mean[0], 1e-7);
        Assert.Equal(0, sd[0]);
    }

    [Theory]
    [InlineData(new double[] { 0, 0, 0 })]
    [InlineData(new double[] { 1, 0.5, 0.25 })]
    [InlineData(new double[] { double.NaN, 0, 0 })]
    [InlineData(new double[] { 5, 1 })]
    public void Fewer_than_two_rows_or_another_length_is_refused(double[] sum) =>
        Assert.Throws<ArgumentException>(() => Moments.FromSum(sum, [0], [1]));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void A_reference_deviation_that_is_not_positive_is_refused(double sd) =>
        Assert.Throws<ArgumentException>(() => Moments.LocalStatistic(new Table(1, [1], [0]), [0], [sd]));
}
