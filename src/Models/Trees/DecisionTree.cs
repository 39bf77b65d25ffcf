namespace DigitalTwin.Models.Trees;

/// <summary>A node of a tree: a question, or a leaf.</summary>
/// <param name="Feature">What is asked; −1 in a leaf.</param>
/// <param name="Bin">Bins up to this one go left.</param>
/// <param name="Cut">Values up to this one go left: the same question of a row without bins.</param>
/// <param name="Left">Number of the left child; the right child is the next.</param>
/// <param name="Value">What a row that ends here is given.</param>
/// <param name="Gain">Fall of the objective by the split; 0 in a leaf.</param>
public readonly record struct TreeNode(int Feature, int Bin, double Cut, int Left, double Value, double Gain)
{
    public bool IsLeaf => Feature < 0;

    internal static TreeNode Leaf(double value) => new(-1, 0, 0, 0, value, 0);
}

/// <summary>A grown tree. Node 0 is the root. It never changes.</summary>
public sealed class DecisionTree
{
    private readonly TreeNode[] _nodes;

    internal DecisionTree(TreeNode[] nodes) => _nodes = nodes;

    public IReadOnlyList<TreeNode> Nodes => _nodes;

    /// <summary>The value of the leaf that a row ends in.</summary>
    public double Predict(ReadOnlySpan<double> row)
    {
        TreeNode node = _nodes[0];
        while (!node.IsLeaf)
        {
            node = _nodes[node.Left + (row[node.Feature] <= node.Cut ? 0 : 1)];
        }

        return node.Value;
    }

    /// <summary>Σ gain of the splits that ask for each feature: how much the tree rests on it.</summary>
    public double[] GainByFeature(int features)
    {
        double[] gains = new double[features];
        foreach (TreeNode node in _nodes.Where(node => !node.IsLeaf))
        {
            gains[node.Feature] += node.Gain;
        }

        return gains;
    }

    internal double PredictBinned(ReadOnlySpan<int> bins) => _nodes[LeafOf(_nodes, bins)].Value;

    /// <summary>The node without a question that a row ends in.</summary>
    internal static int LeafOf(IReadOnlyList<TreeNode> nodes, ReadOnlySpan<int> bins)
    {
        int at = 0;
        while (!nodes[at].IsLeaf)
        {
            at = nodes[at].Left + (bins[nodes[at].Feature] <= nodes[at].Bin ? 0 : 1);
        }

        return at;
    }
}
