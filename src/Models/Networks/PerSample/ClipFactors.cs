namespace DigitalTwin.Models.Networks.PerSample;

/// <summary>What each row's deltas are multiplied by, so that no patient's gradient is longer than the clip.</summary>
internal static class ClipFactors
{
    // Norms are rounded to floats on the way; a relative 1e-5 covers sums of up to about a hundred FMA roundings, and
    // what is summed afterwards is rounded to the integer grid, where the bound that privacy rests on is enforced.
    private const double Margin = 1 - 1e-5;

    /// <summary>Writes min(1, clip / norm) to every row of each unit.</summary>
    /// <exception cref="ArithmeticException">A norm is not finite.</exception>
    public static void Write(
        PrivacyUnits units, ReadOnlySpan<double> squaredNorms, double clip, Span<float> factors)
    {
        for (int row = 0; row < units.Rows; row++)
        {
            double norm = Math.Sqrt(squaredNorms[units.UnitOf(row)]);
            if (!double.IsFinite(norm))
            {
                throw new ArithmeticException(
                    $"The gradient of row {row} is not finite; check its inputs, or take smaller steps.");
            }

            factors[row] = norm > clip * Margin ? (float)(clip * Margin / norm) : 1f;
        }
    }
}
