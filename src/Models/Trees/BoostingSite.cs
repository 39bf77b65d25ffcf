namespace DigitalTwin.Models.Trees;

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
