using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>The linear mixed model y = X β + Z b + e: what a site sums for one step of its variances.</summary>
/// <remarks>
/// <para>
/// b ~ N(0, σ² D) per patient, e ~ N(0, σ²). With V = I + Z D Z' per patient and W = [X y], the profiled (restricted)
/// likelihood needs Σ W'V⁻¹W and Σ ln|V| over patients (Laird and Ware, Biometrics 38(4), 1982; Bates et al. 2015,
/// section 2.3). Its first two derivatives by θ need the first two derivatives of both, which are sums as well, so a
/// round is one Newton step, and the federated fit is the pooled one.
/// </para>
/// <para>
/// With Q = Z'V⁻¹Z and P = Z'V⁻¹W, both q × q and q × (p + 1) per patient, and D_k = ∂D/∂θ_k: ∂ W'V⁻¹W = −P'D_kP,
/// ∂² W'V⁻¹W = P'(D_kQD_l + D_lQD_k − D_kl)P, ∂ ln|V| = tr QD_k, ∂² ln|V| = tr QD_kl − tr QD_kQD_l. They follow from
/// ∂V⁻¹ = −V⁻¹ ∂V V⁻¹.
/// </para>
/// <para>
/// Entries are of the size of squares of the columns and the response, times the rows: for a sum in fixed point, bring
/// both near 1 by public reference values first.
/// </para>
/// <para>
/// A random effect per hospital is the same model with all rows of a site given one patient number, as in the
/// distributed mixed model of Luo et al., Nature Communications 13, 2022: the effect itself stays at the site.
/// </para>
/// </remarks>
public sealed class LinearMixedModel
{
    internal const int PatientsAt = 0;
    internal const int RowsAt = 1;
    internal const int FirstBlockAt = 2;

    /// <param name="fixedColumns">p.</param>
    /// <param name="randomColumns">q.</param>
    /// <param name="uncorrelated">The random effects of a patient do not depend on each other: D is diagonal.</param>
    public LinearMixedModel(int fixedColumns, int randomColumns, bool uncorrelated = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fixedColumns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(randomColumns);
        FixedColumns = fixedColumns;
        RandomColumns = randomColumns;
        IsUncorrelated = uncorrelated;
    }

    /// <summary>p.</summary>
    public int FixedColumns { get; }

    /// <summary>q.</summary>
    public int RandomColumns { get; }

    public bool IsUncorrelated { get; }

    /// <summary>m = q (q + 1) / 2 entries of θ, or q where the effects are uncorrelated.</summary>
    public int VarianceParameters => RelativeCovariance.Count(RandomColumns, IsUncorrelated);

    /// <summary>
    /// 2 + (1 + m + m (m + 1) / 2) (1 + (p + 1)(p + 2) / 2) + m (m + 1) / 2.
    /// </summary>
    public int StatisticLength => InformationAt + PackedSymmetric.Length(VarianceParameters);

    /// <summary>A scalar for ln|V| and the upper triangle for W'V⁻¹W.</summary>
    internal int BlockLength => 1 + PackedSymmetric.Length(FixedColumns + 1);

    /// <summary>Where Σ tr QD_kQD_l is.</summary>
    internal int InformationAt =>
        FirstBlockAt + (BlockLength * (1 + VarianceParameters + PackedSymmetric.Length(VarianceParameters)));

    /// <summary>
    /// [patients, rows], the block [ln|V|, W'V⁻¹W], its derivatives by each θ_k, by each pair (k ≤ l), and tr QD_kQD_l.
    /// </summary>
    /// <param name="table">The patients of one site.</param>
    /// <param name="theta">The variance parameters, m entries.</param>
    public double[] LocalStatistic(LongitudinalTable table, ReadOnlySpan<double> theta)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.FixedColumns != FixedColumns || table.RandomColumns != RandomColumns
            || theta.Length != VarianceParameters)
        {
            throw new ArgumentException(
                $"Expected {FixedColumns} fixed and {RandomColumns} random columns with {VarianceParameters} variance "
                + $"parameters, got {table.FixedColumns}, {table.RandomColumns} and {theta.Length}.");
        }

        RelativeCovariance covariance = new(theta, RandomColumns);
        double[] statistic = new double[StatisticLength];
        statistic[PatientsAt] = table.Patients;
        statistic[RowsAt] = table.Rows;
        for (int patient = 0; patient < table.Patients; patient++)
        {
            AddPatient(statistic, table, patient, covariance);
        }

        return statistic;
    }

    /// <summary>Block 0 is the value, 1 … m the first derivatives, then the second ones, row by row.</summary>
    internal Range Block(int index)
    {
        int start = FirstBlockAt + (index * BlockLength);
        return start..(start + BlockLength);
    }

    private void AddPatient(
        double[] statistic, LongitudinalTable table, int patient, RelativeCovariance covariance)
    {
        int q = RandomColumns;
        double[] gram = table.RandomGram(patient);
        double[] cross = table.CrossGram(patient);
        (double[] conditional, double logDeterminant) = covariance.Given(gram);

        // V⁻¹ = I − Z C Z', so Z'V⁻¹ = (I − Z'Z C) Z'.
        double[] shrink = SmallMatrix.Sum(
            SmallMatrix.Identity(q), SmallMatrix.Product(gram, conditional, q), factor: -1);
        double[] bigQ = SmallMatrix.Product(shrink, gram, q);
        double[] bigP = SmallMatrix.Product(shrink, cross, q);
        double[] value = SmallMatrix.Sum(table.FixedGram(patient), Sandwich(cross, conditional), factor: -1);
        AddBlock(statistic, 0, logDeterminant, value);

        int count = VarianceParameters;
        int pair = 0;
        for (int k = 0; k < count; k++)
        {
            double[] first = covariance.First(k);
            double[] qk = SmallMatrix.Product(bigQ, first, q);
            double trace = SmallMatrix.TraceOfProduct(bigQ, first, q);
            AddBlock(statistic, 1 + k, trace, Sandwich(bigP, first), sign: -1);
            for (int l = k; l < count; l++, pair++)
            {
                double[] other = covariance.First(l);
                double[] second = covariance.Second(k, l);
                double[] kql = SmallMatrix.Product(first, SmallMatrix.Product(bigQ, other, q), q);
                double[] middle = SmallMatrix.Sum(
                    SmallMatrix.Sum(kql, SmallMatrix.Transpose(kql, q)), second, factor: -1);
                double information =
                    SmallMatrix.TraceOfProduct(qk, SmallMatrix.Product(bigQ, other, q), q);
                double curvature = SmallMatrix.TraceOfProduct(bigQ, second, q) - information;
                AddBlock(statistic, 1 + count + pair, curvature, Sandwich(bigP, middle));
                statistic[InformationAt + pair] += information;
            }
        }
    }

    /// <summary>Gᵀ M G for a G of q rows.</summary>
    private double[] Sandwich(double[] outer, double[] middle) => SmallMatrix.Product(
        SmallMatrix.Transpose(outer, FixedColumns + 1), SmallMatrix.Product(middle, outer, RandomColumns),
        RandomColumns);

    private void AddBlock(double[] statistic, int index, double scalar, double[] matrix, int sign = 1)
    {
        Span<double> block = statistic.AsSpan(Block(index));
        block[0] += scalar;
        int next = 1;
        int n = FixedColumns + 1;
        for (int i = 0; i < n; i++)
        {
            for (int j = i; j < n; j++)
            {
                block[next++] += sign * matrix[(i * n) + j];
            }
        }
    }
}
