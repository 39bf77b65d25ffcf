namespace DigitalTwin.Models.Numerics;

/// <summary>Solves A x = b for a symmetric positive definite A = L Lᵀ.</summary>
/// <remarks>Golub and Van Loan, Matrix Computations, 4th ed., algorithm 4.2.1 and section 4.2.5.</remarks>
public static class Cholesky
{
    /// <summary>2^−52, the spacing of doubles at 1.</summary>
    private const double UnitSpacing = 2.2204460492503131e-16;

    /// <summary>The solution x of A x = b.</summary>
    /// <param name="matrix">A, n × n, row by row; only its lower triangle is read.</param>
    /// <param name="rightHandSide">b, n entries.</param>
    /// <exception cref="ArgumentException">The matrix has another size than n × n.</exception>
    /// <exception cref="NotPositiveDefiniteException">A pivot is zero or negative to working precision.</exception>
    public static double[] Solve(ReadOnlySpan<double> matrix, ReadOnlySpan<double> rightHandSide)
    {
        int n = rightHandSide.Length;
        double[] lower = Factor(matrix, n);

        // L y = b, then Lᵀ x = y, both in place.
        double[] x = rightHandSide.ToArray();
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                x[i] -= lower[(i * n) + k] * x[k];
            }

            x[i] /= lower[(i * n) + i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                x[i] -= lower[(k * n) + i] * x[k];
            }

            x[i] /= lower[(i * n) + i];
        }

        return x;
    }

    /// <summary>The lower triangular L with A = L Lᵀ, n × n, row by row, zeros above the diagonal.</summary>
    /// <inheritdoc cref="Solve"/>
    public static double[] Factor(ReadOnlySpan<double> matrix, int n)
    {
        if (matrix.Length != n * n)
        {
            throw new ArgumentException($"Expected {n} x {n} entries, got {matrix.Length}.", nameof(matrix));
        }

        double[] lower = new double[n * n];
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column <= row; column++)
            {
                double remainder = matrix[(row * n) + column];
                for (int k = 0; k < column; k++)
                {
                    remainder -= lower[(row * n) + k] * lower[(column * n) + k];
                }

                lower[(row * n) + column] = row == column
                    ? Math.Sqrt(PivotOf(remainder, matrix[(row * n) + row], n, row))
                    : remainder / lower[(column * n) + column];
            }
        }

        return lower;
    }

    /// <summary>The solution y of L y = b for a lower triangular L with a positive diagonal.</summary>
    internal static double[] SolveLower(ReadOnlySpan<double> lower, ReadOnlySpan<double> rightHandSide)
    {
        int n = rightHandSide.Length;
        double[] y = rightHandSide.ToArray();
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                y[i] -= lower[(i * n) + k] * y[k];
            }

            y[i] /= lower[(i * n) + i];
        }

        return y;
    }

    /// <summary>A⁻¹, n × n, row by row, exactly symmetric.</summary>
    /// <inheritdoc cref="Solve"/>
    public static double[] Inverse(ReadOnlySpan<double> matrix, int n)
    {
        double[] lower = Factor(matrix, n);

        // L⁻¹ column by column, then A⁻¹ = L⁻ᵀ L⁻¹.
        double[] inverseOfLower = new double[n * n];
        for (int column = 0; column < n; column++)
        {
            inverseOfLower[(column * n) + column] = 1 / lower[(column * n) + column];
            for (int row = column + 1; row < n; row++)
            {
                double sum = 0;
                for (int k = column; k < row; k++)
                {
                    sum -= lower[(row * n) + k] * inverseOfLower[(k * n) + column];
                }

                inverseOfLower[(row * n) + column] = sum / lower[(row * n) + row];
            }
        }

        double[] inverse = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int k = i; k < n; k++)
                {
                    sum += inverseOfLower[(k * n) + i] * inverseOfLower[(k * n) + j];
                }

                inverse[(i * n) + j] = sum;
                inverse[(j * n) + i] = sum;
            }
        }

        return inverse;
    }

    /// <summary>ln det A = 2 Σ ln L_ii.</summary>
    /// <inheritdoc cref="Solve"/>
    public static double LogDeterminant(ReadOnlySpan<double> matrix, int n)
    {
        double[] lower = Factor(matrix, n);
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += DeterministicMath.Log(lower[(i * n) + i]);
        }

        return 2 * sum;
    }

    // A pivot that has lost all bits of its diagonal entry is rounding noise, whatever its sign. A NaN fails as well.
    private static double PivotOf(double remainder, double diagonal, int n, int row) =>
        remainder > n * UnitSpacing * diagonal && double.IsFinite(remainder)
            ? remainder
            : throw new NotPositiveDefiniteException(
                FormattableString.Invariant($"Pivot {row} is {remainder:R} beside a diagonal entry of {diagonal:R}."));
}
