namespace DigitalTwin.Cli.Reporting.Plots;

/// <summary>The 95 % interval of a share of few rows.</summary>
internal static class ProportionInterval
{
    // The 97.5 % point of the standard normal distribution.
    private const double Z = 1.959964;

    /// <summary>Score interval of Wilson, "Probable inference …", JASA 22 (1927); it stays inside [0, 1].</summary>
    /// <param name="share">Observed share, in [0, 1].</param>
    /// <param name="count">Rows behind it, at least 1.</param>
    public static (double Low, double High) Wilson(double share, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        double spread = Z * Z / count;
        double centre = (share + (spread / 2)) / (1 + spread);
        double half = Z / (1 + spread) * Math.Sqrt((share * (1 - share) / count) + (spread / (4 * count)));
        return (Math.Max(0, centre - half), Math.Min(1, centre + half));
    }
}
