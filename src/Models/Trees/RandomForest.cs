using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Trees;

/// <summary>How a forest is grown.</summary>
/// <param name="Trees">Their number.</param>
/// <param name="FeaturesPerNode">m features are drawn for each node; √p is Breiman's choice for classes.</param>
/// <param name="PublicSeed">Decides the features of every node.</param>
/// <param name="Tree">When a tree stops; λ is 0 in Breiman's trees.</param>
public sealed record ForestSettings(int Trees, int FeaturesPerNode, ulong PublicSeed, TreeSettings Tree);

/// <summary>The mean of many trees: a probability for labels 0 and 1, a mean for others.</summary>
public sealed class RandomForest
{
    internal RandomForest(IReadOnlyList<DecisionTree> trees) => Trees = trees;

    public IReadOnlyList<DecisionTree> Trees { get; }

    public double Predict(ReadOnlySpan<double> row)
    {
        double sum = 0;
        foreach (DecisionTree tree in Trees)
        {
            sum += tree.Predict(row);
        }

        return sum / Trees.Count;
    }
}

/// <summary>A site's rows with the number of times each counts in each tree.</summary>
public sealed class ForestSite
{
    private readonly Table _table;
    private readonly int[] _bins;
    private readonly int[][] _weights;

    /// <param name="table">The rows of one site.</param>
    /// <param name="bins">Public cuts.</param>
    /// <param name="weights">Per tree, per row: <see cref="PoissonWeights"/>, or ones for no bootstrap.</param>
    public ForestSite(Table table, FeatureBins bins, IReadOnlyList<int[]> weights)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(bins);
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Any(tree => tree.Length != table.Rows || tree.Any(weight => weight < 0)))
        {
            throw new ArgumentException(
                $"Every tree needs {table.Rows} weights that are not negative.", nameof(weights));
        }

        _table = table;
        _bins = bins.Bin(table);
        _weights = [.. weights.Select(tree => tree.ToArray())];
    }

    internal int Rows => _table.Rows;

    internal int Trees => _weights.Length;

    /// <summary>
    /// Poisson(1) weights: the bootstrap of a table that no one holds as a whole. The seed stays at the site, so that
    /// nobody else knows which rows a tree has seen.
    /// </summary>
    /// <remarks>
    /// Oza and Russell, "Online bagging and boosting", AISTATS 2001: the binomial count of a row in a bootstrap sample
    /// tends to Poisson(1).
    /// </remarks>
    public static int[][] PoissonWeights(int rows, int trees, ulong siteSeed)
    {
        int[][] weights = new int[trees][];
        for (int tree = 0; tree < trees; tree++)
        {
            PhiloxStream random = new(siteSeed, (ulong)tree);
            weights[tree] = new int[rows];
            for (int row = 0; row < rows; row++)
            {
                weights[tree][row] = Poisson(random.NextUnit());
            }
        }

        return weights;
    }

    internal ReadOnlySpan<int> Bins(int row) => _bins.AsSpan(row * _table.Columns, _table.Columns);

    internal double Label(int row) => _table.Label(row);

    internal int Weight(int tree, int row) => _weights[tree][row];

    // Inversion: the smallest k with P(X <= k) > u, terms e^-1 / k!. Below 2^-53 no further term can matter.
    private static int Poisson(double u)
    {
        const int Largest = 18;
        double term = DeterministicMath.Exp(-1);
        double cumulative = term;
        int count = 0;
        while (u >= cumulative && count < Largest)
        {
            count++;
            term /= count;
            cumulative += term;
        }

        return count;
    }
}

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
