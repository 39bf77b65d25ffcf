using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Survival;

/// <summary>Cox regression on one table: a hospital alone, or all data pooled for comparison.</summary>
public static class CoxFit
{
    /// <summary>Maximises ln L − ½ λ‖β‖².</summary>
    /// <param name="table">At least one event.</param>
    /// <param name="ties">How tied events share their risk set.</param>
    /// <param name="l2">λ, not negative.</param>
    /// <param name="maxRounds">Bound on the number of sums.</param>
    public static CoxResult Run(
        SurvivalTable table, CoxTies ties = CoxTies.Efron, double l2 = 0, int maxRounds = 30)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRounds);
        CoxIteration iteration = new(table.Columns, l2);
        while (!iteration.Finished && iteration.Rounds < maxRounds)
        {
            try
            {
                iteration.Advance(CoxLikelihood.LocalStatistic(table, iteration.Coefficients, ties));
            }
            catch (NotPositiveDefiniteException)
            {
                // A feature that orders the events perfectly drives its coefficient outwards until nothing is left.
                break;
            }
        }

        return iteration.Result();
    }
}
