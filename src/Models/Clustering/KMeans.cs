using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Clustering;

/// <summary>k-means: what a site sums, and where the sum moves the centres.</summary>
/// <remarks>
/// Lloyd, IEEE Trans. Information Theory 28(2), 1982. Rows go to the nearest centre, the lowest number among equals;
/// a centre moves to the mean of its rows, and one without rows stays. Counts and sums add up over hospitals, so the
/// federated centres are the pooled ones.
/// </remarks>
public static class KMeans
{
    /// <summary>1 + K (1 + d).</summary>
    public static int StatisticLength(int clusters, int columns) => 1 + (clusters * (1 + columns));

    /// <summary>
    /// K of the public points, spread out: k-means++ of Arthur and Vassilvitskii, SODA 2007, section 2.2.
    /// </summary>
    /// <remarks>The points hold no patient: a grid over plausible ranges, published cases, synthetic rows.</remarks>
    /// <param name="publicPoints">Candidates; labels are not read.</param>
    /// <param name="clusters">K, at most the number of distinct points.</param>
    /// <param name="random">From a public seed, the same at every site.</param>
    /// <returns>K × d, row by row.</returns>
    public static double[] Start(Table publicPoints, int clusters, PhiloxStream random)
    {
        ArgumentNullException.ThrowIfNull(publicPoints);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clusters);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(clusters, publicPoints.Rows);
        List<double> centres = [.. publicPoints.Row(random.NextBelow(publicPoints.Rows))];
        double[] distances = new double[publicPoints.Rows];
        for (int chosen = 1; chosen < clusters; chosen++)
        {
            double total = 0;
            for (int row = 0; row < distances.Length; row++)
            {
                (_, distances[row]) = Nearest([.. centres], publicPoints.Row(row));
                total += distances[row];
            }

            if (total == 0)
            {
                throw new ArgumentException($"There are only {chosen} distinct public points.", nameof(publicPoints));
            }

            centres.AddRange(publicPoints.Row(Draw(distances, random.NextUnit() * total)));
        }

        return [.. centres];
    }

    /// <summary>[Σ squared distance to the nearest centre, then per centre: rows, Σ x (d)].</summary>
    /// <param name="table">The rows of one site, scaled as the centres are; labels are not read.</param>
    /// <param name="centres">K × d, row by row.</param>
    public static double[] LocalStatistic(Table table, ReadOnlySpan<double> centres)
    {
        ArgumentNullException.ThrowIfNull(table);
        RequireCentres(centres, table.Columns);
        int stride = 1 + table.Columns;
        double[] statistic = new double[StatisticLength(centres.Length / table.Columns, table.Columns)];
        for (int row = 0; row < table.Rows; row++)
        {
            ReadOnlySpan<double> x = table.Row(row);
            (int cluster, double distance) = Nearest(centres, x);
            statistic[0] += distance;
            Span<double> own = statistic.AsSpan(1 + (cluster * stride), stride);
            own[0]++;
            for (int i = 0; i < x.Length; i++)
            {
                own[1 + i] += x[i];
            }
        }

        return statistic;
    }

    /// <summary>The centres that the sum of the sites' statistics prescribes.</summary>
    /// <exception cref="ArgumentException">The lengths disagree, or a number is not finite.</exception>
    public static double[] Step(ReadOnlySpan<double> sum, ReadOnlySpan<double> centres, int columns)
    {
        RequireCentres(centres, columns);
        int clusters = centres.Length / columns;
        if (sum.Length != StatisticLength(clusters, columns))
        {
            throw new ArgumentException(
                $"Expected {StatisticLength(clusters, columns)} entries, got {sum.Length}.", nameof(sum));
        }

        double[] next = centres.ToArray();
        for (int cluster = 0; cluster < clusters; cluster++)
        {
            ReadOnlySpan<double> own = sum.Slice(1 + (cluster * (1 + columns)), 1 + columns);

            // Half a row tells a count from the rounding of an encoded zero.
            for (int i = 0; own[0] > 0.5 && i < columns; i++)
            {
                next[(cluster * columns) + i] = own[1 + i] / own[0];
            }
        }

        return next.All(double.IsFinite)
            ? next
            : throw new ArgumentException("An entry of the sum is not a finite number.", nameof(sum));
    }

    /// <summary>The nearest centre and the squared Euclidean distance to it.</summary>
    public static (int Cluster, double SquaredDistance) Nearest(ReadOnlySpan<double> centres, ReadOnlySpan<double> x)
    {
        int nearest = 0;
        double least = double.PositiveInfinity;
        for (int cluster = 0; cluster < centres.Length / x.Length; cluster++)
        {
            double distance = 0;
            for (int i = 0; i < x.Length; i++)
            {
                double difference = x[i] - centres[(cluster * x.Length) + i];
                distance += difference * difference;
            }

            if (distance < least)
            {
                (nearest, least) = (cluster, distance);
            }
        }

        return (nearest, least);
    }

    private static int Draw(double[] weights, double target)
    {
        double sum = 0;
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i];
            last = weights[i] > 0 ? i : last;
            if (sum > target)
            {
                return i;
            }
        }

        return last;
    }

    private static void RequireCentres(ReadOnlySpan<double> centres, int columns)
    {
        if (centres.IsEmpty || centres.Length % columns != 0)
        {
            throw new ArgumentException(
                $"Centres of {columns} columns need a multiple of that, got {centres.Length}.", nameof(centres));
        }
    }
}
