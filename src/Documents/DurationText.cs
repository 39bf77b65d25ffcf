using System.Globalization;
using System.Text.RegularExpressions;

namespace DigitalTwin.Documents;

/// <summary>The written form of a duration: a whole number and one of ms, s, m, h.</summary>
public static partial class DurationText
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Reads the written form; false where <paramref name="text"/> is none.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        Match match = Form().Match(text);
        if (!match.Success)
        {
            return false;
        }

        int count = int.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
        string unit = match.Groups["unit"].Value;
        duration = Array.Find(Units, known => known.Unit == unit).Length * count;
        return true;
    }

    /// <summary>The shortest exact form: 90 seconds are 90s, 120 seconds are 2m.</summary>
    public static string Of(TimeSpan duration)
    {
        (string unit, TimeSpan length) = Array.Find(Units, known => duration.Ticks % known.Length.Ticks == 0);
        return duration == TimeSpan.Zero || unit is null
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds}ms")
            : string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / length.Ticks}{unit}");
    }

    // Six digits reach 114 years in hours: more than any bound, and far from overflow.
    [GeneratedRegex(@"\A(?<count>0|[1-9][0-9]{0,5})(?<unit>ms|s|m|h)\z")]
    private static partial Regex Form();
}
