using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Kernels;

/// <summary>
/// Linear support vector machines with smooth sums: the squared hinge by finite Newton steps, and least squares in one.
/// With rows mapped by <see cref="RandomFourierFeatures"/> they are machines with a Gaussian kernel.
/// </summary>
/// <remarks>
/// <para>
/// Squared hinge: ½ λ‖w‖² + ½ Σ max(0, 1 − y m)², m = w · x + b, y = ±1. Its generalised Hessian is Σ x xᵀ over the
/// rows with y m &lt; 1, and the full step with halving ends after finitely many rounds: Keerthi and DeCoste, JMLR 6,
/// 2005. Least squares: ½ Σ (1 − y m)², quadratic, so one round: Suykens and Vandewalle, Neural Processing Letters
/// 9(3), 1999, their regularisation constant being 1/λ. The intercept is not penalised.
/// </para>
/// <para>Labels are 0 or 1, as elsewhere, and read as −1 and +1.</para>
/// </remarks>
public sealed class SupportVectorMachine
{
    private const int RowsAt = 0;
    private const int LossAt = 1;
    private const int GradientAt = 2;

    private readonly bool _leastSquares;

    private SupportVectorMachine(int columns, bool leastSquares)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Columns = columns;
        _leastSquares = leastSquares;
    }

    public int Columns { get; }

    /// <summary>2 + p + p (p + 1) / 2 with p = columns + 1.</summary>
    public int StatisticLength => GradientAt + Columns + 1 + PackedSymmetric.Length(Columns + 1);

    public static SupportVectorMachine SquaredHinge(int columns) => new(columns, leastSquares: false);

    public static SupportVectorMachine LeastSquares(int columns) => new(columns, leastSquares: true);

    /// <summary>w · x + b.</summary>
    public double Margin(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row)
    {
        double margin = parameters[Columns];
        for (int i = 0; i < Columns; i++)
        {
            margin += parameters[i] * row[i];
        }

        return margin;
    }

    /// <summary>[n, ½ Σ loss, gradient (p), upper triangle of the generalised Hessian row by row].</summary>
    /// <param name="table">The rows of one site, labels 0 or 1.</param>
    /// <param name="parameters">The weights, then the intercept.</param>
    public double[] LocalStatistic(Table table, ReadOnlySpan<double> parameters)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Columns != Columns || parameters.Length != Columns + 1)
        {
            throw new ArgumentException(
                $"Expected {Columns} columns and one parameter more, got {table.Columns} and {parameters.Length}.");
        }

        double[] statistic = new double[StatisticLength];
        Span<double> gradient = statistic.AsSpan(GradientAt, Columns + 1);
        Span<double> hessian = statistic.AsSpan(GradientAt + Columns + 1);
        double[] extended = new double[Columns + 1];
        extended[^1] = 1;
        statistic[RowsAt] = table.Rows;
        for (int row = 0; row < table.Rows; row++)
        {
            double label = table.Label(row) switch
            {
                0 => -1,
                1 => 1,
                double other => throw new ArgumentException($"Row {row}: a label must be 0 or 1, got {other}."),
            };
            double shortfall = 1 - (label * Margin(parameters, table.Row(row)));
            if (shortfall <= 0 && !_leastSquares)
            {
                continue;
            }

            table.Row(row).CopyTo(extended);
            statistic[LossAt] += 0.5 * shortfall * shortfall;
            for (int i = 0; i < extended.Length; i++)
            {
                gradient[i] -= label * shortfall * extended[i];
            }

            PackedSymmetric.AddOuterProduct(hessian, 1, extended);
        }

        return statistic;
    }

    /// <summary>Fits on whatever sums the statistics: one table, or all hospitals.</summary>
    /// <param name="l2">λ, positive.</param>
    /// <param name="sumAt">The sum over all sites of <see cref="LocalStatistic"/> at given parameters.</param>
    /// <param name="maxRounds">Bound on the number of sums.</param>
    /// <param name="tolerance">A step shorter than this ends the fit.</param>
    public SupportVectorResult Fit(
        double l2, Func<double[], double[]> sumAt, int maxRounds = 100, double tolerance = 1e-9)
    {
        ArgumentNullException.ThrowIfNull(sumAt);
        SupportVectorIteration iteration = new(this, l2, tolerance);
        while (!iteration.Finished && iteration.Rounds < maxRounds)
        {
            iteration.Advance(sumAt(iteration.Parameters.ToArray()));
        }

        return iteration.Result();
    }

    internal static double LossOf(ReadOnlySpan<double> sum) => sum[LossAt];

    internal ReadOnlySpan<double> GradientOf(ReadOnlySpan<double> sum) => sum.Slice(GradientAt, Columns + 1);

    internal ReadOnlySpan<double> HessianOf(ReadOnlySpan<double> sum) => sum[(GradientAt + Columns + 1)..];
}
