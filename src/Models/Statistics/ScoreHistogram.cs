namespace DigitalTwin.Models.Statistics;

/// <summary>Metrics over the rows of all sites together; null where undefined.</summary>
/// <param name="Rows">How many rows were scored.</param>
/// <param name="Accuracy">At the threshold ½.</param>
/// <param name="Auroc">From the bins, ties inside a bin counting ½.</param>
/// <param name="AurocErrorBound">The exact AUROC lies within this of <paramref name="Auroc"/>.</param>
/// <param name="Brier">Exact.</param>
/// <param name="LogLoss">Exact, in nats.</param>
public sealed record PooledMetrics(
    double Rows, double? Accuracy, double? Auroc, double? AurocErrorBound, double? Brier, double? LogLoss);

/// <summary>Pooled metrics from one sum over the sites: no site shows a prediction.</summary>
public static class ScoreHistogram
{
    private const int RowsAt = 0;
    private const int CorrectAt = 1;
    private const int SquaredErrorAt = 2;
    private const int LogLossAt = 3;
    private const int NegativesAt = 4;

    /// <summary>Length of the statistic: 4 + 2 × bins.</summary>
    public static int StatisticLength(int bins)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        return NegativesAt + (2 * bins);
    }

    /// <summary>
    /// [n, correct at ½, Σ(p − y)², Σ log-loss, negatives per bin…, positives per bin…], bins of equal width.
    /// </summary>
    public static double[] LocalStatistic(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, int bins)
    {
        BinaryMetrics.RequirePairs(labels, probabilities);
        double[] statistic = new double[StatisticLength(bins)];
        statistic[RowsAt] = labels.Length;
        for (int row = 0; row < labels.Length; row++)
        {
            double label = labels[row];
            double probability = probabilities[row];
            statistic[CorrectAt] += BinaryMetrics.IsCorrect(label, probability, threshold: 0.5) ? 1 : 0;
            statistic[SquaredErrorAt] += BinaryMetrics.SquaredError(label, probability);
            statistic[LogLossAt] += BinaryMetrics.RowLogLoss(label, probability);
            statistic[NegativesAt + (label == 1 ? bins : 0) + BinaryMetrics.BinOf(probability, bins)]++;
        }

        return statistic;
    }

    /// <summary>The metrics of all rows together.</summary>
    /// <remarks>
    /// A pair of a positive and a negative in different bins is ranked as its scores rank it; a pair inside one bin
    /// earns ½ where the truth is between 0 and 1. So the AUROC is off by at most ½ Σ_b neg_b pos_b / (neg pos).
    /// </remarks>
    public static PooledMetrics FromSum(ReadOnlySpan<double> sum, int bins)
    {
        if (sum.Length != StatisticLength(bins))
        {
            throw new ArgumentException($"Expected {StatisticLength(bins)} entries, got {sum.Length}.", nameof(sum));
        }

        double rows = sum[RowsAt];
        if (!(rows > 0))
        {
            return new PooledMetrics(0, null, null, null, null, null);
        }

        double wins = 0;
        double pairsInsideBins = 0;
        double negatives = 0;
        double positives = 0;
        for (int bin = 0; bin < bins; bin++)
        {
            double negativesHere = sum[NegativesAt + bin];
            double positivesHere = sum[NegativesAt + bins + bin];
            wins += positivesHere * (negatives + (0.5 * negativesHere));
            pairsInsideBins += positivesHere * negativesHere;
            negatives += negativesHere;
            positives += positivesHere;
        }

        double pairs = negatives * positives;
        return new PooledMetrics(
            rows,
            sum[CorrectAt] / rows,
            pairs > 0 ? wins / pairs : null,
            pairs > 0 ? 0.5 * pairsInsideBins / pairs : null,
            sum[SquaredErrorAt] / rows,
            sum[LogLossAt] / rows);
    }
}
