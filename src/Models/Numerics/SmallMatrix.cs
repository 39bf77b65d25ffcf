namespace DigitalTwin.Models.Numerics;

/// <summary>Products of dense matrices of a few rows, row by row in one array.</summary>
internal static class SmallMatrix
{
    public static double[] Identity(int n)
    {
        double[] identity = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            identity[(i * n) + i] = 1;
        }

        return identity;
    }

    /// <summary>A B; A has <paramref name="inner"/> columns and B as many rows.</summary>
    public static double[] Product(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int inner)
    {
        int rows = a.Length / inner;
        int columns = b.Length / inner;
        double[] product = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int k = 0; k < inner; k++)
            {
                double factor = a[(i * inner) + k];
                for (int j = 0; j < columns; j++)
                {
                    product[(i * columns) + j] += factor * b[(k * columns) + j];
                }
            }
        }

        return product;
    }

    /// <summary>Aᵀ of a matrix with so many columns.</summary>
    public static double[] Transpose(ReadOnlySpan<double> a, int columns)
    {
        int rows = a.Length / columns;
        double[] transpose = new double[a.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                transpose[(j * rows) + i] = a[(i * columns) + j];
            }
        }

        return transpose;
    }

    /// <summary>A + factor · B.</summary>
    public static double[] Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, double factor = 1)
    {
        double[] sum = a.ToArray();
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += factor * b[i];
        }

        return sum;
    }

    /// <summary>Σ A_ij B_ji of two n × n matrices.</summary>
    public static double TraceOfProduct(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int n)
    {
        double trace = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                trace += a[(i * n) + j] * b[(j * n) + i];
            }
        }

        return trace;
    }

    /// <summary>Adds x yᵀ.</summary>
    public static void AddOuterProduct(Span<double> matrix, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = 0; j < y.Length; j++)
            {
                matrix[(i * y.Length) + j] += x[i] * y[j];
            }
        }
    }
}
