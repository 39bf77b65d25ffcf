using System.Globalization;

namespace DigitalTwin.Federation.Rounds;

/// <summary>The row-count buckets that hospitals publish, such as <c>100-199</c> or <c>100000+</c>.</summary>
public static class RowsBucket
{
    /// <summary>More rows than any hospital has; an end above it is no row count.</summary>
    private const int MostRows = 100_000_000;

    /// <summary>The geometric middle of a bucket: the public stand-in for the number of rows in it.</summary>
    /// <exception cref="FormatException"><paramref name="bucket"/> is no bucket.</exception>
    public static double Middle(string bucket) =>
        TryMiddle(bucket) ?? throw new FormatException($"\"{bucket}\" is no row-count bucket such as 100-199.");

    /// <summary><see cref="Middle"/>, or null where <paramref name="bucket"/> is none.</summary>
    internal static double? TryMiddle(string bucket)
    {
        bool open = bucket.EndsWith('+');
        string[] ends = open ? [bucket[..^1]] : bucket.Split('-');
        if (ends.Length != (open ? 1 : 2) || EndOf(ends[0]) is not { } low || EndOf(ends[^1]) is not { } last)
        {
            return null;
        }

        int high = open ? 2 * low : last;
        return high < low ? null : Math.Sqrt((double)Math.Max(1, low) * Math.Max(1, high));
    }

    private static int? EndOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int end) && end <= MostRows
            ? end
            : null;
}
