using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Trees;

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
    /// Poisson(1) weights: the bootstrap of a table that no one holds as a whole. The seed is the site's own.
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
