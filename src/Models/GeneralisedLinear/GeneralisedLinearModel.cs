using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.GeneralisedLinear;

/// <summary>A generalised linear model: what a site sums for one step of Fisher scoring.</summary>
/// <remarks>
/// <para>
/// g(E y) = w · x + offset (+ intercept). Score and information are sums over rows, so iteratively reweighted least
/// squares over the sum of the sites is the pooled fit: McCullagh and Nelder 1989, section 2.5; Wolfson et al.,
/// "DataSHIELD", Int. J. Epidemiology 39(5), 2010. With a canonical link (all but the complementary log-log)
/// Fisher scoring is Newton's method.
/// </para>
/// <para>Parameters: the weights, then the intercept where there is one.</para>
/// </remarks>
public sealed class GeneralisedLinearModel
{
    private const int RowsAt = 0;
    private const int HalfDevianceAt = 1;
    private const int SlopeAt = 2;

    /// <param name="family">Response and link.</param>
    /// <param name="columns">Features of a row.</param>
    /// <param name="hasIntercept">False where the columns already span the constant, as interval dummies do.</param>
    public GeneralisedLinearModel(GlmFamily family, int columns, bool hasIntercept = true)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Family = family;
        Columns = columns;
        HasIntercept = hasIntercept;
    }

    public GlmFamily Family { get; }

    public int Columns { get; }

    public bool HasIntercept { get; }

    public int ParameterCount => HasIntercept ? Columns + 1 : Columns;

    /// <summary>2 + p + p (p + 1) / 2 with p = <see cref="ParameterCount"/>.</summary>
    public int StatisticLength => SlopeAt + ParameterCount + PackedSymmetric.Length(ParameterCount);

    /// <summary>λ for every weight, 0 for the intercept.</summary>
    public double[] Ridge(double l2)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(l2);
        double[] ridge = new double[ParameterCount];
        ridge.AsSpan(0, Columns).Fill(l2);
        return ridge;
    }

    /// <summary>
    /// The statistic of the first round, in which every row is fitted by itself: R's starting values. Its quadratic
    /// model around zero parameters has the first weighted least squares as its minimum.
    /// </summary>
    /// <inheritdoc cref="LocalStatistic"/>
    public double[] StartStatistic(Table table, ReadOnlySpan<double> offsets = default) =>
        Statistic(table, [], offsets);

    /// <summary>[n, Σ half deviance, Σ slope · x (p), upper triangle of Σ information · x xᵀ row by row].</summary>
    /// <param name="table">The rows of one site; the label is the response.</param>
    /// <param name="parameters">The weights, then the intercept where there is one.</param>
    /// <param name="offsets">Known part of each predictor, as ln(exposure); empty for none.</param>
    /// <exception cref="ArgumentException">A length disagrees, or the family does not admit a response.</exception>
    public double[] LocalStatistic(
        Table table, ReadOnlySpan<double> parameters, ReadOnlySpan<double> offsets = default)
    {
        if (parameters.Length != ParameterCount)
        {
            throw new ArgumentException(
                $"Expected {ParameterCount} parameters, got {parameters.Length}.", nameof(parameters));
        }

        return Statistic(table, parameters, offsets);
    }

    /// <summary>w · x + intercept + offset.</summary>
    public double Predictor(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, double offset = 0)
    {
        double predictor = HasIntercept ? offset + parameters[Columns] : offset;
        for (int column = 0; column < Columns; column++)
        {
            predictor += parameters[column] * row[column];
        }

        return predictor;
    }

    internal static double RowsOf(ReadOnlySpan<double> sum) => sum[RowsAt];

    internal static double HalfDevianceOf(ReadOnlySpan<double> sum) => sum[HalfDevianceAt];

    internal ReadOnlySpan<double> SlopeOf(ReadOnlySpan<double> sum) => sum.Slice(SlopeAt, ParameterCount);

    internal ReadOnlySpan<double> InformationOf(ReadOnlySpan<double> sum) => sum[(SlopeAt + ParameterCount)..];

    // Without parameters every row stands at its own start η, and the slope is that of the quadratic model at zero.
    private double[] Statistic(Table table, ReadOnlySpan<double> parameters, ReadOnlySpan<double> offsets)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Columns != Columns || (!offsets.IsEmpty && offsets.Length != table.Rows))
        {
            throw new ArgumentException(
                $"Expected {Columns} columns and an offset per row or none, "
                + $"got {table.Columns} columns, {table.Rows} rows and {offsets.Length} offsets.");
        }

        double[] statistic = new double[StatisticLength];
        Span<double> slope = statistic.AsSpan(SlopeAt, ParameterCount);
        Span<double> information = statistic.AsSpan(SlopeAt + ParameterCount);
        double[] extended = new double[ParameterCount];
        extended[^1] = 1;
        statistic[RowsAt] = table.Rows;
        for (int row = 0; row < table.Rows; row++)
        {
            double response = table.Label(row);
            if (!Family.Admits(response))
            {
                throw new ArgumentException($"Row {row}: the family does not admit a response of {response}.");
            }

            table.Row(row).CopyTo(extended);
            double offset = offsets.IsEmpty ? 0 : offsets[row];
            double start = parameters.IsEmpty ? Family.StartOf(response) : 0;
            double predictor = parameters.IsEmpty ? start : Predictor(parameters, table.Row(row), offset);
            GlmTerm term = Family.TermOf(predictor, response);
            double slopeAtParameters = parameters.IsEmpty
                ? term.Slope - (term.Information * (start - offset))
                : term.Slope;
            statistic[HalfDevianceAt] += term.HalfDeviance;
            for (int i = 0; i < extended.Length; i++)
            {
                slope[i] += slopeAtParameters * extended[i];
            }

            PackedSymmetric.AddOuterProduct(information, term.Information, extended);
        }

        return statistic;
    }
}
