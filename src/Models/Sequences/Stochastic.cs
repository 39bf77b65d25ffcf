namespace DigitalTwin.Models.Sequences;

/// <summary>Matrices whose rows are probabilities.</summary>
internal static class Stochastic
{
    private const double Tolerance = 1e-9;

    // Less expected mass than this says nothing of a row: it stays.
    private const double LeastMass = 1e-9;

    /// <summary>Rows of counts over their sum; rows without mass as they were.</summary>
    public static double[] FromCounts(
        ReadOnlySpan<double> counts, ReadOnlySpan<double> before, int rows, int columns)
    {
        double[] probabilities = before.ToArray();
        for (int row = 0; row < rows; row++)
        {
            double total = 0;
            for (int column = 0; column < columns; column++)
            {
                total += Math.Max(0, counts[(row * columns) + column]);
            }

            for (int column = 0; total > LeastMass && column < columns; column++)
            {
                // A fixed-point sum can turn a count of nothing slightly negative.
                probabilities[(row * columns) + column] = Math.Max(0, counts[(row * columns) + column]) / total;
            }
        }

        return probabilities;
    }

    /// <exception cref="ArgumentException">The length is wrong, or a row is no distribution.</exception>
    public static void RequireRows(ReadOnlySpan<double> matrix, int rows, int columns)
    {
        if (matrix.Length != rows * columns)
        {
            throw new ArgumentException($"Expected {rows} x {columns} probabilities, got {matrix.Length}.");
        }

        for (int row = 0; row < rows; row++)
        {
            double sum = 0;
            foreach (double p in matrix.Slice(row * columns, columns))
            {
                sum += p >= 0 ? p : double.NaN;
            }

            if (!(Math.Abs(sum - 1) <= Tolerance))
            {
                throw new ArgumentException($"Row {row} of the probabilities sums to {sum}.", nameof(matrix));
            }
        }
    }
}
