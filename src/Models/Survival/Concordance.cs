namespace DigitalTwin.Models.Survival;

/// <summary>Harrell's C: how often the row with the higher risk has the earlier event.</summary>
/// <remarks>
/// Harrell et al., JAMA 247, 1982. A pair counts when one row has its event while the other is at risk and goes on; a
/// censoring at the very time of the event goes on. Two events at one time do not count, equal risks count one half.
/// Pairs never cross a stratum, so the counts of sites add up to those of the stratified table, as in R's
/// survival::concordance with strata.
/// </remarks>
public static class Concordance
{
    /// <summary>Concordant, discordant and tied pairs.</summary>
    public const int StatisticLength = 3;

    /// <summary>[pairs in the right order, in the wrong order, with equal risk], in time that grows as n².</summary>
    /// <param name="table">The rows of one site.</param>
    /// <param name="risks">One per row, such as β · x; a higher one means an earlier event.</param>
    public static double[] LocalStatistic(SurvivalTable table, ReadOnlySpan<double> risks)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (risks.Length != table.Rows)
        {
            throw new ArgumentException($"{table.Rows} rows and {risks.Length} risks.", nameof(risks));
        }

        double[] pairs = new double[StatisticLength];
        for (int first = 0; first < table.Rows; first++)
        {
            for (int other = 0; table.HasEvent(first) && other < table.Rows; other++)
            {
                if (IsComparable(table, first, other))
                {
                    int order = risks[first].CompareTo(risks[other]);
                    pairs[order > 0 ? 0 : order < 0 ? 1 : 2]++;
                }
            }
        }

        return pairs;
    }

    /// <summary>C in [0, 1]; NaN without a comparable pair.</summary>
    public static double Of(ReadOnlySpan<double> sum) =>
        sum.Length == StatisticLength
            ? (sum[0] + (0.5 * sum[2])) / (sum[0] + sum[1] + sum[2])
            : throw new ArgumentException($"Expected {StatisticLength} counts, got {sum.Length}.", nameof(sum));

    private static bool IsComparable(SurvivalTable table, int withEvent, int other)
    {
        double time = table.Stop(withEvent);
        bool goesOn = table.Stop(other) > time || (table.Stop(other) == time && !table.HasEvent(other));
        return goesOn && table.Start(other) < time && table.Stratum(other) == table.Stratum(withEvent);
    }
}
