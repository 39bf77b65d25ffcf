using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Survival;

/// <summary>Standard errors that let the rows of a patient depend on each other, as with recurrent events.</summary>
/// <remarks>
/// Lin and Wei, JASA 84, 1989: with U_c the sum of the score residuals of a cluster, the covariance of β is
/// I⁻¹ (Σ_c U_c U_cᵀ) I⁻¹, R's cluster(id). A cluster lies at one site, and where sites are strata its residuals need
/// no other site, so Σ U Uᵀ is a sum over hospitals: one further round at the fitted β.
/// </remarks>
public static class CoxRobust
{
    /// <summary>p (p + 1) / 2.</summary>
    public static int StatisticLength(int columns) => PackedSymmetric.Length(columns);

    /// <summary>The upper triangle of Σ_c U_c U_cᵀ, row by row.</summary>
    /// <param name="table">The rows of one site.</param>
    /// <param name="clusters">Which cluster a row belongs to, such as its patient.</param>
    /// <param name="coefficients">The fitted β.</param>
    /// <param name="ties">As fitted.</param>
    public static double[] LocalStatistic(
        SurvivalTable table, int[] clusters, ReadOnlySpan<double> coefficients, CoxTies ties)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(clusters);
        CoxLikelihood.RequireCoefficients(table, coefficients);
        if (clusters.Length != table.Rows)
        {
            throw new ArgumentException($"{table.Rows} rows and {clusters.Length} clusters.", nameof(clusters));
        }

        int p = table.Columns;
        double[] residuals = new double[table.Rows * p];
        IReadOnlyList<int[]> strata = table.RowsByStratumFromLastStop();
        RiskWeights weights = new(table, strata, coefficients);
        foreach (int[] stratum in strata)
        {
            AddResiduals(residuals, table, stratum, weights, ties);
        }

        double[] statistic = new double[StatisticLength(p)];
        foreach (IGrouping<int, int> cluster in Enumerable.Range(0, table.Rows).GroupBy(row => clusters[row]))
        {
            double[] sum = new double[p];
            foreach (int row in cluster)
            {
                sum = SmallMatrix.Sum(sum, residuals.AsSpan(row * p, p));
            }

            PackedSymmetric.AddOuterProduct(statistic, 1, sum);
        }

        return statistic;
    }

    /// <summary>The robust standard errors, one per coefficient.</summary>
    /// <param name="sum">Of the sites' statistics.</param>
    /// <param name="likelihoodSum">The sum of <see cref="CoxLikelihood.LocalStatistic"/> at the same β.</param>
    /// <param name="columns">p.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="NotPositiveDefiniteException">Some coefficient is not determined.</exception>
    public static double[] StandardErrors(
        ReadOnlySpan<double> sum, ReadOnlySpan<double> likelihoodSum, int columns)
    {
        if (sum.Length != StatisticLength(columns)
            || likelihoodSum.Length != CoxLikelihood.StatisticLength(columns))
        {
            throw new ArgumentException(
                $"Expected {StatisticLength(columns)} and {CoxLikelihood.StatisticLength(columns)} entries, "
                + $"got {sum.Length} and {likelihoodSum.Length}.");
        }

        ReadOnlySpan<double> information = likelihoodSum[(CoxLikelihood.LossAt + 1 + columns)..];
        double[] inverse = Cholesky.Inverse(PackedSymmetric.Unpack(information, columns), columns);
        double[] middle = PackedSymmetric.Unpack(sum, columns);
        double[] covariance = SmallMatrix.Product(SmallMatrix.Product(inverse, middle, columns), inverse, columns);
        return [.. Enumerable.Range(0, columns).Select(i => Math.Sqrt(covariance[(i * columns) + i]))];
    }

    /// <summary>
    /// The l-th of d tied events has the mean x̄ = (S1 − φ D1)/(S0 − φ D0), φ as in <see cref="RiskSums"/>. A row with
    /// the event gains (x − x̄)/d; every row at risk loses w (x − x̄)/(S0 − φ D0), a tied one 1 − φ of that.
    /// </summary>
    private static void AddResiduals(
        double[] residuals, SurvivalTable table, int[] stratum, RiskWeights weights, CoxTies ties)
    {
        int p = table.Columns;
        RiskSet atRisk = new(table, stratum, weights);
        double[] tied = new double[RiskSums.Length(p)];
        foreach (int[] events in CoxLikelihood.EventsFromLast(table, stratum))
        {
            double time = table.Stop(events[0]);
            atRisk.MoveBackTo(time);
            Array.Clear(tied);
            foreach (int row in events)
            {
                RiskSums.AddRow(tied, weights.Weight(row), weights.Centred(row));
            }

            for (int l = 0; l < events.Length; l++)
            {
                double share = ties == CoxTies.Efron ? (double)l / events.Length : 0;
                double[] left = SmallMatrix.Sum(atRisk.Sums, tied, -share);
                foreach (int row in stratum.Where(row => table.Start(row) < time && table.Stop(row) >= time))
                {
                    bool isTied = table.HasEvent(row) && table.Stop(row) == time;
                    double factor = (isTied ? 1.0 / events.Length : 0)
                        - (weights.Weight(row) * (isTied ? 1 - share : 1) / left[0]);
                    for (int i = 0; i < p; i++)
                    {
                        residuals[(row * p) + i] += factor * (weights.Centred(row)[i] - (left[1 + i] / left[0]));
                    }
                }
            }
        }
    }
}
