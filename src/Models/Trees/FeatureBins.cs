namespace DigitalTwin.Models.Trees;

/// <summary>Public cuts that turn each feature into a bin number: the only thresholds a tree can have.</summary>
/// <remarks>Bin b of a feature holds the values in (cut b−1, cut b]; the last bin has no upper end.</remarks>
public sealed class FeatureBins
{
    private readonly double[][] _cuts;
    private readonly int[] _offsets;

    /// <param name="cuts">Rising cuts per feature; a feature without cuts cannot split.</param>
    public FeatureBins(IReadOnlyList<double[]> cuts)
    {
        ArgumentNullException.ThrowIfNull(cuts);
        if (cuts.Count == 0)
        {
            throw new ArgumentException("At least one feature is needed.", nameof(cuts));
        }

        _cuts = [.. cuts.Select(feature => feature.ToArray())];
        _offsets = new int[_cuts.Length + 1];
        for (int feature = 0; feature < _cuts.Length; feature++)
        {
            double last = double.NegativeInfinity;
            foreach (double cut in _cuts[feature])
            {
                if (!(cut > last) || double.IsInfinity(cut))
                {
                    throw new ArgumentException($"The cuts of feature {feature} must rise.", nameof(cuts));
                }

                last = cut;
            }

            _offsets[feature + 1] = _offsets[feature] + _cuts[feature].Length + 1;
        }
    }

    public int Features => _cuts.Length;

    /// <summary>Cuts that part each range [low, high] into equal bins.</summary>
    /// <param name="low">The public lower end per feature.</param>
    /// <param name="high">The public upper end per feature.</param>
    /// <param name="bins">Per feature, at least 2.</param>
    public static FeatureBins Even(ReadOnlySpan<double> low, ReadOnlySpan<double> high, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        if (low.Length != high.Length)
        {
            throw new ArgumentException($"{low.Length} lower and {high.Length} upper ends.");
        }

        double[][] cuts = new double[low.Length][];
        for (int feature = 0; feature < cuts.Length; feature++)
        {
            cuts[feature] = new double[bins - 1];
            for (int cut = 1; cut < bins; cut++)
            {
                cuts[feature][cut - 1] = low[feature] + ((high[feature] - low[feature]) * cut / bins);
            }
        }

        return new FeatureBins(cuts);
    }

    public int BinsOf(int feature) => _cuts[feature].Length + 1;

    /// <summary>The threshold between a bin and the next.</summary>
    public double Cut(int feature, int bin) => _cuts[feature][bin];

    /// <summary>The bin of a value.</summary>
    public int BinOf(int feature, double value)
    {
        int at = Array.BinarySearch(_cuts[feature], value);
        return at >= 0 ? at : ~at;
    }

    /// <summary>The bins of all rows, row after row.</summary>
    internal int[] Bin(Table table)
    {
        if (table.Columns != Features)
        {
            throw new ArgumentException($"Expected {Features} columns, got {table.Columns}.", nameof(table));
        }

        int[] bins = new int[table.Rows * Features];
        for (int row = 0; row < table.Rows; row++)
        {
            for (int feature = 0; feature < Features; feature++)
            {
                bins[(row * Features) + feature] = BinOf(feature, table.Row(row)[feature]);
            }
        }

        return bins;
    }
}
