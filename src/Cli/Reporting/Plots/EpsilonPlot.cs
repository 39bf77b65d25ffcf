using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Plots;

/// <summary>ε spent on each hospital's patients, as horizontal bars from zero.</summary>
internal static class EpsilonPlot
{
    private const int Width = 1080;
    private const int RowHeight = 30;
    private const int NameWidth = 170;
    private const int FigureWidth = 80;

    public static XElement Draw(IReadOnlyList<SiteResult> sites)
    {
        double most = sites.Max(site => site.Epsilon) ?? 0;
        Scale scale = new(0, most > 0 ? most : 1, NameWidth, Width - FigureWidth);
        int height = (RowHeight * sites.Count) + 8;
        XElement plot = Svg.Element(
            "svg",
            Svg.Xml("viewBox", string.Create(null, $"0 0 {Width} {height}")),
            Svg.Xml("role", "img"),
            Svg.Xml("aria-labelledby", "epsilon-title epsilon-desc"),
            Svg.Element("title", Svg.Xml("id", "epsilon-title"), "ε spent per hospital"),
            Svg.Element(
                "desc",
                Svg.Xml("id", "epsilon-desc"),
                string.Join("; ", sites.Select(site => $"{site.Name}: {Figures.Privacy(site.Epsilon)}"))));
        plot.Add(Svg.Line(NameWidth, 0, NameWidth, height, "baseline"));
        for (int row = 0; row < sites.Count; row++)
        {
            double top = (row * RowHeight) + 8;
            double end = scale.Map(sites[row].Epsilon ?? 0);
            plot.Add(Svg.Text(NameWidth - 10, top + 14, "end", "name", Shortened(sites[row].Name)));
            plot.Add(Svg.Rectangle(NameWidth, top, end - NameWidth, RowHeight - 12, $"bar {Svg.Series(row)}", null));
            plot.Add(Svg.Text(end + 8, top + 14, "start", "value", Figures.Privacy(sites[row].Epsilon)));
        }

        return plot;
    }

    // The name column holds about this many characters; the table above has the whole name.
    private static string Shortened(string name) => name.Length <= 22 ? name : $"{name[..21]}…";
}
