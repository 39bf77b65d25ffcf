namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>The challenge's first score: the smaller of sensitivity and positive predictivity at a threshold.</summary>
internal static class EventOne
{
    /// <summary>The threshold at which the score is best; deaths are predicted from it on.</summary>
    public static double BestThreshold(IReadOnlyList<double> scores, IReadOnlyList<bool> died) =>
        scores.Distinct().OrderByDescending(threshold => Of(scores, died, threshold)).ThenBy(x => x).First();

    public static double Of(IReadOnlyList<double> scores, IReadOnlyList<bool> died, double threshold)
    {
        (int deaths, int alarms, int hits) = (0, 0, 0);
        for (int i = 0; i < scores.Count; i++)
        {
            bool alarm = scores[i] >= threshold;
            deaths += died[i] ? 1 : 0;
            alarms += alarm ? 1 : 0;
            hits += alarm && died[i] ? 1 : 0;
        }

        return hits == 0 ? 0 : Math.Min((double)hits / deaths, (double)hits / alarms);
    }
}
