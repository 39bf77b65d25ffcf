using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Pages;

/// <summary>A page in one file that loads nothing, runs nothing and is well-formed XML.</summary>
/// <remarks>
/// The content security policy allows exactly one style sheet, by its SHA-256 (CSP Level 3, "hash-source"), and nothing
/// else: a string that slipped through the encoding could still neither run nor call home.
/// </remarks>
internal static class XhtmlPage
{
    // HTML has no self-closing tags except these (HTML Living Standard, 13.1.2 "void elements"; those used here).
    private static readonly HashSet<string> VoidElements = ["meta", "br", "hr", "col"];

    /// <summary>Puts <paramref name="body"/> into a page.</summary>
    /// <exception cref="ArgumentException">The style sheet has a character that XML would encode.</exception>
    public static string Write(string title, string style, XElement body)
    {
        if (style.AsSpan().ContainsAny('<', '>', '&'))
        {
            throw new ArgumentException("A style sheet with <, > or & would not equal its digest.", nameof(style));
        }

        string digest = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        XElement page = Xhtml.Element(
            "html",
            new XAttribute("lang", "en"),
            Xhtml.Element(
                "head",
                Meta("charset", "utf-8"),
                Xhtml.Element(
                    "meta",
                    new XAttribute("http-equiv", "Content-Security-Policy"),
                    new XAttribute(
                        "content",
                        $"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")),
                Named("viewport", "width=device-width, initial-scale=1"),
                Named("referrer", "no-referrer"),
                Named("color-scheme", "light dark"),
                Xhtml.Element("title", title),
                Xhtml.Element("style", style)),
            body);
        MakeWritable(page);
        return Serialize(page);
    }

    private static XElement Meta(string attribute, string value) =>
        Xhtml.Element("meta", new XAttribute(attribute, value));

    private static XElement Named(string name, string content) =>
        Xhtml.Element("meta", new XAttribute("name", name), new XAttribute("content", content));

    private static void MakeWritable(XElement page)
    {
        foreach (XElement element in page.DescendantsAndSelf().ToList())
        {
            foreach (XAttribute attribute in element.Attributes().Where(one => !one.IsNamespaceDeclaration))
            {
                attribute.Value = ValidCharacters(attribute.Value);
            }

            foreach (XText text in element.Nodes().OfType<XText>())
            {
                text.Value = ValidCharacters(text.Value);
            }

            bool html = element.Name.Namespace == Xhtml.Namespace;
            if (html && element.IsEmpty && !VoidElements.Contains(element.Name.LocalName))
            {
                element.Value = "";
            }
        }
    }

    // XML 1.0 has no way to write most control characters; a hostile name must not keep a report from being written.
    private static string ValidCharacters(string text)
    {
        StringBuilder valid = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool writable = !rune.IsBmp || XmlConvert.IsXmlChar((char)rune.Value);
            valid.Append(writable ? rune.ToString() : "\uFFFD");
        }

        return valid.ToString();
    }

    private static string Serialize(XElement page)
    {
        StringBuilder text = new("<!DOCTYPE html>\n");
        XmlWriterSettings settings = new()
        {
            OmitXmlDeclaration = true,
            Indent = true,
            IndentChars = " ",
            NewLineChars = "\n",
            NewLineHandling = NewLineHandling.None,
        };
        using (XmlWriter writer = XmlWriter.Create(text, settings))
        {
            page.Save(writer);
        }

        return text.Append('\n').ToString();
    }
}
