using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Trees;

/// <summary>What the trees descend on.</summary>
public enum BoostingLoss
{
    /// <summary>ln(1 + e^m) − y m of labels 0 or 1: margins are log-odds.</summary>
    Logistic,

    /// <summary>½ (m − y)²: margins are means.</summary>
    Squared,
}

/// <summary>How an ensemble is grown.</summary>
/// <param name="Loss">What the trees descend on.</param>
/// <param name="Trees">Their number.</param>
/// <param name="LearningRate">η, the shrinkage of every tree.</param>
/// <param name="BaseMargin">The public margin before the first tree, such as the log-odds of the prevalence.</param>
/// <param name="Tree">When a tree stops.</param>
public sealed record BoostingSettings(
    BoostingLoss Loss, int Trees, double LearningRate, double BaseMargin, TreeSettings Tree);

/// <summary>Gradient-boosted trees: margin = base + η Σ trees.</summary>
public sealed class BoostedTrees
{
    internal BoostedTrees(BoostingSettings settings, IReadOnlyList<DecisionTree> trees)
    {
        Settings = settings;
        Trees = trees;
    }

    public BoostingSettings Settings { get; }

    public IReadOnlyList<DecisionTree> Trees { get; }

    public double Margin(ReadOnlySpan<double> row)
    {
        double margin = Settings.BaseMargin;
        foreach (DecisionTree tree in Trees)
        {
            margin += Settings.LearningRate * tree.Predict(row);
        }

        return margin;
    }

    /// <summary>A probability under the logistic loss, a mean under the squared.</summary>
    public double Predict(ReadOnlySpan<double> row) =>
        Settings.Loss == BoostingLoss.Logistic ? DeterministicMath.Sigmoid(Margin(row)) : Margin(row);
}

/// <summary>A site's rows with the margins that the public trees give them.</summary>
public sealed class BoostingSite
{
    private readonly Table _table;
    private readonly int[] _bins;
    private readonly double[] _margins;
    private int _treesSeen;

    public BoostingSite(Table table, FeatureBins bins)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(bins);
        _table = table;
        _bins = bins.Bin(table);
        _margins = new double[table.Rows];
    }

    internal int Rows => _table.Rows;

    internal ReadOnlySpan<int> Bins(int row) => _bins.AsSpan(row * _table.Columns, _table.Columns);

    internal double Label(int row) => _table.Label(row);

    internal double Margin(int row) => _margins[row];

    // Trees only ever come on top, so a site that joins late, or starts again, adds those that it has not seen.
    internal void CatchUp(BoostingSettings settings, IReadOnlyList<DecisionTree> trees)
    {
        if (_treesSeen == 0)
        {
            _margins.AsSpan().Fill(settings.BaseMargin);
        }

        for (; _treesSeen < trees.Count; _treesSeen++)
        {
            for (int row = 0; row < _margins.Length; row++)
            {
                _margins[row] += settings.LearningRate * trees[_treesSeen].PredictBinned(Bins(row));
            }
        }
    }
}

/// <summary>Gradient boosting as its rounds see it: one round per level of each tree.</summary>
/// <remarks>
/// Chen and Guestrin, KDD 2016, section 2, with histograms over public bins. A <see cref="BoostingSite"/> serves one
/// iteration only.
/// </remarks>
public sealed class GradientBoosting
{
    private readonly FeatureBins _bins;
    private readonly BoostingSettings _settings;
    private readonly List<DecisionTree> _trees = [];
    private TreeGrowth _growth;

    public GradientBoosting(FeatureBins bins, BoostingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(bins);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.Trees);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.LearningRate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.Tree.MaxDepth);
        _bins = bins;
        _settings = settings;
        _growth = NextGrowth();
    }

    /// <summary>All trees are grown.</summary>
    public bool Finished => _trees.Count == _settings.Trees;

    /// <summary>Sums taken in so far.</summary>
    public int Rounds { get; private set; }

    /// <summary>Of this round: [g, h, rows] per open node, feature and bin.</summary>
    public int StatisticLength => _growth.StatisticLength;

    /// <summary>The trees grown to their end.</summary>
    public BoostedTrees Model => new(_settings, [.. _trees]);

    /// <summary>[Σ g, Σ h, rows] per open node, feature and bin, of one site.</summary>
    /// <exception cref="ArgumentException">A label is not 0 or 1 under the logistic loss.</exception>
    public double[] LocalStatistic(BoostingSite site)
    {
        ArgumentNullException.ThrowIfNull(site);
        site.CatchUp(_settings, _trees);
        double[] statistic = new double[StatisticLength];
        for (int row = 0; row < site.Rows; row++)
        {
            (double g, double h) = DerivativesOf(site.Margin(row), site.Label(row));
            _growth.AddRow(statistic, site.Bins(row), TreeGrowth.Quantise(g), TreeGrowth.Quantise(h), rows: 1);
        }

        return statistic;
    }

    /// <summary>Takes the sum of the sites' statistics: the splits of a level.</summary>
    /// <exception cref="InvalidOperationException">All trees are grown.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (Finished)
        {
            throw new InvalidOperationException("All trees are grown: no further sum is needed.");
        }

        _growth.Advance(sum);
        Rounds++;
        if (_growth.Finished)
        {
            _trees.Add(_growth.Tree);
            _growth = NextGrowth();
        }
    }

    private TreeGrowth NextGrowth()
    {
        int[] all = [.. Enumerable.Range(0, _bins.Features)];
        return new TreeGrowth(_bins, _settings.Tree, _ => all);
    }

    private (double G, double H) DerivativesOf(double margin, double label)
    {
        if (_settings.Loss == BoostingLoss.Squared)
        {
            return (margin - label, 1);
        }

        if (label is not (0 or 1))
        {
            throw new ArgumentException($"The logistic loss takes labels 0 or 1, got {label}.");
        }

        double probability = DeterministicMath.Sigmoid(margin);
        return (probability - label, probability * (1 - probability));
    }
}
