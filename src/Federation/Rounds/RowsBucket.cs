using System.Globalization;

namespace DigitalTwin.Federation.Rounds;

/// <summary>The row-count buckets that hospitals publish, such as <c>100-199</c>.</summary>
public static class RowsBucket
{
    /// <summary>The geometric middle of a bucket: the public stand-in for the number of rows in it.</summary>
    /// <exception cref="FormatException"><paramref name="bucket"/> is no bucket.</exception>
    public static double Middle(string bucket)
    {
        string[] ends = bucket.TrimEnd('+').Split('-');
        double low = double.Parse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture);
        double high = ends.Length == 2
            ? double.Parse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture)
            : 2 * low;
        return Math.Sqrt(Math.Max(1, low) * Math.Max(1, high));
    }
}
