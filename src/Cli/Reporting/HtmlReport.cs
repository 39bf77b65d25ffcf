using System.Globalization;
using System.Reflection;
using System.Xml.Linq;
using DigitalTwin.Cli.Reporting.Pages;
using DigitalTwin.Cli.Reporting.Plots;

namespace DigitalTwin.Cli.Reporting;

/// <summary>The report of a run as one HTML file: no script, no external resource, readable on paper.</summary>
public static class HtmlReport
{
    private const string StyleResource = "report.css";

    /// <summary>Writes the page: HTML5 that is well-formed XML too.</summary>
    /// <param name="result">Numbers of the run.</param>
    /// <param name="plots">Curves per hospital; a hospital without an entry gets no curve.</param>
    /// <param name="context">What the page says besides.</param>
    public static string Write(RunResult result, IReadOnlyList<SitePlots> plots, ReportContext context)
    {
        XElement body = Xhtml.Element(
            "body",
            Xhtml.Element("a", Xhtml.Class("skip"), new XAttribute("href", "#results"), "Skip to the results"),
            Header(result, context),
            Xhtml.Element(
                "main",
                Warnings(result, context),
                Tiles(result),
                Xhtml.Section("results", "Results", ResultTables.Results(result)),
                SiteCurves(result, plots),
                Rounds(result),
                Xhtml.Section(
                    "privacy",
                    "Privacy",
                    PrivacyWords.Describe(result),
                    EpsilonFigure(result),
                    PrivacyWords.Outside(result, context)),
                result.Model is null ? null : Xhtml.Section("model", "Model", ResultTables.Model(result.Model)),
                Xhtml.Section("ledger", "Ledger", ResultTables.Ledger(result.Ledger, context.LedgerFolder))),
            Footer(context));
        return XhtmlPage.Write($"{result.Study}: {result.Verdict}", Style(), body);
    }

    private static XElement Header(RunResult result, ReportContext context)
    {
        int trained = result.Sites.Count(site => site.TrainRows > 0);
        long rows = result.Sites.Sum(site => (long)site.Rows);
        string kind = result.Model is null ? "no model" : $"one {result.Model.Kind} model";
        return Xhtml.Element(
            "header",
            Xhtml.Paragraph(Xhtml.Class("kicker"), "Federated study"),
            Xhtml.Element(
                "h1",
                result.Study,
                " ",
                Xhtml.Element("span", Xhtml.Class($"verdict {VerdictClass(result.Verdict)}"), result.Verdict)),
            Xhtml.Paragraph(
                Xhtml.Class("lead"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{trained} hospitals, {Figures.Count(rows)} rows of patients, {result.Rounds.Count} rounds, "),
                $"{kind}, in {Figures.Seconds(result.Seconds)}. {context.DataSource}"));
    }

    // Only these three words become part of a class name; anything else came from somewhere it should not.
    private static string VerdictClass(string verdict) => verdict switch
    {
        Verdicts.Complete => "good",
        Verdicts.Degraded => "fair",
        _ => "bad",
    };

    private static IEnumerable<XElement> Warnings(RunResult result, ReportContext context)
    {
        if (result.Reason is string reason)
        {
            yield return Notice($"This run is {result.Verdict}.", reason, VerdictClass(result.Verdict));
        }

        if (context.SeededNoiseWarning is string warning)
        {
            yield return Notice("The noise of this run is not secret.", warning, "fair");
        }

        foreach (SiteResult site in result.Sites.Where(site => site.Reason is not null))
        {
            yield return Notice($"{site.Name}: {site.Verdict ?? "left out"}.", site.Reason!, "fair");
        }

        foreach (string note in result.Notes ?? [])
        {
            yield return Notice("Note.", note, "plain");
        }
    }

    private static XElement Notice(string what, string why, string kind) => Xhtml.Element(
        "p",
        Xhtml.Class($"notice {kind}"),
        new XAttribute("role", "note"),
        Xhtml.Element("strong", what),
        " ",
        why);

    private static XElement Tiles(RunResult result)
    {
        double? epsilon = result.Sites.Max(site => site.Epsilon);
        long bytes = result.Rounds.Sum(round => round.BytesPerSite.Values.Sum());
        LedgerResult ledger = result.Ledger;
        return Xhtml.Element(
            "ul",
            Xhtml.Class("tiles"),
            Tile(Figures.Score(result.PooledTest.Accuracy), "accuracy, all held-out rows"),
            Tile(Figures.Score(result.PooledTest.Auroc), "AUROC, all held-out rows"),
            Tile(
                epsilon is null ? "none" : Figures.Privacy(epsilon),
                epsilon is null ? "differential privacy" : "largest ε of a hospital"),
            Tile(Figures.Bytes(bytes), "sent by all hospitals together"),
            Tile($"{ledger.Cosignatures}", $"cosignatures of hospitals; {ledger.Quorum} are needed"));
    }

    private static XElement Tile(string figure, string meaning) => Xhtml.Element(
        "li",
        Xhtml.Element("span", Xhtml.Class("figure"), figure),
        Xhtml.Element("span", Xhtml.Class("meaning"), meaning));

    private static XElement? SiteCurves(RunResult result, IReadOnlyList<SitePlots> plots)
    {
        if (plots.Count == 0)
        {
            return null;
        }

        List<XElement> roc = [];
        List<XElement> calibration = [];
        for (int i = 0; i < plots.Count; i++)
        {
            int series = SeriesOf(result, plots[i].Site);
            SiteResult? site = series < 0 ? null : result.Sites[series];
            series = series < 0 ? i : series;
            string rows = site is null ? "" : $" · {Figures.Count(site.TestRows)} held-out rows";
            roc.Add(Figure(
                SitePlotGallery.Roc($"roc-{i}", plots[i], series, site?.Metrics.Auroc),
                plots[i].Site,
                $"AUROC {Figures.Score(site?.Metrics.Auroc)}{rows}"));
            calibration.Add(Figure(
                SitePlotGallery.Calibration($"calibration-{i}", plots[i], series, site?.Metrics.CalibrationSlope),
                plots[i].Site,
                $"slope {Figures.Score(site?.Metrics.CalibrationSlope)}{rows}"));
        }

        return Xhtml.Section(
            "hospitals",
            "Hospital by hospital",
            Xhtml.Element("h3", "ROC curves"),
            Xhtml.Paragraph("The federated model on each hospital's own held-out rows; the diagonal is chance."),
            Xhtml.Element("div", Xhtml.Class("gallery"), roc),
            Xhtml.Element("h3", "Calibration"),
            Xhtml.Paragraph(
                "Does a predicted risk of 30 % mean that the outcome came in 30 of 100? On the diagonal it did. ",
                "Bars are 95 % intervals (Wilson); a hollow dot stands for fewer than five rows."),
            Xhtml.Element("div", Xhtml.Class("gallery"), calibration));
    }

    private static int SeriesOf(RunResult result, string site)
    {
        for (int i = 0; i < result.Sites.Count; i++)
        {
            if (result.Sites[i].Name == site)
            {
                return i;
            }
        }

        return -1;
    }

    private static XElement Figure(XElement plot, string strong, string caption) => Xhtml.Element(
        "figure",
        plot,
        Xhtml.Element("figcaption", Xhtml.Element("strong", strong), " ", caption));

    // A wide plot keeps its size on a phone and scrolls by itself.
    private static XElement Wide(XElement plot, string strong, string caption)
    {
        XElement figure = Figure(plot, strong, caption);
        figure.Add(Xhtml.Class("wide"));
        return figure;
    }

    private static XElement Rounds(RunResult result)
    {
        IEnumerable<string> sources = result.Rounds.Select(round => round.LossOn).OfType<string>().Distinct();
        string measured = string.Join(" and ", sources) is { Length: > 0 } words ? $", measured on {words} rows" : "";
        return Xhtml.Section(
            "rounds",
            "Round by round",
            Wide(RoundPlots.Loss(result.Rounds), "Loss", $"after each round{measured}."),
            Wide(
                RoundPlots.Bytes(result.Rounds, [.. result.Sites.Select(site => site.Name)]),
                "Bytes",
                "on the wire from each hospital in each round."),
            Xhtml.Element(
                "ul",
                Xhtml.Class("legend"),
                result.Sites.Select((site, i) => Xhtml.Element("li", Swatch(i), site.Name))));
    }

    private static XElement Swatch(int series) => Svg.Element(
        "svg",
        Svg.Xml("viewBox", "0 0 12 12"),
        Svg.Xml("class", "swatch"),
        Svg.Xml("aria-hidden", "true"),
        Svg.Rectangle(0, 0, 12, 12, $"bar {Svg.Series(series)}", null));

    private static XElement? EpsilonFigure(RunResult result) =>
        result.Sites.Any(site => site.Epsilon is not null)
            ? Wide(EpsilonPlot.Draw(result.Sites), "ε spent", "on the patients of each hospital; smaller is stricter.")
            : null;

    private static XElement Footer(ReportContext context) => Xhtml.Element(
        "footer",
        Xhtml.Paragraph(
            "Written ",
            context.GeneratedAt.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture),
            ". The same numbers stand in ",
            Xhtml.Element("code", "result.json"),
            " beside this file. This page loads nothing and runs nothing."));

    private static string Style()
    {
        Assembly assembly = typeof(HtmlReport).Assembly;
        using Stream style = assembly.GetManifestResourceStream(StyleResource)
            ?? throw new InvalidOperationException($"The assembly was built without {StyleResource}.");
        using StreamReader reader = new(style);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
