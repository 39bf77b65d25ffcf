namespace DigitalTwin.Cli.Reporting.Plots;

/// <summary>Maps a range of values onto a range of pixels, linearly.</summary>
internal readonly record struct Scale(double From, double To, double PixelFrom, double PixelTo)
{
    public double Map(double value) =>
        PixelFrom + ((PixelTo - PixelFrom) * (value - From) / (To - From));

    /// <summary>
    /// Round numbers that cover <paramref name="low"/> to <paramref name="high"/> in about
    /// <paramref name="intervals"/> steps of 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph labels",
    /// Graphics Gems, 1990).
    /// </summary>
    public static double[] NiceTicks(double low, double high, int intervals)
    {
        if (high <= low)
        {
            double margin = low == 0 ? 1 : Math.Abs(low) * 0.1;
            (low, high) = (low - margin, low + margin);
        }

        double rough = (high - low) / intervals;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = (rough / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };

        // Counting whole steps, instead of adding them up, keeps 0.1 + 0.2 out of the labels.
        long first = (long)Math.Floor((low / step) + 1e-9);
        long last = (long)Math.Ceiling((high / step) - 1e-9);
        return [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step)];
    }
}
