using System.Globalization;

namespace DigitalTwin.Clinical.Disclosure;

/// <summary>The coarse sizes that are all a node tells others about its rows.</summary>
/// <remarks>
/// Rows go by the series 1-2-5, so a bucket is about as wide as its lower bound: one patient more or fewer is seen only
/// by crossing a bound. Nothing is finer than 0-19, and under 20 rows nothing at all is said of the label.
/// </remarks>
public static class Buckets
{
    /// <summary>What stands in place of a prevalence that is not told.</summary>
    public const string Undisclosed = "undisclosed";

    /// <summary>Under this many rows a quarter of them is a handful of patients.</summary>
    public const int SmallestDisclosedRows = 20;

    private static readonly int[] LowerBounds =
        [0, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];

    /// <summary>The bucket of a row count: <c>0-19</c>, <c>20-49</c>, …, <c>50000-99999</c>, <c>100000+</c>.</summary>
    public static string Rows(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        int index = Array.FindLastIndex(LowerBounds, bound => bound <= n);
        return NameOf(index);
    }

    /// <summary>The quarter of a label's share: <c>0-25%</c>, <c>25-50%</c>, <c>50-75%</c>, <c>75-100%</c>.</summary>
    /// <param name="share">Positive rows over all rows, 0 to 1; a bound belongs to the quarter above it.</param>
    /// <param name="rows">All rows; below 20 the answer is <see cref="Undisclosed"/>.</param>
    public static string Prevalence(double share, int rows)
    {
        if (share is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share lies between 0 and 1.");
        }

        return rows < SmallestDisclosedRows ? Undisclosed : share switch
        {
            < 0.25 => "0-25%",
            < 0.5 => "25-50%",
            < 0.75 => "50-75%",
            _ => "75-100%",
        };
    }

    /// <summary>The smallest and largest row count in a bucket; <see cref="int.MaxValue"/> in the open one.</summary>
    /// <exception cref="ArgumentException"><paramref name="rowsBucket"/> is not a bucket.</exception>
    public static (int Low, int High) Bounds(string rowsBucket)
    {
        for (int i = 0; i < LowerBounds.Length; i++)
        {
            if (NameOf(i) == rowsBucket)
            {
                return (LowerBounds[i], HighOf(i));
            }
        }

        throw new ArgumentException($"\"{rowsBucket}\" is not a row-count bucket.", nameof(rowsBucket));
    }

    private static int HighOf(int index) => index + 1 < LowerBounds.Length ? LowerBounds[index + 1] - 1 : int.MaxValue;

    private static string NameOf(int index) => index + 1 < LowerBounds.Length
        ? string.Create(CultureInfo.InvariantCulture, $"{LowerBounds[index]}-{HighOf(index)}")
        : string.Create(CultureInfo.InvariantCulture, $"{LowerBounds[index]}+");
}
