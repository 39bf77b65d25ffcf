using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Models.Tests.Statistics;

// Goal: each metric is its textbook value, and null where it is undefined. Method: a table with ties whose values come
// from scikit-learn 1.2 (roc_auc_score, brier_score_loss, log_loss, roc_curve with drop_intermediate=False); the
// definition by pairs; null cases one by one.
public sealed class BinaryMetricsTests
{
    private static readonly double[] Labels = [0, 0, 1, 1, 0, 1, 1, 0];
    private static readonly double[] Probabilities = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.7];

    [Fact]
    public void Values_are_those_of_scikit_learn()
    {
        Assert.Equal(0.625, BinaryMetrics.Accuracy(Labels, Probabilities)!.Value, 1e-15);
        Assert.Equal(0.6875, BinaryMetrics.Auroc(Labels, Probabilities)!.Value, 1e-15);
        Assert.Equal(0.2065625, BinaryMetrics.Brier(Labels, Probabilities)!.Value, 1e-15);
        Assert.Equal(0.5782001863575765, BinaryMetrics.LogLoss(Labels, Probabilities)!.Value, 1e-15);
    }

    [Fact]
    public void Roc_curve_is_that_of_scikit_learn()
    {
        IReadOnlyList<RocPoint> curve = BinaryMetrics.RocCurve(Labels, Probabilities)!;

        Assert.Equal(
            [
                new(0, 0, double.PositiveInfinity),
                new(0, 0.25, 0.9),
                new(0, 0.5, 0.8),
                new(0.25, 0.5, 0.7),
                new(0.75, 0.75, 0.4),
                new(0.75, 1, 0.35),
                new(1, 1, 0.1),
            ],
            curve);
    }

    [Fact]
    public void Area_under_the_roc_points_is_the_auroc()
    {
        (double[] labels, double[] p) = Random(rows: 400, levels: 25);
        IReadOnlyList<RocPoint> curve = BinaryMetrics.RocCurve(labels, p)!;

        double area = curve.Zip(curve.Skip(1)).Sum(pair =>
            (pair.Second.FalsePositiveRate - pair.First.FalsePositiveRate)
            * 0.5 * (pair.First.TruePositiveRate + pair.Second.TruePositiveRate));

        Assert.Equal(area, BinaryMetrics.Auroc(labels, p)!.Value, 1e-12);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(1000)]
    public void Auroc_is_the_share_of_pairs_ranked_right(int levels)
    {
        (double[] labels, double[] p) = Random(rows: 150, levels);
        double wins = 0;
        double pairs = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            for (int j = 0; j < labels.Length; j++)
            {
                if (labels[i] == 1 && labels[j] == 0)
                {
                    pairs++;
                    wins += p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
                }
            }
        }

        Assert.Equal(wins / pairs, BinaryMetrics.Auroc(labels, p)!.Value, 1e-12);
    }

    [Fact]
    public void Nothing_is_reported_for_no_rows()
    {
        Assert.Null(BinaryMetrics.Accuracy([], []));
        Assert.Null(BinaryMetrics.Auroc([], []));
        Assert.Null(BinaryMetrics.Brier([], []));
        Assert.Null(BinaryMetrics.LogLoss([], []));
        Assert.Null(BinaryMetrics.RocCurve([], []));
        Assert.Null(BinaryMetrics.CalibrationBins([], [], bins: 10));
        Assert.Equal((null, null), BinaryMetrics.Calibration([], []));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void With_one_class_only_the_losses_are_defined(double label)
    {
        double[] labels = [label, label];
        double[] p = [0.3, 0.6];

        Assert.Equal(0.5, BinaryMetrics.Accuracy(labels, p));
        Assert.NotNull(BinaryMetrics.Brier(labels, p));
        Assert.NotNull(BinaryMetrics.LogLoss(labels, p));
        Assert.Null(BinaryMetrics.Auroc(labels, p));
        Assert.Null(BinaryMetrics.RocCurve(labels, p));
        Assert.Equal((null, null), BinaryMetrics.Calibration(labels, p));
    }

    [Theory]
    [InlineData(new double[] { 0, 0, 1, 1 }, new double[] { 0.1, 0.2, 0.8, 0.9 })]
    [InlineData(new double[] { 0, 0, 1, 1 }, new double[] { 0.1, 0.5, 0.5, 0.9 })]
    [InlineData(new double[] { 1, 1, 0, 0 }, new double[] { 0.1, 0.2, 0.8, 0.9 })]
    [InlineData(new double[] { 0, 1, 0, 1 }, new double[] { 0.5, 0.5, 0.5, 0.5 })]
    public void Calibration_of_separated_classes_is_undefined(double[] labels, double[] p) =>
        Assert.Equal((null, null), BinaryMetrics.Calibration(labels, p));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0.5, 0.3)]
    [InlineData(1.5, -1)]
    public void Calibration_finds_the_line_that_distorted_the_logits(double slope, double intercept)
    {
        const int Rows = 40_000;
        PhiloxStream random = new(seed: 31, stream: 0);
        double[] labels = new double[Rows];
        double[] p = new double[Rows];
        for (int row = 0; row < Rows; row++)
        {
            double logit = 1.5 * random.NextNormal();
            p[row] = DeterministicMath.Sigmoid(logit);
            labels[row] = random.NextUnit() < DeterministicMath.Sigmoid((slope * logit) + intercept) ? 1 : 0;
        }

        (double? foundSlope, double? foundIntercept) = BinaryMetrics.Calibration(labels, p);

        // Five standard errors, which are near 0.015 here: falsely red with probability below 1e-5 for a fresh seed.
        Assert.Equal(slope, foundSlope!.Value, 0.08);
        Assert.Equal(intercept, foundIntercept!.Value, 0.08);
    }

    [Fact]
    public void Calibration_bins_hold_every_row_once_and_leave_empty_bins_without_rates()
    {
        IReadOnlyList<CalibrationBin> bins = BinaryMetrics.CalibrationBins([0, 1, 1, 1], [0, 0.24, 0.26, 1], bins: 4)!;

        Assert.Equal([2, 1, 0, 1], bins.Select(bin => bin.Rows));
        Assert.Equal(new CalibrationBin(0, 0.25, 2, 0.12, 0.5), bins[0]);
        Assert.Equal(new CalibrationBin(0.5, 0.75, 0, null, null), bins[2]);
        Assert.Equal(new CalibrationBin(0.75, 1, 1, 1, 1), bins[3]);
    }

    [Theory]
    [InlineData(new double[] { 0 }, new double[] { 0.1, 0.2 })]
    [InlineData(new double[] { 2 }, new double[] { 0.1 })]
    [InlineData(new double[] { 1 }, new double[] { 1.1 })]
    [InlineData(new double[] { 1 }, new double[] { -0.1 })]
    [InlineData(new double[] { 1 }, new double[] { double.NaN })]
    public void What_is_no_label_or_no_probability_is_refused(double[] labels, double[] p)
    {
        Assert.Throws<ArgumentException>(() => BinaryMetrics.Accuracy(labels, p));
        Assert.Throws<ArgumentException>(() => BinaryMetrics.Auroc(labels, p));
        Assert.Throws<ArgumentException>(() => ScoreHistogram.LocalStatistic(labels, p, bins: 10));
    }

    [Fact]
    public void A_certain_and_wrong_prediction_costs_a_finite_loss() =>
        Assert.Equal(-Math.Log(1e-15), BinaryMetrics.LogLoss([1, 0], [0, 1])!.Value, 0.2);

    /// <summary>Labels and probabilities of which many are equal.</summary>
    private static (double[] Labels, double[] Probabilities) Random(int rows, int levels)
    {
        PhiloxStream random = new(seed: 30, stream: 0);
        double[] p = [.. Enumerable.Range(0, rows).Select(_ => (double)random.NextBelow(levels) / levels)];
        double[] labels = [.. p.Select(probability => random.NextUnit() < 0.2 + (0.6 * probability) ? 1.0 : 0.0)];
        return (labels, p);
    }
}
