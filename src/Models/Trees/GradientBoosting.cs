using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Trees;

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
