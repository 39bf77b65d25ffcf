using System.Globalization;

namespace DigitalTwin.Cli.Reporting;

/// <summary>Numbers as people read them; the console and the HTML report write them alike.</summary>
internal static class Figures
{
    /// <summary>Stands for a number that is not defined; a flag beside it says why.</summary>
    public const string Undefined = "–";

    // Below this, four decimals show too little of a number.
    private const double SmallestPlain = 1e-3;

    /// <summary>Three decimals: with hundreds of held-out rows the fourth is noise.</summary>
    public static string Score(double? value) =>
        value is double number ? number.ToString("0.000", CultureInfo.InvariantCulture) : Undefined;

    /// <summary>ε and other privacy parameters, rounded up: the text never promises more than was kept.</summary>
    public static string Privacy(double? value)
    {
        if (value is not double number)
        {
            return Undefined;
        }

        // The tolerance keeps 0.001 · 10⁴ = 10.000000000000002 from being rounded up to 11.
        const double Tolerance = 1e-9;
        if (number == 0 || number >= SmallestPlain)
        {
            double up = Math.Max(0, Math.Ceiling((number * 1e4) - Tolerance)) / 1e4;
            return up.ToString("0.####", CultureInfo.InvariantCulture);
        }

        double exponent = Math.Floor(Math.Log10(number));
        double mantissa = Math.Ceiling((number / Math.Pow(10, exponent) * 100) - Tolerance) / 100;
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa:0.##}e{exponent:0}");
    }

    /// <summary>A parameter with four significant digits.</summary>
    public static string Parameter(double? value) =>
        value is double number ? number.ToString("G4", CultureInfo.InvariantCulture) : Undefined;

    /// <summary>A count with thousands set apart.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Bytes in decimal units.</summary>
    public static string Bytes(long value) => value switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{value} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.00} GB"),
    };

    /// <summary>A duration in seconds, with a decimal while it is short.</summary>
    public static string Seconds(double value) =>
        value.ToString(value < 100 ? "0.0' s'" : "0' s'", CultureInfo.InvariantCulture);
}
