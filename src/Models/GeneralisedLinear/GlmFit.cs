using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.GeneralisedLinear;

/// <summary>A generalised linear model on one table: a hospital alone, or all data pooled for comparison.</summary>
public static class GlmFit
{
    /// <summary>Minimises ½ deviance + ½ λ‖w‖², intercept unpenalised.</summary>
    /// <param name="model">Family, columns, intercept.</param>
    /// <param name="table">At least one row.</param>
    /// <param name="offsets">One per row, or empty.</param>
    /// <param name="l2">λ, not negative.</param>
    /// <param name="maxRounds">Bound on the number of sums.</param>
    public static GlmResult Run(
        GeneralisedLinearModel model,
        Table table,
        ReadOnlySpan<double> offsets = default,
        double l2 = 0,
        int maxRounds = 50)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRounds, 2);
        GlmIteration iteration = new(model, model.Ridge(l2));
        iteration.Advance(model.StartStatistic(table, offsets));
        while (!iteration.Finished && iteration.Rounds < maxRounds)
        {
            try
            {
                iteration.Advance(model.LocalStatistic(table, iteration.Parameters, offsets));
            }
            catch (NotPositiveDefiniteException)
            {
                // Separated classes drive the weights outwards until the information vanishes.
                break;
            }
        }

        return iteration.Result();
    }
}
