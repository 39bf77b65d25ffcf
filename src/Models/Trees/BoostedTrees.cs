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
