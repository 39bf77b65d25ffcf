using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Plots;

/// <summary>The few SVG shapes that the plots are made of; colours come from the style sheet, by class.</summary>
internal static class Svg
{
    /// <summary>Number of series colours in the style sheet; further series start over.</summary>
    public const int SeriesColours = 8;

    public static readonly XNamespace Namespace = "http://www.w3.org/2000/svg";

    public static XElement Element(string name, params object?[] content) => new(Namespace + name, content);

    /// <summary>The class that gives a series its colour.</summary>
    public static string Series(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"series-{index % SeriesColours}");

    /// <summary>A pixel coordinate, to a hundredth.</summary>
    public static string Pixel(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    public static XElement Line(double x1, double y1, double x2, double y2, string kind) => Element(
        "line",
        Xml("class", kind),
        Xml("x1", Pixel(x1)),
        Xml("y1", Pixel(y1)),
        Xml("x2", Pixel(x2)),
        Xml("y2", Pixel(y2)));

    public static XElement Circle(double x, double y, double radius, string kind, string tip) => Element(
        "circle",
        Xml("class", kind),
        Xml("cx", Pixel(x)),
        Xml("cy", Pixel(y)),
        Xml("r", Pixel(radius)),
        Element("title", tip));

    public static XElement Rectangle(double x, double y, double width, double height, string kind, string? tip) =>
        Element(
            "rect",
            Xml("class", kind),
            Xml("x", Pixel(x)),
            Xml("y", Pixel(y)),
            Xml("width", Pixel(width)),
            Xml("height", Pixel(height)),
            tip is null ? null : Element("title", tip));

    public static XElement Text(double x, double y, string anchor, string kind, string text) => Element(
        "text",
        Xml("class", kind),
        Xml("x", Pixel(x)),
        Xml("y", Pixel(y)),
        Xml("text-anchor", anchor),
        text);

    /// <summary>A line through points; points that a screen could not tell from the one before are left out.</summary>
    public static XElement Path(IEnumerable<(double X, double Y)> points, string kind)
    {
        const double Visible = 0.2;
        StringBuilder path = new();
        (double X, double Y) drawn = (double.PositiveInfinity, 0);
        (double X, double Y)? skipped = null;
        foreach ((double x, double y) in points)
        {
            if (Math.Abs(x - drawn.X) + Math.Abs(y - drawn.Y) < Visible)
            {
                skipped = (x, y);
                continue;
            }

            Append(path, x, y);
            drawn = (x, y);
            skipped = null;
        }

        if (skipped is { } end)
        {
            Append(path, end.X, end.Y);
        }

        return Element("path", Xml("class", kind), Xml("d", path.ToString()));
    }

    public static XAttribute Xml(string name, string value) => new(name, value);

    private static void Append(StringBuilder path, double x, double y) =>
        path.Append(path.Length == 0 ? 'M' : 'L').Append(Pixel(x)).Append(' ').Append(Pixel(y));
}
