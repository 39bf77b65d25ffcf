namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Golden-section search (Kiefer 1953) for the minimum of a function that falls and then rises.</summary>
internal static class GoldenSection
{
    private const double Ratio = 0.618_033_988_749_895;

    /// <summary>The least value seen, and where; on a function of another shape still a value of it.</summary>
    public static (double At, double Value) Minimum(Func<double, double> function, double low, double high, int steps)
    {
        (double At, double Value) best = (double.NaN, double.PositiveInfinity);
        for (int step = 0; step < steps; step++)
        {
            double left = high - (Ratio * (high - low));
            double right = low + (Ratio * (high - low));
            double atLeft = function(left);
            double atRight = function(right);
            best = atLeft < best.Value ? (left, atLeft) : best;
            best = atRight < best.Value ? (right, atRight) : best;
            if (atLeft < atRight)
            {
                high = right;
            }
            else
            {
                low = left;
            }
        }

        return best;
    }
}
