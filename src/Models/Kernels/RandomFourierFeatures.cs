using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Kernels;

/// <summary>A public random map z whose inner products approach the Gaussian kernel exp(−γ‖x − y‖²).</summary>
/// <remarks>
/// Rahimi and Recht, "Random features for large-scale kernel machines", NeurIPS 2007, algorithm 1:
/// z_j(x) = √(2/D) cos(w_j · x + b_j), w_j ~ N(0, 2γ I), b_j uniform on [0, 2π). A linear model on z is a kernel
/// machine whose statistics are sums; the error of an inner product falls as 1/√D.
/// </remarks>
public sealed class RandomFourierFeatures
{
    private readonly double[] _weights;
    private readonly double[] _phases;
    private readonly double _scale;

    /// <param name="columns">d, of the rows.</param>
    /// <param name="features">D.</param>
    /// <param name="gamma">γ, positive, in 1 / (unit of the scaled rows)².</param>
    /// <param name="publicSeed">The same at every site.</param>
    public RandomFourierFeatures(int columns, int features, double gamma, ulong publicSeed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(features);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gamma);
        Columns = columns;
        Features = features;
        PhiloxStream random = new(publicSeed, stream: 0);
        double spread = Math.Sqrt(2 * gamma);
        _weights = new double[features * columns];
        foreach (ref double weight in _weights.AsSpan())
        {
            weight = spread * random.NextNormal();
        }

        _phases = new double[features];
        foreach (ref double phase in _phases.AsSpan())
        {
            phase = 2 * Math.PI * random.NextUnit();
        }

        _scale = Math.Sqrt(2.0 / features);
    }

    public int Columns { get; }

    public int Features { get; }

    /// <summary>z(x), D entries.</summary>
    public double[] Map(ReadOnlySpan<double> row)
    {
        if (row.Length != Columns)
        {
            throw new ArgumentException($"Expected {Columns} columns, got {row.Length}.", nameof(row));
        }

        double[] features = new double[Features];
        for (int j = 0; j < Features; j++)
        {
            double angle = _phases[j];
            for (int i = 0; i < Columns; i++)
            {
                angle += _weights[(j * Columns) + i] * row[i];
            }

            features[j] = _scale * DeterministicCosine.Cos(angle);
        }

        return features;
    }

    /// <summary>The same labels with z(x) for x.</summary>
    public Table Map(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return new Table(
            Features,
            [.. Enumerable.Range(0, table.Rows).SelectMany(row => Map(table.Row(row)))],
            table.Labels.ToArray());
    }
}
