using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Trees;

/// <summary>A random forest as its rounds see it: one round per level, all trees at once.</summary>
/// <remarks>
/// Breiman, Machine Learning 45, 2001, on histograms over public bins. The bootstrap is drawn at the sites and the
/// features of a node from the public seed, so the forest of the sum is the forest of the pooled rows under the same
/// weights, bit for bit.
/// </remarks>
public sealed class ForestGrowth
{
    private readonly TreeGrowth[] _growths;

    public ForestGrowth(FeatureBins bins, ForestSettings settings)
    {
        ArgumentNullException.ThrowIfNull(bins);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.Trees);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.FeaturesPerNode);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.FeaturesPerNode, bins.Features);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.Tree.MaxDepth);
        _growths = new TreeGrowth[settings.Trees];
        for (int tree = 0; tree < settings.Trees; tree++)
        {
            ulong high = (ulong)tree << 32;
            _growths[tree] = new TreeGrowth(
                bins, settings.Tree, node => Draw(new PhiloxStream(settings.PublicSeed, high | (uint)node)));
        }

        int[] Draw(PhiloxStream random)
        {
            int[] features = [.. Enumerable.Range(0, bins.Features)];
            random.Shuffle(features);
            return [.. features.Take(settings.FeaturesPerNode).Order()];
        }
    }

    /// <summary>All trees are grown.</summary>
    public bool Finished => _growths.All(growth => growth.Finished);

    /// <summary>Of this round: [g, h, rows] per tree, open node, candidate feature and bin.</summary>
    public int StatisticLength => _growths.Sum(growth => growth.StatisticLength);

    public RandomForest Model => new([.. _growths.Select(growth => growth.Tree)]);

    /// <summary>[−Σ y, rows, rows] per tree, open node, candidate feature and bin, of one site.</summary>
    public double[] LocalStatistic(ForestSite site)
    {
        ArgumentNullException.ThrowIfNull(site);
        if (site.Trees != _growths.Length)
        {
            throw new ArgumentException(
                $"Expected weights for {_growths.Length} trees, got {site.Trees}.", nameof(site));
        }

        double[] statistic = new double[StatisticLength];
        int start = 0;
        for (int tree = 0; tree < _growths.Length; tree++)
        {
            Span<double> own = statistic.AsSpan(start, _growths[tree].StatisticLength);
            start += own.Length;
            for (int row = 0; row < site.Rows && own.Length > 0; row++)
            {
                int weight = site.Weight(tree, row);
                if (weight > 0)
                {
                    double g = -weight * TreeGrowth.Quantise(site.Label(row));
                    _growths[tree].AddRow(own, site.Bins(row), g, weight, weight);
                }
            }
        }

        return statistic;
    }

    /// <summary>Takes the sum of the sites' statistics: the splits of a level of every tree.</summary>
    /// <exception cref="InvalidOperationException">All trees are grown.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (Finished)
        {
            throw new InvalidOperationException("All trees are grown: no further sum is needed.");
        }

        if (sum.Length != StatisticLength)
        {
            throw new ArgumentException($"Expected {StatisticLength} entries, got {sum.Length}.", nameof(sum));
        }

        int start = 0;
        foreach (TreeGrowth growth in _growths.Where(growth => !growth.Finished))
        {
            int length = growth.StatisticLength;
            growth.Advance(sum.Slice(start, length));
            start += length;
        }
    }
}
