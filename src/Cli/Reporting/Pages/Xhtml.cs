using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Pages;

/// <summary>Elements of a page. Text given as content is data: the writer encodes it, whoever chose it.</summary>
internal static class Xhtml
{
    public static readonly XNamespace Namespace = "http://www.w3.org/1999/xhtml";

    public static XElement Element(string name, params object?[] content) => new(Namespace + name, content);

    public static XAttribute Class(string names) => new("class", names);

    public static XElement Paragraph(params object?[] content) => Element("p", content);

    public static XElement Section(string id, string heading, params object?[] content) => Element(
        "section",
        new XAttribute("id", id),
        new XAttribute("aria-labelledby", $"{id}-heading"),
        Element("h2", new XAttribute("id", $"{id}-heading"), heading),
        content);

    /// <summary>A list of terms and what they are.</summary>
    public static XElement Definitions(params (string Term, object Description)[] entries) => Element(
        "dl",
        entries.Select(entry => Element("div", Element("dt", entry.Term), Element("dd", entry.Description))));
}
