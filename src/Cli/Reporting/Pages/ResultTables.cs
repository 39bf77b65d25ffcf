using System.Globalization;
using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Pages;

/// <summary>The tables of the report. Cells have headers; an undefined number is a dash with a flag.</summary>
internal static class ResultTables
{
    /// <summary>Ends every mention of a model that saw pooled rows.</summary>
    public const string ComparatorLabel =
        "for comparison only: pools data that never left the hospitals in the federated run";

    private static readonly string[] SecondHead =
        ["all", "train", "test", "accuracy", "AUROC", "Brier", "cal. slope", "accuracy", "AUROC"];

    public static IEnumerable<XElement> Results(RunResult result)
    {
        yield return Scrollable(Xhtml.Element(
            "table",
            Xhtml.Element("caption", "The federated model on held-out rows, beside what each hospital reaches alone."),
            ResultsHead(),
            Xhtml.Element("tbody", result.Sites.Select(SiteRow)),
            Xhtml.Element("tbody", Xhtml.Class("pooled"), PooledRow(result), ComparatorRow(result.Comparator))));
        foreach (SiteResult site in result.Sites.Where(site => site.Flags.Count > 0))
        {
            yield return Xhtml.Paragraph(
                Xhtml.Class("flags"),
                $"† {site.Name} ",
                site.Flags.Select(flag => Xhtml.Element("span", Xhtml.Class("flag"), flag)));
        }

        yield return Xhtml.Paragraph(
            Xhtml.Class("fine"),
            "Accuracy at a risk of 0.5. Brier: mean squared error of the risk, smaller is better. Calibration slope: ",
            "1 is ideal, below 1 the risks are too extreme. – : not defined on these rows, see the flag.");
    }

    public static IEnumerable<XElement> Model(ModelResult model)
    {
        yield return Xhtml.Definitions(
            ("Kind", model.Kind),
            ("SHA-256 of the model file", Code(model.Sha256)),
            ("Training objective", Figures.Parameter(model.Objective)),
            ("Intercept", Figures.Parameter(model.Intercept)));
        yield return Scrollable(Xhtml.Element(
            "table",
            Xhtml.Element("caption", model.Coefficients is null
                ? "Inputs and their standardisation."
                : "Coefficients per standard deviation of the input."),
            Xhtml.Element(
                "thead",
                Xhtml.Element(
                    "tr",
                    ColumnHead("Feature"),
                    NumberHead("Coefficient"),
                    NumberHead("Mean"),
                    NumberHead("Standard deviation"))),
            Xhtml.Element("tbody", model.Features.Select((feature, i) => Xhtml.Element(
                "tr",
                RowHead(feature),
                Number(Figures.Parameter(At(model.Coefficients, i))),
                Number(Figures.Parameter(At(model.Mean, i))),
                Number(Figures.Parameter(At(model.Sd, i))))))));
    }

    public static IEnumerable<XElement> Ledger(LedgerResult ledger, string folder)
    {
        bool final = ledger.Cosignatures >= ledger.Quorum;
        yield return Xhtml.Paragraph(string.Create(
            CultureInfo.InvariantCulture,
            $"{ledger.Cosignatures} hospitals co-signed the final checkpoint; {ledger.Quorum} are needed: "),
            Xhtml.Element("strong", final ? "the checkpoint is final." : "the checkpoint is not final."));
        yield return Scrollable(Xhtml.Element(
            "table",
            Xhtml.Element("caption", "Heads of the two logs at the end of the run."),
            Xhtml.Element(
                "thead",
                Xhtml.Element("tr", ColumnHead("Log"), NumberHead("Records"), ColumnHead("Merkle root"))),
            Xhtml.Element(
                "tbody",
                HeadRow("Authorization", ledger.Authorization),
                HeadRow("Data", ledger.Data))));
        yield return Xhtml.Paragraph(
            "To check everything without trusting the coordinator, copy the folder and run: ",
            Code($"dtwin audit verify {folder}"));
    }

    private static XElement ResultsHead() => Xhtml.Element(
        "thead",
        Xhtml.Element(
            "tr",
            Spanning("Hospital", rows: 2),
            Spanning("Rows", columns: 3),
            Spanning("Federated model", columns: 4),
            Spanning("Alone", columns: 2),
            Spanning("ε", rows: 2, kind: "number"),
            Spanning("Sent", rows: 2, kind: "number")),
        Xhtml.Element(
            "tr",
            SecondHead.Select(NumberHead)));

    private static XElement SiteRow(SiteResult site) => Xhtml.Element(
        "tr",
        RowHead(site.Flags.Count == 0 ? site.Name : $"{site.Name} †"),
        Number(Figures.Count(site.Rows)),
        Number(Figures.Count(site.TrainRows)),
        Number(Figures.Count(site.TestRows)),
        Scores(site.Metrics),
        Number(Figures.Score(site.Local.Accuracy)),
        Number(Figures.Score(site.Local.Auroc)),
        Number(Figures.Privacy(site.Epsilon)),
        Number(site.BytesSent is long bytes ? Figures.Bytes(bytes) : Figures.Undefined));

    private static XElement PooledRow(RunResult result) => Xhtml.Element(
        "tr",
        RowHead("All hospitals"),
        Number(Figures.Count(result.Sites.Sum(site => (long)site.Rows))),
        Number(Figures.Count(result.Sites.Sum(site => (long)site.TrainRows))),
        Number(Figures.Count(result.Sites.Sum(site => (long)site.TestRows))),
        Scores(result.PooledTest),
        Number(""),
        Number(""),
        Number(Figures.Privacy(result.Sites.Max(site => site.Epsilon))),
        Number(Figures.Bytes(result.Sites.Sum(site => site.BytesSent ?? 0))));

    private static XElement ComparatorRow(ComparatorResult comparator) => Xhtml.Element(
        "tr",
        Xhtml.Class("comparator"),
        Xhtml.Element(
            "th",
            new XAttribute("scope", "row"),
            new XAttribute("colspan", 4),
            "All data in one place",
            Xhtml.Element("small", ComparatorLabel)),
        Number(Figures.Score(comparator.Pooled?.Accuracy)),
        Number(Figures.Score(comparator.Pooled?.Auroc)),
        Xhtml.Element("td", new XAttribute("colspan", 6)));

    private static IEnumerable<XElement> Scores(Metrics metrics) =>
    [
        Number(Figures.Score(metrics.Accuracy)),
        Number(Figures.Score(metrics.Auroc)),
        Number(Figures.Score(metrics.Brier)),
        Number(Figures.Score(metrics.CalibrationSlope)),
    ];

    private static XElement HeadRow(string log, LogHead head) =>
        Xhtml.Element("tr", RowHead(log), Number(Figures.Count(head.Size)), Xhtml.Element("td", Code(head.Root)));

    // A table wider than a phone scrolls by itself, also by keyboard.
    private static XElement Scrollable(XElement table) =>
        Xhtml.Element("div", Xhtml.Class("scroll"), new XAttribute("tabindex", 0), table);

    private static XElement Code(string text) => Xhtml.Element("code", text);

    private static XElement Number(string text) => Xhtml.Element("td", Xhtml.Class("number"), text);

    private static XElement ColumnHead(string text) => Xhtml.Element("th", new XAttribute("scope", "col"), text);

    private static XElement NumberHead(string text) =>
        Xhtml.Element("th", new XAttribute("scope", "col"), Xhtml.Class("number"), text);

    private static XElement RowHead(string text) => Xhtml.Element("th", new XAttribute("scope", "row"), text);

    private static XElement Spanning(string text, int columns = 1, int rows = 1, string? kind = null) => Xhtml.Element(
        "th",
        new XAttribute("scope", columns > 1 ? "colgroup" : "col"),
        new XAttribute("colspan", columns),
        new XAttribute("rowspan", rows),
        kind is null ? null : Xhtml.Class(kind),
        text);

    private static double? At(IReadOnlyList<double>? values, int index) =>
        values is not null && index < values.Count ? values[index] : null;
}
