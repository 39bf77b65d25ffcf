using System.Globalization;
using System.Reflection;
using System.Xml.Linq;
using DigitalTwin.Cli.Reporting.Pages;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>The auditor's report as one HTML file: no script, no external resource, readable on paper.</summary>
internal static class HtmlAuditReport
{
    private const string StyleResource = "report.css";

    public static string Write(Dossier dossier, DateTimeOffset generatedAt)
    {
        IReadOnlyList<ReportSection> sections = ReportSections.Of(dossier);
        string verdict = dossier.Audit.Passed ? "verified" : "not verified";
        XElement body = Xhtml.Element(
            "body",
            Xhtml.Element("a", Xhtml.Class("skip"), new XAttribute("href", "#findings"), "Skip to the findings"),
            Xhtml.Element(
                "header",
                Xhtml.Paragraph(Xhtml.Class("kicker"), "Audit of a ledger"),
                Xhtml.Element(
                    "h1",
                    dossier.Consortium ?? "unknown consortium",
                    " ",
                    Xhtml.Element("span", Xhtml.Class($"verdict {(dossier.Audit.Passed ? "good" : "bad")}"), verdict)),
                Xhtml.Paragraph(Xhtml.Class("lead"), $"{dossier.Folder}, read offline: nobody was asked.")),
            Xhtml.Element(
                "main",
                sections.Select(section =>
                    Xhtml.Section(section.Id, section.Heading, [.. section.Blocks.Select(Block)]))),
            Xhtml.Element(
                "footer",
                Xhtml.Paragraph(
                    "Written ",
                    generatedAt.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture),
                    ". This page loads nothing and runs nothing.")));
        return XhtmlPage.Write($"Audit: {verdict}", Style(), body);
    }

    private static object Block(ReportBlock block) => block switch
    {
        ReportText text => Xhtml.Paragraph(text.Text),
        ReportTerms terms => Xhtml.Definitions(
            [.. terms.Entries.Select(entry => (entry.Term, (object)entry.Description))]),
        ReportTable table => Table(table),
        _ => throw new InvalidOperationException($"No element for {block.GetType().Name}."),
    };

    // A wide table scrolls by itself, and whoever uses a keyboard can scroll it.
    private static XElement Table(ReportTable table) => Xhtml.Element(
        "div",
        Xhtml.Class("scroll"),
        new XAttribute("tabindex", "0"),
        new XAttribute("role", "region"),
        new XAttribute("aria-label", table.Caption),
        Xhtml.Element(
            "table",
            Xhtml.Element("caption", table.Caption),
            Xhtml.Element("thead", Xhtml.Element("tr", table.Columns.Select(Head))),
            Xhtml.Element("tbody", table.Rows.Select(row => Xhtml.Element("tr", row.Select(Cell))))));

    private static XElement Head(string column) => Xhtml.Element("th", new XAttribute("scope", "col"), column);

    private static XElement Cell(string text, int column) => column == 0
        ? Xhtml.Element("th", new XAttribute("scope", "row"), text)
        : Xhtml.Element("td", text);

    private static string Style()
    {
        using Stream style = Assembly.GetExecutingAssembly().GetManifestResourceStream(StyleResource)
            ?? throw new InvalidOperationException($"The assembly was built without {StyleResource}.");
        using StreamReader reader = new(style);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
