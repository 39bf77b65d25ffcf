using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Training;

/// <summary>A fitted ridge logistic regression.</summary>
/// <param name="Parameters">The weights, then the intercept; always finite.</param>
/// <param name="Converged">False with one class, or with separated classes and no ridge.</param>
/// <param name="Iterations">How many sums were formed.</param>
/// <param name="Objective">Σ log-loss + ½ λ‖w‖² at the last parameters that were evaluated.</param>
public sealed record LogisticFitResult(double[] Parameters, bool Converged, int Iterations, double Objective);

/// <summary>Ridge logistic regression on one table: a hospital alone, or all data pooled for comparison.</summary>
public static class LogisticFit
{
    /// <summary>The parameters of <see cref="Run"/>.</summary>
    public static double[] Fit(Table standardised, double l2, int maxIterations = 50, double tolerance = 1e-10) =>
        Run(standardised, l2, maxIterations, tolerance).Parameters;

    /// <summary>Minimises Σ log-loss + ½ λ‖w‖², intercept unpenalised, by Newton steps with halving.</summary>
    /// <param name="standardised">Labels 0 or 1. An empty table gives zeros, not converged.</param>
    /// <param name="l2">λ, not negative.</param>
    /// <param name="maxIterations">Bound on the number of sums.</param>
    /// <param name="tolerance">A step shorter than this ends the fit.</param>
    public static LogisticFitResult Run(
        Table standardised, double l2, int maxIterations = 50, double tolerance = 1e-10)
    {
        ArgumentNullException.ThrowIfNull(standardised);
        NewtonIteration newton = new(standardised.Columns, l2, tolerance);
        while (!newton.Finished && newton.Rounds < maxIterations && standardised.Rows > 0)
        {
            try
            {
                newton.Advance(NewtonLogistic.LocalStatistic(standardised, newton.Parameters));
            }
            catch (NotPositiveDefiniteException)
            {
                // Without a ridge, separated classes drive the weights outwards until the Hessian vanishes.
                break;
            }
        }

        return new LogisticFitResult(newton.Parameters.ToArray(), newton.Converged, newton.Rounds, newton.Objective);
    }
}
