using System.Globalization;
using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Plots;

/// <summary>The drawing area of a plot: size, margins, axes with labels, and what a screen reader says.</summary>
/// <remarks>Sizes are in the units of the view box; the page scales the drawing to the width it has.</remarks>
internal sealed class PlotFrame
{
    private readonly int _width;
    private readonly int _height;
    private readonly List<XElement> _content = [];

    public PlotFrame(int width, int height, (double From, double To) x, (double From, double To) y, int left)
    {
        const int Top = 12;
        const int Right = 12;
        const int Bottom = 42;
        (_width, _height) = (width, height);
        X = new Scale(x.From, x.To, left, width - Right);
        Y = new Scale(y.From, y.To, height - Bottom, Top);
    }

    public Scale X { get; }

    public Scale Y { get; }

    public void Add(XElement shape) => _content.Add(shape);

    /// <summary>Labels and grid lines of the value axis on the left.</summary>
    public void DrawY(string label, IEnumerable<(double Value, string Text)> ticks)
    {
        foreach ((double value, string text) in ticks)
        {
            Add(Svg.Line(X.PixelFrom, Y.Map(value), X.PixelTo, Y.Map(value), "grid"));
            Add(Svg.Text(X.PixelFrom - 7, Y.Map(value) + 4, "end", "tick", text));
        }

        double middle = (Y.PixelFrom + Y.PixelTo) / 2;
        XElement caption = Svg.Text(13, middle, "middle", "axis", label);
        caption.Add(Svg.Xml("transform", $"rotate(-90 13 {Svg.Pixel(middle)})"));
        Add(caption);
    }

    /// <summary>Labels of the axis below.</summary>
    public void DrawX(string label, IEnumerable<(double Value, string Text)> ticks)
    {
        Add(Svg.Line(X.PixelFrom, Y.PixelFrom, X.PixelTo, Y.PixelFrom, "baseline"));
        foreach ((double value, string text) in ticks)
        {
            Add(Svg.Line(X.Map(value), Y.PixelFrom, X.Map(value), Y.PixelFrom + 4, "baseline"));
            Add(Svg.Text(X.Map(value), Y.PixelFrom + 17, "middle", "tick", text));
        }

        Add(Svg.Text((X.PixelFrom + X.PixelTo) / 2, _height - 8, "middle", "axis", label));
    }

    /// <summary>Says in the middle of an empty plot why it is empty.</summary>
    public void DrawAbsence(string why)
    {
        string[] lines = why.Split('\n');
        double x = (X.PixelFrom + X.PixelTo) / 2;
        double y = ((Y.PixelFrom + Y.PixelTo) / 2) - (8 * (lines.Length - 1));
        foreach (string line in lines)
        {
            Add(Svg.Text(x, y, "middle", "absence", line));
            y += 17;
        }
    }

    /// <summary>The drawing, with a title and a description for those who do not see it.</summary>
    /// <param name="id">Unique on the page.</param>
    /// <param name="title">What the plot shows.</param>
    /// <param name="description">What there is to see in it.</param>
    public XElement Finish(string id, string title, string description) => Svg.Element(
        "svg",
        Svg.Xml("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {_width} {_height}")),
        Svg.Xml("role", "img"),
        Svg.Xml("aria-labelledby", $"{id}-title {id}-desc"),
        Svg.Element("title", Svg.Xml("id", $"{id}-title"), title),
        Svg.Element("desc", Svg.Xml("id", $"{id}-desc"), description),
        _content);

    /// <summary>Labels for rounds <paramref name="first"/> to <paramref name="last"/>: whole numbers only.</summary>
    public static IEnumerable<(double Value, string Text)> RoundTicks(int first, int last) =>
        Scale.NiceTicks(first, last, 10)
            .Where(tick => tick >= first && tick <= last && double.IsInteger(tick))
            .Select(tick => (tick, tick.ToString("0", CultureInfo.InvariantCulture)));
}
