using System.Globalization;

namespace DigitalTwin.Clinical.Disclosure;

/// <summary>Refuses counts and quantiles behind which one patient could be found.</summary>
/// <remarks>
/// The threshold 3 is DataSHIELD's default <c>nfilter.tab</c> (Gaye et al., Int. J. Epidemiology 43, 2014). Zero is
/// hidden too: "no negative patient" tells the label of every patient.
/// </remarks>
public static class SmallCellRule
{
    /// <summary>The smallest count that may be shown.</summary>
    public const int Smallest = 3;

    /// <summary>Whether <paramref name="count"/> may be shown by itself.</summary>
    public static bool MayShow(int count) => count >= Smallest;

    /// <summary>Whether a count may be shown beside its total: what is left over must not be small either.</summary>
    public static bool MayShow(int count, int total) => MayShow(count) && MayShow(total - count);

    /// <summary>The count as text, or <c>fewer than 3</c>.</summary>
    public static string Show(int count) => MayShow(count)
        ? count.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"fewer than {Smallest}");

    /// <summary>A quantile that is no single patient's value: the mean of the three values around it.</summary>
    /// <param name="sorted">The values, ascending.</param>
    /// <param name="probability">0 to 1; 0.5 is the median.</param>
    /// <returns>Null where fewer than 3 values lie on either side, so for every minimum and maximum.</returns>
    public static double? Quantile(ReadOnlySpan<double> sorted, double probability)
    {
        int middle = (int)Math.Round((sorted.Length - 1) * probability);
        bool isInside = middle >= Smallest && middle <= sorted.Length - 1 - Smallest;
        return isInside ? (sorted[middle - 1] + sorted[middle] + sorted[middle + 1]) / 3 : null;
    }
}
