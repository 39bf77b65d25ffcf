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
