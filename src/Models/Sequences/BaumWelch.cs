namespace DigitalTwin.Models.Sequences;

/// <summary>A hidden Markov model after expectation maximisation.</summary>
/// <param name="Model">After the last step.</param>
/// <param name="LogLikelihoods">At the model that each sum was taken at: rising.</param>
/// <param name="Converged">The last rise was below the tolerance.</param>
public sealed record BaumWelchResult(
    HiddenMarkovModel Model, IReadOnlyList<double> LogLikelihoods, bool Converged);

/// <summary>Baum-Welch on whatever sums the statistics: one hospital, or all.</summary>
public static class BaumWelch
{
    /// <summary>Runs until the log-likelihood rises by less than <paramref name="tolerance"/> per sequence.</summary>
    /// <param name="start">States that differ: equal ones stay equal.</param>
    /// <param name="sumAt">The sum over all sites of <see cref="HiddenMarkovModel.LocalStatistic"/>.</param>
    /// <param name="tolerance">In nats per sequence.</param>
    /// <param name="maxRounds">Bound on the number of sums.</param>
    public static BaumWelchResult Run(
        HiddenMarkovModel start, Func<HiddenMarkovModel, double[]> sumAt, double tolerance = 1e-6, int maxRounds = 200)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(sumAt);
        HiddenMarkovModel model = start;
        List<double> logLikelihoods = [];
        while (logLikelihoods.Count < maxRounds)
        {
            double[] sum = sumAt(model);
            model = model.Step(sum);
            logLikelihoods.Add(HiddenMarkovModel.LogLikelihoodOf(sum));
            if (logLikelihoods.Count > 1 && logLikelihoods[^1] - logLikelihoods[^2] < tolerance * Math.Max(1, sum[0]))
            {
                return new BaumWelchResult(model, logLikelihoods, Converged: true);
            }
        }

        return new BaumWelchResult(model, logLikelihoods, Converged: false);
    }
}
