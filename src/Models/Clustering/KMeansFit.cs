namespace DigitalTwin.Models.Clustering;

/// <summary>Centres found by k-means.</summary>
/// <param name="Centres">K × d, row by row.</param>
/// <param name="SquaredDistance">Σ squared distance of the rows to their centres, before the last move.</param>
/// <param name="Converged">The last sum moved no centre by more than the tolerance.</param>
/// <param name="Rounds">How many sums were formed.</param>
public sealed record KMeansResult(double[] Centres, double SquaredDistance, bool Converged, int Rounds);

/// <summary>k-means on whatever sums the statistics: one table, or all hospitals.</summary>
public static class KMeansFit
{
    /// <summary>Runs until no centre moves by more than the tolerance.</summary>
    /// <param name="start">K × d, row by row.</param>
    /// <param name="columns">d.</param>
    /// <param name="sumAt">The sum over all sites of <see cref="KMeans.LocalStatistic"/> at given centres.</param>
    /// <param name="tolerance">Largest move in any column.</param>
    /// <param name="maxRounds">Bound on the number of sums.</param>
    public static KMeansResult Run(
        double[] start, int columns, Func<double[], double[]> sumAt, double tolerance = 1e-12, int maxRounds = 300)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(sumAt);
        double[] centres = start;
        double squaredDistance = double.NaN;
        for (int round = 1; round <= maxRounds; round++)
        {
            double[] sum = sumAt(centres);
            double[] next = KMeans.Step(sum, centres, columns);
            double move = next.Zip(centres, (a, b) => Math.Abs(a - b)).Max();
            squaredDistance = sum[0];
            centres = next;
            if (move <= tolerance)
            {
                return new KMeansResult(centres, squaredDistance, Converged: true, round);
            }
        }

        return new KMeansResult(centres, squaredDistance, Converged: false, maxRounds);
    }
}
