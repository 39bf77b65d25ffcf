using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Kernels;

/// <summary>Gaussian process regression through M public inducing points: one sum per choice of the kernel.</summary>
/// <remarks>
/// <para>
/// Titsias, "Variational learning of inducing variables in sparse Gaussian processes", AISTATS 2009. Data enter only by
/// K_mn K_nm, K_mn y, yᵀy and n, which are sums over patients. The posterior is that of the deterministic training
/// conditional (Seeger et al. 2003; Quiñonero-Candela and Rasmussen, JMLR 6, 2005, section 5), and the bound on ln p(y)
/// ranks kernels, noises and inducing points. With the data themselves as inducing points it is the exact process.
/// </para>
/// <para>The process has mean zero: responses are given less a public reference.</para>
/// </remarks>
public sealed class SparseGaussianProcess
{
    // As a share of the variance on the diagonal of K_mm. K_mn K_nm is a sum of products, so whitening it amplifies its
    // rounding by the condition of K_mm, which this bounds. The value is GPflow's default.
    private const double Jitter = 1e-6;
    private const int RowsAt = 0;
    private const int SquaresAt = 1;
    private const int CrossAt = 2;

    private readonly double[] _inducing;
    private readonly int _columns;
    private readonly double[] _lower;

    /// <param name="kernel">The same at every site.</param>
    /// <param name="columns">d, of an input.</param>
    /// <param name="inducing">M × d, row by row: public points, no patients.</param>
    /// <exception cref="NotPositiveDefiniteException">K_mm is singular to working precision.</exception>
    public SparseGaussianProcess(GaussianKernel kernel, int columns, ReadOnlySpan<double> inducing)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel.Variance);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel.LengthScale);
        if (inducing.IsEmpty || inducing.Length % columns != 0)
        {
            throw new ArgumentException($"{inducing.Length} entries are no points of {columns} columns.");
        }

        Kernel = kernel;
        _columns = columns;
        _inducing = inducing.ToArray();
        int m = Inducing;
        double[] gram = new double[m * m];
        for (int i = 0; i < m; i++)
        {
            CrossOf(Point(i)).CopyTo(gram.AsSpan(i * m));
            gram[(i * m) + i] += Jitter * kernel.Variance;
        }

        _lower = Cholesky.Factor(gram, m);
    }

    public GaussianKernel Kernel { get; }

    /// <summary>M.</summary>
    public int Inducing => _inducing.Length / _columns;

    /// <summary>2 + M + M (M + 1) / 2.</summary>
    public int StatisticLength => CrossAt + Inducing + PackedSymmetric.Length(Inducing);

    /// <summary>[n, yᵀy, K_mn y (M), upper triangle of K_mn K_nm row by row].</summary>
    /// <param name="table">Inputs of one site, scaled as the inducing points are, with their responses.</param>
    public double[] LocalStatistic(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Columns != _columns)
        {
            throw new ArgumentException($"Expected {_columns} columns, got {table.Columns}.", nameof(table));
        }

        double[] statistic = new double[StatisticLength];
        Span<double> cross = statistic.AsSpan(CrossAt, Inducing);
        statistic[RowsAt] = table.Rows;
        for (int row = 0; row < table.Rows; row++)
        {
            double[] k = CrossOf(table.Row(row));
            double y = table.Label(row);
            statistic[SquaresAt] += y * y;
            for (int i = 0; i < k.Length; i++)
            {
                cross[i] += k[i] * y;
            }

            PackedSymmetric.AddOuterProduct(statistic.AsSpan(CrossAt + Inducing), 1, k);
        }

        return statistic;
    }

    /// <summary>The process after the data behind a sum.</summary>
    /// <param name="sum">Of the sites' statistics.</param>
    /// <param name="noiseVariance">σ², positive, in squared units of the response.</param>
    public SparsePosterior Posterior(ReadOnlySpan<double> sum, double noiseVariance)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(noiseVariance);
        if (sum.Length != StatisticLength)
        {
            throw new ArgumentException($"Expected {StatisticLength} entries, got {sum.Length}.", nameof(sum));
        }

        // With L Lᵀ = K_mm: B = I + L⁻¹ K_mn K_nm L⁻ᵀ / σ² and c = L_B⁻¹ L⁻¹ K_mn y / σ².
        int m = Inducing;
        double[] half = SolveRows(PackedSymmetric.Unpack(sum[(CrossAt + m)..], m));
        double[] whitened = SolveRows(SmallMatrix.Transpose(half, m));
        double traceOfWhitened = 0;
        double[] b = SmallMatrix.Identity(m);
        for (int i = 0; i < whitened.Length; i++)
        {
            b[i] += whitened[i] / noiseVariance;
            traceOfWhitened += i % (m + 1) == 0 ? whitened[i] : 0;
        }

        double[] lowerOfB = Cholesky.Factor(b, m);
        double[] projected = Cholesky.SolveLower(_lower, sum.Slice(CrossAt, m));
        double[] c = Cholesky.SolveLower(lowerOfB, projected);
        double explained = 0;
        double logDeterminant = 0;
        for (int i = 0; i < m; i++)
        {
            c[i] /= noiseVariance;
            explained += c[i] * c[i];
            logDeterminant += 2 * DeterministicMath.Log(lowerOfB[(i * m) + i]);
        }

        double n = sum[RowsAt];
        double logLikelihood = -0.5 * ((n * DeterministicMath.Log(2 * Math.PI * noiseVariance))
            + logDeterminant + (sum[SquaresAt] / noiseVariance) - explained);
        double bound = logLikelihood - (0.5 * ((n * Kernel.Variance) - traceOfWhitened) / noiseVariance);
        return new SparsePosterior(this, _lower, lowerOfB, c, logLikelihood, bound);
    }

    internal double[] CrossOf(ReadOnlySpan<double> x)
    {
        double[] k = new double[Inducing];
        for (int i = 0; i < k.Length; i++)
        {
            k[i] = Kernel.Of(Point(i), x);
        }

        return k;
    }

    private ReadOnlySpan<double> Point(int i) => _inducing.AsSpan(i * _columns, _columns);

    /// <summary>(L⁻¹ A)ᵀ row by row for a symmetric A, and L⁻¹ A for its transpose.</summary>
    private double[] SolveRows(double[] matrix)
    {
        int m = Inducing;
        double[] solved = new double[matrix.Length];
        for (int i = 0; i < m; i++)
        {
            Cholesky.SolveLower(_lower, matrix.AsSpan(i * m, m)).CopyTo(solved.AsSpan(i * m));
        }

        return solved;
    }
}
