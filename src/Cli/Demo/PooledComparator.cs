using DigitalTwin.Cli.Reporting;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.Models;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Cli.Demo;

/// <summary>
/// Ridge logistic regression on all rows in one place: what a federation avoids, for comparison only.
/// </summary>
internal static class PooledComparator
{
    /// <summary>The pooled optimum on the pooled held-out rows; null when there are too few rows.</summary>
    public static ComparatorMetrics? Of(IReadOnlyList<LoadedData> sites, double l2)
    {
        Table train = Pool([.. sites.Select(site => site.Site.Train)]);
        Table test = Pool([.. sites.Select(site => site.Site.Test)]);
        if (train.Rows < 2 || test.Rows == 0)
        {
            return null;
        }

        double[] zero = new double[train.Columns];
        double[] one = [.. Enumerable.Repeat(1.0, train.Columns)];
        (double[] mean, double[] deviation) = Moments.FromSum(Moments.LocalStatistic(train, zero, one), zero, one);
        double[] parameters = LogisticFit.Fit(train.Standardise(mean, deviation), l2);
        double[] predictions = new LogisticModel(train.Columns).Probabilities(
            parameters, test.Standardise(mean, deviation));
        return new ComparatorMetrics(
            BinaryMetrics.Accuracy(test.Labels, predictions), BinaryMetrics.Auroc(test.Labels, predictions));
    }

    private static Table Pool(IReadOnlyList<Table> tables)
    {
        List<double> features = [];
        List<double> labels = [];
        foreach (Table table in tables)
        {
            for (int row = 0; row < table.Rows; row++)
            {
                features.AddRange(table.Row(row));
                labels.Add(table.Label(row));
            }
        }

        return new Table(tables[0].Columns, [.. features], [.. labels]);
    }
}
