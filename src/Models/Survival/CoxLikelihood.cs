namespace DigitalTwin.Models.Survival;

/// <summary>Cox's partial likelihood: what a site sums for one Newton step.</summary>
/// <remarks>
/// ln L(β) = Σ over strata and events of β·x − ln Σ_{at risk} e^(β·x): Cox, JRSS B 34(2), 1972. Risk sets never cross a
/// stratum, so ln L and its derivatives are sums over strata. Where every hospital is a stratum of its own (and may
/// have strata within), the sum over hospitals is exactly the stratified fit of the pooled rows, and no risk set leaves
/// a hospital. Risk sets that cross hospitals: <see cref="CoxTimeGrid"/>.
/// </remarks>
public static class CoxLikelihood
{
    internal const int RowsAt = 0;
    internal const int EventsAt = 1;
    internal const int LossAt = 2;

    /// <summary>3 + p + p (p + 1) / 2 with p = columns.</summary>
    public static int StatisticLength(int columns) => LossAt + RiskSums.Length(columns);

    /// <summary>[n, events, −ln L, gradient of −ln L (p), upper triangle of its Hessian row by row].</summary>
    /// <param name="table">The rows of one site.</param>
    /// <param name="coefficients">β, one per column.</param>
    /// <param name="ties">How tied events share their risk set.</param>
    public static double[] LocalStatistic(SurvivalTable table, ReadOnlySpan<double> coefficients, CoxTies ties)
    {
        ArgumentNullException.ThrowIfNull(table);
        RequireCoefficients(table, coefficients);
        double[] statistic = new double[StatisticLength(table.Columns)];
        Span<double> loss = statistic.AsSpan(LossAt);
        double[] tied = new double[RiskSums.Length(table.Columns)];
        statistic[RowsAt] = table.Rows;
        IReadOnlyList<int[]> strata = table.RowsByStratumFromLastStop();
        RiskWeights weights = new(table, strata, coefficients);
        foreach (int[] stratum in strata)
        {
            RiskSet atRisk = new(table, stratum, weights);
            foreach (int[] events in EventsFromLast(table, stratum))
            {
                atRisk.MoveBackTo(table.Stop(events[0]));
                Array.Clear(tied);
                foreach (int row in events)
                {
                    RiskSums.AddRow(tied, weights.Weight(row), weights.Centred(row));
                    AddEvent(loss, weights.LogWeight(row), weights.Centred(row));
                }

                RiskSums.AddDenominators(loss, events.Length, atRisk.Sums, tied, ties);
                statistic[EventsAt] += events.Length;
            }
        }

        return statistic;
    }

    /// <summary>The numerator of one event: −β·x, and −x in the gradient.</summary>
    internal static void AddEvent(Span<double> loss, double logWeight, ReadOnlySpan<double> x)
    {
        loss[0] -= logWeight;
        for (int i = 0; i < x.Length; i++)
        {
            loss[1 + i] -= x[i];
        }
    }

    /// <summary>The rows with an event, grouped by time, from the last time to the first.</summary>
    internal static IEnumerable<int[]> EventsFromLast(SurvivalTable table, int[] fromLastStop) =>
        fromLastStop.Where(table.HasEvent).GroupBy(table.Stop).Select(tied => tied.ToArray());

    internal static void RequireCoefficients(SurvivalTable table, ReadOnlySpan<double> coefficients)
    {
        if (coefficients.Length != table.Columns)
        {
            throw new ArgumentException(
                $"Expected {table.Columns} coefficients, got {coefficients.Length}.", nameof(coefficients));
        }
    }
}
