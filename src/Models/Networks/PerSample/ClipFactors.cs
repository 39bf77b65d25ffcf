namespace DigitalTwin.Models.Networks.PerSample;

/// <summary>What each row's deltas are multiplied by, so that no patient's gradient is longer than the clip.</summary>
/// <remarks>A norm is as exact as sums of floats are: within 1e-4 of the exact one in the tests.</remarks>
internal static class ClipFactors
{
    // Norms and sums are rounded as floats; without a margin a gradient of exactly the clip would end a little above.
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
                    $"The gradient of row {units.FirstRow + row} is not finite; "
                        + "check its inputs, or take smaller steps.");
            }

            factors[row] = norm > clip * Margin ? (float)(clip * Margin / norm) : 1f;
        }
    }
}
