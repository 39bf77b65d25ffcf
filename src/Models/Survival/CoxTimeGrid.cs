using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Survival;

/// <summary>Cox regression whose risk sets span all hospitals, by sums at the times of a public grid.</summary>
/// <remarks>
/// <para>
/// The partial likelihood needs, per event time, sums over the rows at risk; these are sums over hospitals. With times
/// on a public grid (days, weeks) every hospital sums at every grid time, and the sum over hospitals is the
/// unstratified fit of the pooled rows, exactly where all events lie on the grid. An event between grid times counts at
/// the next one; after the last it is a censoring. Strata of the table are ignored.
/// </para>
/// <para>
/// The vector is long, T · (1 + 2 (1 + p + p (p + 1) / 2)) + 2 + p, and shows every grid time: a coarse grid is cheaper
/// and says less about a single patient.
/// </para>
/// </remarks>
public sealed class CoxTimeGrid
{
    // See GlmFamily: an overshooting step must give finite sums.
    private const double ExponentLimit = 40;
    private const int RowsAt = 0;
    private const int NumeratorAt = 1;

    private readonly double[] _times;
    private readonly double[] _origin;

    /// <param name="times">The public grid, rising.</param>
    /// <param name="origin">Public reference values of the features, near their means: keeps e^(β·x) near 1.</param>
    public CoxTimeGrid(ReadOnlySpan<double> times, ReadOnlySpan<double> origin)
    {
        if (times.IsEmpty || origin.IsEmpty)
        {
            throw new ArgumentException("A grid needs a time and a feature.");
        }

        for (int i = 0; i < times.Length; i++)
        {
            if (!double.IsFinite(times[i]) || (i > 0 && times[i] <= times[i - 1]))
            {
                throw new ArgumentException("The grid times must be finite and rise.", nameof(times));
            }
        }

        _times = times.ToArray();
        _origin = origin.ToArray();
    }

    /// <summary>n, Σ_events β·x, Σ_events x (p), then per time: events, risk-set sums, event sums.</summary>
    public int StatisticLength => CellsAt + (_times.Length * CellLength);

    private int Columns => _origin.Length;

    private int CellsAt => NumeratorAt + 1 + Columns;

    private int CellLength => 1 + (2 * RiskSums.Length(Columns));

    /// <summary>The sums of one site at all grid times; x is taken from the origin.</summary>
    public double[] LocalStatistic(SurvivalTable table, ReadOnlySpan<double> coefficients)
    {
        ArgumentNullException.ThrowIfNull(table);
        CoxLikelihood.RequireCoefficients(table, coefficients);
        if (table.Columns != Columns)
        {
            throw new ArgumentException($"Expected {Columns} columns, got {table.Columns}.", nameof(table));
        }

        double[] statistic = new double[StatisticLength];
        Span<double> numerator = statistic.AsSpan(NumeratorAt, 1 + Columns);
        double[] x = new double[Columns];
        statistic[RowsAt] = table.Rows;
        for (int row = 0; row < table.Rows; row++)
        {
            double exponent = 0;
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = table.Row(row)[i] - _origin[i];
                exponent += coefficients[i] * x[i];
            }

            exponent = Math.Clamp(exponent, -ExponentLimit, ExponentLimit);
            double weight = DeterministicMath.Exp(exponent);
            int own = FirstAtOrAfter(table.Stop(row));
            bool counts = table.HasEvent(row) && own < _times.Length;
            int end = counts || (own < _times.Length && _times[own] == table.Stop(row)) ? own + 1 : own;
            for (int time = FirstAfter(table.Start(row)); time < end; time++)
            {
                RiskSums.AddRow(statistic.AsSpan(AtRisk(time)), weight, x);
            }

            if (counts)
            {
                statistic[CellsAt + (own * CellLength)]++;
                RiskSums.AddRow(statistic.AsSpan(Tied(own)), weight, x);
                CoxLikelihood.AddEvent(numerator, exponent, x);
            }
        }

        return statistic;
    }

    /// <summary>
    /// Turns the sum of the sites into the statistic of <see cref="CoxLikelihood"/>, for <see cref="CoxIteration"/>.
    /// </summary>
    public double[] ToLikelihood(ReadOnlySpan<double> sum, CoxTies ties)
    {
        RequireSum(sum);
        double[] statistic = new double[CoxLikelihood.StatisticLength(Columns)];
        Span<double> loss = statistic.AsSpan(CoxLikelihood.LossAt);
        statistic[CoxLikelihood.RowsAt] = sum[RowsAt];
        sum.Slice(NumeratorAt, 1 + Columns).CopyTo(loss);
        for (int time = 0; time < _times.Length; time++)
        {
            int events = EventsAt(sum, time);
            statistic[CoxLikelihood.EventsAt] += events;
            RiskSums.AddDenominators(loss, events, sum[AtRisk(time)], sum[Tied(time)], ties);
        }

        return statistic;
    }

    /// <summary>The baseline hazard of all hospitals, for a row at the origin.</summary>
    /// <param name="sum">Taken at the fitted coefficients.</param>
    /// <param name="ties">As fitted.</param>
    public BaselineHazard Baseline(ReadOnlySpan<double> sum, CoxTies ties)
    {
        RequireSum(sum);
        List<double> times = [];
        List<double> cumulative = [];
        double total = 0;
        for (int time = 0; time < _times.Length; time++)
        {
            int events = EventsAt(sum, time);
            if (events > 0)
            {
                total += BaselineHazard.Increment(events, sum[AtRisk(time)][0], sum[Tied(time)][0], ties);
                times.Add(_times[time]);
                cumulative.Add(total);
            }
        }

        return new BaselineHazard([.. times], [.. cumulative]);
    }

    private int FirstAtOrAfter(double time)
    {
        int at = Array.BinarySearch(_times, time);
        return at >= 0 ? at : ~at;
    }

    private int FirstAfter(double time)
    {
        int at = Array.BinarySearch(_times, time);
        return at >= 0 ? at + 1 : ~at;
    }

    // Fixed-point sums of counts are whole up to their step.
    private int EventsAt(ReadOnlySpan<double> sum, int time) =>
        (int)Math.Round(sum[CellsAt + (time * CellLength)]);

    private Range AtRisk(int time) => Block(time, first: 1);

    private Range Tied(int time) => Block(time, first: 1 + RiskSums.Length(Columns));

    private Range Block(int time, int first)
    {
        int start = CellsAt + (time * CellLength) + first;
        return start..(start + RiskSums.Length(Columns));
    }

    private void RequireSum(ReadOnlySpan<double> sum)
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
    }
}
