namespace DigitalTwin.Models.Trees;

/// <summary>When a tree stops.</summary>
/// <param name="MaxDepth">Questions from the root to a leaf, at most.</param>
/// <param name="L2">λ on the value of a leaf, not negative.</param>
/// <param name="MinGain">γ: a split must lower the objective by more.</param>
/// <param name="MinChildRows">Rows, or their weight, that each side keeps.</param>
/// <param name="MinChildHessian">Σ h that each side keeps.</param>
public sealed record TreeSettings(
    int MaxDepth, double L2 = 1, double MinGain = 0, double MinChildRows = 1, double MinChildHessian = 0);

/// <summary>A tree grown level by level from histograms: sites sum, the sum decides all splits of a level.</summary>
/// <remarks>
/// <para>
/// With g and h the derivatives of the loss of a row by its prediction, a leaf's best value is −G / (H + λ) and a split
/// gains ½ [G_L²/(H_L + λ) + G_R²/(H_R + λ) − G²/(H + λ)] − γ: Chen and Guestrin, "XGBoost", KDD 2016, equations 5 and
/// 7. G and H per bin are sums over patients, so the tree of the sum is the pooled tree for the same bins. With g = −y
/// and h = 1 the value is the mean of y, and the gain for y in {0, 1} is half the fall of n · Gini: the trees of
/// Breiman's forest.
/// </para>
/// <para>
/// Each g and h is rounded to a multiple of <see cref="Quantum"/> before it is added. Sums below 2^29 are then exact
/// and do not depend on their order: the federated tree has the bits of the pooled one. Among equal gains the first
/// feature wins, then the lowest cut.
/// </para>
/// </remarks>
internal sealed class TreeGrowth
{
    /// <summary>2^−24, the spacing of XGBoost's single-precision derivatives near 1.</summary>
    public const double Quantum = 1.0 / (1 << 24);

    private const int PerBin = 3;

    private readonly FeatureBins _bins;
    private readonly TreeSettings _settings;
    private readonly Func<int, int[]> _candidates;
    private readonly List<TreeNode> _nodes = [TreeNode.Leaf(0)];
    private List<OpenNode> _open = [];
    private int[] _openAt = [];
    private int _depth;

    /// <param name="bins">Public cuts.</param>
    /// <param name="settings">When to stop.</param>
    /// <param name="candidates">The features that a node, by its number, may ask for; public, in rising order.</param>
    public TreeGrowth(FeatureBins bins, TreeSettings settings, Func<int, int[]> candidates)
    {
        _bins = bins;
        _settings = settings;
        _candidates = candidates;
        Open([0]);
    }

    /// <summary>No node is left to be split.</summary>
    public bool Finished => _open.Count == 0;

    /// <summary>Σ over open nodes, their candidate features and bins of 3: g, h and rows.</summary>
    public int StatisticLength => _open.Sum(node => node.Length);

    public DecisionTree Tree => new([.. _nodes]);

    /// <summary>Rounds a derivative so that sums of it are exact.</summary>
    public static double Quantise(double derivative) => Math.Round(derivative / Quantum) * Quantum;

    /// <summary>Adds one row of derivatives.</summary>
    /// <param name="statistic">Of <see cref="StatisticLength"/>.</param>
    /// <param name="bins">Of the row.</param>
    /// <param name="g">First derivative, quantised.</param>
    /// <param name="h">Second derivative, quantised.</param>
    /// <param name="rows">How many times the row counts.</param>
    public void AddRow(Span<double> statistic, ReadOnlySpan<int> bins, double g, double h, double rows)
    {
        int leaf = DecisionTree.LeafOf(_nodes, bins);
        if (_openAt[leaf] < 0)
        {
            return;
        }

        OpenNode open = _open[_openAt[leaf]];
        int start = open.Start;
        foreach (int feature in open.Features)
        {
            Span<double> bin = statistic.Slice(start + (PerBin * bins[feature]), PerBin);
            bin[0] += g;
            bin[1] += h;
            bin[2] += rows;
            start += PerBin * _bins.BinsOf(feature);
        }
    }

    /// <summary>Splits or closes every open node by the sum of all sites.</summary>
    /// <exception cref="ArgumentException">The length is wrong, or a number is not finite.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (sum.Length != StatisticLength)
        {
            throw new ArgumentException($"Expected {StatisticLength} entries, got {sum.Length}.", nameof(sum));
        }

        foreach (double entry in sum)
        {
            if (!double.IsFinite(entry))
            {
                throw new ArgumentException("An entry of the sum is not a finite number.", nameof(sum));
            }
        }

        List<int> children = [];
        _depth++;
        foreach (OpenNode open in _open)
        {
            (Split? best, Totals all) = BestSplit(sum.Slice(open.Start, open.Length), open.Features);
            if (best is null)
            {
                _nodes[open.Number] = TreeNode.Leaf(ValueOf(all));
                continue;
            }

            int left = _nodes.Count;
            _nodes[open.Number] = new TreeNode(
                best.Feature, best.Bin, _bins.Cut(best.Feature, best.Bin), left, ValueOf(all), best.Gain);
            _nodes.Add(TreeNode.Leaf(ValueOf(best.Left)));
            _nodes.Add(TreeNode.Leaf(ValueOf(all.Minus(best.Left))));
            children.AddRange([left, left + 1]);
        }

        Open(_depth < _settings.MaxDepth ? children : []);
    }

    private void Open(IReadOnlyList<int> nodes)
    {
        _open = [];
        _openAt = new int[_nodes.Count];
        Array.Fill(_openAt, -1);
        int start = 0;
        foreach (int node in nodes)
        {
            int[] features = _candidates(node);
            int length = PerBin * features.Sum(_bins.BinsOf);
            _openAt[node] = _open.Count;
            _open.Add(new OpenNode(node, features, start, length));
            start += length;
        }
    }

    private (Split? Best, Totals All) BestSplit(ReadOnlySpan<double> histograms, int[] features)
    {
        Totals all = default;
        for (int bin = 0; bin < _bins.BinsOf(features[0]); bin++)
        {
            all = all.Plus(histograms.Slice(PerBin * bin, PerBin));
        }

        Split? best = null;
        int start = 0;
        foreach (int feature in features)
        {
            Totals left = default;
            for (int bin = 0; bin + 1 < _bins.BinsOf(feature); bin++)
            {
                left = left.Plus(histograms.Slice(start + (PerBin * bin), PerBin));
                Totals right = all.Minus(left);
                if (IsLargeEnough(left) && IsLargeEnough(right))
                {
                    double gain = (0.5 * (ScoreOf(left) + ScoreOf(right) - ScoreOf(all))) - _settings.MinGain;
                    if (gain > (best?.Gain ?? 0))
                    {
                        best = new Split(feature, bin, gain, left);
                    }
                }
            }

            start += PerBin * _bins.BinsOf(feature);
        }

        return (best, all);
    }

    private bool IsLargeEnough(Totals side) =>
        side.Rows >= _settings.MinChildRows && side.Rows > 0 && side.H >= _settings.MinChildHessian
        && side.H + _settings.L2 > 0;

    private double ScoreOf(Totals side) => side.G * side.G / (side.H + _settings.L2);

    private double ValueOf(Totals side) => side.H + _settings.L2 > 0 ? -side.G / (side.H + _settings.L2) : 0;

    private readonly record struct Totals(double G, double H, double Rows)
    {
        public Totals Plus(ReadOnlySpan<double> bin) => new(G + bin[0], H + bin[1], Rows + bin[2]);

        public Totals Minus(Totals part) => new(G - part.G, H - part.H, Rows - part.Rows);
    }

    private sealed record Split(int Feature, int Bin, double Gain, Totals Left);

    private sealed record OpenNode(int Number, int[] Features, int Start, int Length);
}
