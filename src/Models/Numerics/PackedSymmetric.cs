namespace DigitalTwin.Models.Numerics;

/// <summary>Symmetric matrices as their upper triangle, row by row: what a statistic carries of them.</summary>
internal static class PackedSymmetric
{
    /// <summary>n (n + 1) / 2.</summary>
    public static int Length(int n) => n * (n + 1) / 2;

    /// <summary>Adds weight · x xᵀ.</summary>
    public static void AddOuterProduct(Span<double> packed, double weight, ReadOnlySpan<double> x)
    {
        int next = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double weighted = weight * x[i];
            for (int j = i; j < x.Length; j++)
            {
                packed[next++] += weighted * x[j];
            }
        }
    }

    /// <summary>The full n × n matrix, row by row.</summary>
    public static double[] Unpack(ReadOnlySpan<double> packed, int n)
    {
        double[] full = new double[n * n];
        int next = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = i; j < n; j++)
            {
                full[(i * n) + j] = packed[next];
                full[(j * n) + i] = packed[next];
                next++;
            }
        }

        return full;
    }
}
