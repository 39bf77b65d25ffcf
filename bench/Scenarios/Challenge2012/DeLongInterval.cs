namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>The area under the curve of a score with its 95 % interval.</summary>
/// <remarks>
/// DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
/// characteristic curves", Biometrics 44, 1988: the variance from the placements of each score among the other class.
/// </remarks>
internal sealed record DeLongInterval(double Auroc, double Low, double High)
{
    private const double Quantile975 = 1.959964;

    public static DeLongInterval Of(IReadOnlyList<double> scores, IReadOnlyList<bool> died)
    {
        double[] dead = [.. scores.Where((_, i) => died[i])];
        double[] alive = [.. scores.Where((_, i) => !died[i])];
        double[] ofDead = [.. dead.Select(score => alive.Average(other => Wins(score, other)))];
        double[] ofAlive = [.. alive.Select(score => dead.Average(other => Wins(other, score)))];
        double auroc = ofDead.Average();
        double error = Math.Sqrt((Variance(ofDead) / dead.Length) + (Variance(ofAlive) / alive.Length));
        return new(auroc, auroc - (Quantile975 * error), auroc + (Quantile975 * error));
    }

    private static double Wins(double dead, double alive) => dead > alive ? 1 : dead == alive ? 0.5 : 0;

    private static double Variance(double[] values)
    {
        double mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
    }
}
