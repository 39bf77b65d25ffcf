using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>A linear mixed model on one table, and what it says of each of its patients.</summary>
public static class MixedModelFit
{
    /// <summary>Fits by REML or ML.</summary>
    /// <param name="table">At least two patients, some with several rows.</param>
    /// <param name="restricted">REML instead of ML.</param>
    /// <param name="uncorrelated">The random effects of a patient do not depend on each other.</param>
    /// <param name="maxRounds">Bound on the number of sums.</param>
    public static MixedModelResult Run(
        LongitudinalTable table, bool restricted = true, bool uncorrelated = false, int maxRounds = 100)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRounds);
        LinearMixedModel model = new(table.FixedColumns, table.RandomColumns, uncorrelated);
        MixedModelIteration iteration = new(model, restricted);
        while (!iteration.Finished && iteration.Rounds < maxRounds)
        {
            iteration.Advance(model.LocalStatistic(table, iteration.Theta));
        }

        return iteration.Result();
    }

    /// <summary>
    /// The random effects of one patient given their measurements: mean (q) and covariance (q × q), the patient's
    /// posterior. This stays at the node.
    /// </summary>
    /// <remarks>E[b|y] = C Z'(y − Xβ), Var[b|y] = σ² C, C = (D⁻¹ + Z'Z)⁻¹: Laird and Ware 1982, section 3.</remarks>
    public static (double[] Mean, double[] Covariance) RandomEffects(
        LongitudinalTable table, int patient, MixedModelResult fit)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(fit);
        RelativeCovariance covariance = new(fit.Theta, table.RandomColumns);
        (double[] conditional, _) = covariance.Given(table.RandomGram(patient));
        double[] contrast = [.. fit.Coefficients.Select(b => -b), 1];
        double[] residual = SmallMatrix.Product(table.CrossGram(patient), contrast, table.FixedColumns + 1);
        return (
            SmallMatrix.Product(conditional, residual, table.RandomColumns),
            [.. conditional.Select(entry => entry * fit.ResidualVariance)]);
    }
}
