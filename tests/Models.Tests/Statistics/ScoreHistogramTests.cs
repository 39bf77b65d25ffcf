using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Models.Tests.Statistics;

// Goal: the sum of the sites' histograms gives the metrics of the pooled rows, the AUROC within its stated bound.
// Method: random sites against BinaryMetrics on the rows put together.
public sealed class ScoreHistogramTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(10_000)]
    public void Metrics_of_the_sum_are_the_pooled_metrics(int bins)
    {
        (double[] Labels, double[] Probabilities)[] sites = [.. Enumerable.Range(0, 4).Select(Site)];
        double[] labels = [.. sites.SelectMany(site => site.Labels)];
        double[] p = [.. sites.SelectMany(site => site.Probabilities)];
        double[] sum = HeartDisease.Sum(sites.Select(
            site => ScoreHistogram.LocalStatistic(site.Labels, site.Probabilities, bins)));

        PooledMetrics metrics = ScoreHistogram.FromSum(sum, bins);

        Assert.Equal(labels.Length, metrics.Rows);
        Assert.Equal(BinaryMetrics.Accuracy(labels, p)!.Value, metrics.Accuracy!.Value, 1e-12);
        Assert.Equal(BinaryMetrics.Brier(labels, p)!.Value, metrics.Brier!.Value, 1e-12);
        Assert.Equal(BinaryMetrics.LogLoss(labels, p)!.Value, metrics.LogLoss!.Value, 1e-12);
        double bound = metrics.AurocErrorBound!.Value + 1e-12;
        Assert.Equal(BinaryMetrics.Auroc(labels, p)!.Value, metrics.Auroc!.Value, bound);
    }

    [Fact]
    public void One_bin_knows_nothing_of_the_order_and_says_so()
    {
        PooledMetrics metrics = ScoreHistogram.FromSum(ScoreHistogram.LocalStatistic([0, 1], [0.2, 0.9], 1), 1);

        Assert.Equal(0.5, metrics.Auroc);
        Assert.Equal(0.5, metrics.AurocErrorBound);
    }

    [Fact]
    public void No_rows_and_one_class_leave_undefined_metrics_null()
    {
        PooledMetrics none = ScoreHistogram.FromSum(new double[ScoreHistogram.StatisticLength(10)], 10);
        PooledMetrics oneClass = ScoreHistogram.FromSum(ScoreHistogram.LocalStatistic([1, 1], [0.2, 0.9], 10), 10);

        Assert.Equal(new PooledMetrics(0, null, null, null, null, null), none);
        Assert.Equal(0.5, oneClass.Accuracy);
        Assert.Null(oneClass.Auroc);
        Assert.Null(oneClass.AurocErrorBound);
    }

    [Fact]
    public void A_sum_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => ScoreHistogram.FromSum(new double[5], 10));

    private static (double[] Labels, double[] Probabilities) Site(int site)
    {
        PhiloxStream random = new(seed: 33, stream: (ulong)site);
        double[] p = [.. Enumerable.Range(0, 40 * (site + 1)).Select(_ => random.NextUnit())];
        return ([.. p.Select(probability => random.NextUnit() < probability ? 1.0 : 0.0)], p);
    }
}
