namespace DigitalTwin.Models.Statistics;

/// <summary>Means and standard deviations of the columns over all hospitals, from one sum.</summary>
/// <remarks>
/// A site shifts and scales each column by public reference values, u = (x − referenceMean) / referenceSd, before it
/// sums. The variance Σu² − (Σu)²/n then subtracts numbers of its own size: no digits cancel as they would with raw
/// years or milligrams, and every entry has about the magnitude of the row count, which fixed-point encoding needs.
/// </remarks>
public static class Moments
{
    /// <summary>2^−52, the spacing of doubles at 1.</summary>
    private const double UnitSpacing = 2.2204460492503131e-16;

    /// <summary>Length of the statistic: 1 + 2 d.</summary>
    public static int StatisticLength(int columns) => 1 + (2 * columns);

    /// <summary>[n, Σu_1 … Σu_d, Σu_1² … Σu_d²].</summary>
    /// <param name="table">The rows of one site, in their own units.</param>
    /// <param name="referenceMean">d public values, in the unit of the column.</param>
    /// <param name="referenceSd">d public positive values, in the unit of the column.</param>
    public static double[] LocalStatistic(
        Table table, ReadOnlySpan<double> referenceMean, ReadOnlySpan<double> referenceSd)
    {
        ArgumentNullException.ThrowIfNull(table);
        RequireReference(table.Columns, referenceMean, referenceSd);

        double[] statistic = new double[StatisticLength(table.Columns)];
        Span<double> sums = statistic.AsSpan(1, table.Columns);
        Span<double> squares = statistic.AsSpan(1 + table.Columns);
        statistic[0] = table.Rows;
        for (int row = 0; row < table.Rows; row++)
        {
            ReadOnlySpan<double> features = table.Row(row);
            for (int column = 0; column < features.Length; column++)
            {
                double u = (features[column] - referenceMean[column]) / referenceSd[column];
                sums[column] += u;
                squares[column] += u * u;
            }
        }

        return statistic;
    }

    /// <summary>
    /// The mean and the standard deviation (denominator n − 1) of each column, in the unit of the column.
    /// </summary>
    /// <param name="sum">The sum of the sites' statistics.</param>
    /// <param name="referenceMean">As the sites used it.</param>
    /// <param name="referenceSd">As the sites used it.</param>
    /// <param name="resolution">
    /// The largest error of an entry of <paramref name="sum"/>, such as sites × half a fixed-point step; 0 for a plain
    /// sum. A variance within that error of zero is zero: a constant column has sd 0 exactly.
    /// </param>
    /// <exception cref="ArgumentException">Fewer than two rows, or lengths that disagree.</exception>
    public static (double[] Mean, double[] Sd) FromSum(
        ReadOnlySpan<double> sum,
        ReadOnlySpan<double> referenceMean,
        ReadOnlySpan<double> referenceSd,
        double resolution = 0)
    {
        int columns = referenceMean.Length;
        RequireReference(columns, referenceMean, referenceSd);
        if (sum.Length != StatisticLength(columns))
        {
            throw new ArgumentException($"Expected {StatisticLength(columns)} entries, got {sum.Length}.", nameof(sum));
        }

        double rows = sum[0];
        if (!(rows >= 2))
        {
            throw new ArgumentException("A standard deviation needs at least two rows.", nameof(sum));
        }

        double[] mean = new double[columns];
        double[] sd = new double[columns];
        for (int column = 0; column < columns; column++)
        {
            double total = sum[1 + column];
            double square = sum[1 + columns + column];
            double meanOfU = total / rows;
            mean[column] = referenceMean[column] + (referenceSd[column] * meanOfU);
            double deviation = square - (total * meanOfU);
            sd[column] = deviation > ErrorOfDeviation(rows, meanOfU, square, resolution)
                ? referenceSd[column] * Math.Sqrt(deviation / (rows - 1))
                : 0;
        }

        return (mean, sd);
    }

    // Adding n terms costs at most n spacings of the total; a step of the encoding moves Σu² by itself, (Σu)²/n by
    // 2 |mean of u| of itself, and n by (mean of u)².
    private static double ErrorOfDeviation(double rows, double meanOfU, double square, double resolution) =>
        (rows * UnitSpacing * square) + (resolution * (1 + Math.Abs(meanOfU)) * (1 + Math.Abs(meanOfU)));

    private static void RequireReference(
        int columns, ReadOnlySpan<double> referenceMean, ReadOnlySpan<double> referenceSd)
    {
        if (referenceMean.Length != columns || referenceSd.Length != columns)
        {
            throw new ArgumentException(
                $"Expected {columns} reference means and sds, got {referenceMean.Length} and {referenceSd.Length}.");
        }

        foreach (double sd in referenceSd)
        {
            if (!(sd > 0) || !double.IsFinite(sd))
            {
                throw new ArgumentException("A reference standard deviation must be positive.", nameof(referenceSd));
            }
        }
    }
}
