using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DigitalTwin.Cli.Reporting;

namespace DigitalTwin.Cli.Tests.Reporting;

// Goal: a report that can be mailed, printed and opened without a thought. Method: the page is parsed as XML and asked
// for what it must and must not hold; hostile texts stand in for every name that another organisation chooses.
public sealed partial class HtmlReportTests
{
    private static readonly XNamespace Html = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void The_page_is_well_formed_and_has_every_section()
    {
        XDocument page = Page(SampleRun.Private());

        Assert.Equal("html", page.Root!.Name.LocalName);
        Assert.Equal(
            ["results", "hospitals", "rounds", "privacy", "model", "ledger"],
            page.Descendants(Html + "section").Select(section => section.Attribute("id")!.Value));
    }

    [Fact]
    public void Nothing_is_loaded_and_nothing_runs()
    {
        XDocument page = Page(SampleRun.Private());

        string[] active = ["script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"];
        Assert.DoesNotContain(page.Descendants(), element => active.Contains(element.Name.LocalName));
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute =>
            attribute.Name.LocalName is "src" or "style"
            || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.All(
            page.Descendants().Attributes("href"),
            link => Assert.StartsWith("#", link.Value, StringComparison.Ordinal));
        Assert.DoesNotMatch(ExternalStyle(), page.Descendants(Html + "style").Single().Value);
    }

    [Fact]
    public void The_content_security_policy_allows_the_style_sheet_by_its_digest_and_nothing_else()
    {
        XDocument page = Page(SampleRun.Private());
        string style = page.Descendants(Html + "style").Single().Value;
        string digest = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));

        string policy = page.Descendants(Html + "meta")
            .Single(meta => meta.Attribute("http-equiv")?.Value == "Content-Security-Policy")
            .Attribute("content")!.Value;

        Assert.Equal($"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'", policy);
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"><img src=x onerror=alert(1)>")]
    [InlineData("' autofocus onfocus='alert(1)")]
    [InlineData("</title></style></svg><iframe src=//evil.example>")]
    [InlineData("&lt;b&gt; &amp;amp; ]]>")]
    [InlineData("control \u0000\u001b[31m\uFFFF and lone \ud800 surrogate")]
    public void A_hostile_text_stays_text(string text)
    {
        IReadOnlyList<SitePlots> plots = [SampleRun.Plots()[0] with { Site = text }];
        ReportContext context = SampleRun.Context() with
        {
            DataSource = text,
            SeededNoiseWarning = text,
            OutsideGuarantee = [text],
            LedgerFolder = text,
        };
        XDocument harmless = XDocument.Parse(HtmlReport.Write(
            SampleRun.Hostile("x"), [plots[0] with { Site = "x" }], context));

        XDocument page = XDocument.Parse(HtmlReport.Write(SampleRun.Hostile(text), plots, context));

        // The same skeleton as with a harmless name: the text made no element and no attribute.
        Assert.Equal(Skeleton(harmless), Skeleton(page));
    }

    [Fact]
    public void An_ampersand_in_a_name_reaches_the_reader_as_it_is()
    {
        XDocument page = Page(SampleRun.Hostile("St. Mary & <Sons>"));

        Assert.Contains(page.Descendants(Html + "th"), head => head.Value.StartsWith("St. Mary & <Sons>"));
    }

    [Fact]
    public void Every_plot_has_a_title_and_a_description_that_it_points_to()
    {
        XDocument page = Page(SampleRun.Private());
        List<XElement> plots = [.. page.Descendants(Svg + "svg").Where(plot => plot.Attribute("role") is not null)];

        // ROC and calibration for four hospitals, loss, bytes, ε.
        Assert.Equal(11, plots.Count);
        HashSet<string> ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(page.Descendants().Attributes("id").Count(), ids.Count);
        Assert.All(plots, plot =>
        {
            string[] names = plot.Attribute("aria-labelledby")!.Value.Split(' ');
            Assert.All(names, name => Assert.Contains(name, ids));
            Assert.NotEmpty(plot.Element(Svg + "title")!.Value);
            Assert.NotEmpty(plot.Element(Svg + "desc")!.Value);
        });
    }

    [Fact]
    public void Every_table_row_has_as_many_columns_as_the_head_and_every_head_a_scope()
    {
        XDocument page = Page(SampleRun.Private());

        Assert.All(page.Descendants(Html + "table"), table =>
        {
            List<XElement> heads = [.. table.Element(Html + "thead")!.Elements(Html + "tr")];
            int columns = heads[0].Elements().Sum(Columns);
            Assert.All(
                table.Elements(Html + "tbody").Elements(Html + "tr"),
                row => Assert.Equal(columns, row.Elements().Sum(Columns)));
            Assert.All(table.Descendants(Html + "th"), head => Assert.NotNull(head.Attribute("scope")));
            Assert.NotNull(table.Element(Html + "caption"));
        });
    }

    [Fact]
    public void The_comparator_says_that_it_pools_what_never_left()
    {
        string text = Page(SampleRun.Private()).Root!.Value;

        Assert.Contains("for comparison only: pools data that never left the hospitals in the federated run", text);
    }

    [Fact]
    public void An_undefined_metric_is_a_dash_and_its_flag_is_shown()
    {
        XDocument page = Page(SampleRun.Private());
        XElement row = page.Descendants(Html + "tr").Single(row => row.Value.StartsWith("switzerland"));

        Assert.Equal("–", row.Elements().ElementAt(5).Value);
        Assert.Contains(
            page.Descendants(Html + "span"),
            chip => chip.Attribute("class")?.Value == "flag" && chip.Value == "one-class-test");
        Assert.DoesNotContain("NaN", page.Root!.Value);
    }

    [Fact]
    public void Without_differential_privacy_no_epsilon_is_drawn_and_the_page_says_so()
    {
        XDocument page = Page(SampleRun.Exact());

        Assert.DoesNotContain(page.Descendants().Attributes("id"), id => id.Value == "epsilon-title");
        Assert.Contains("this study promises no differential privacy", page.Root!.Value);
    }

    [Fact]
    public void A_study_that_failed_before_its_first_round_still_has_a_report()
    {
        RunResult failed = SampleRun.Private() with
        {
            Verdict = Verdicts.Failed,
            Reason = "Only two hospitals joined; the study needs three.",
            Rounds = [],
            Sites = [],
            Model = null,
            PooledTest = new Metrics(null, null, null),
            Comparator = new ComparatorResult(null),
        };

        XDocument page = XDocument.Parse(HtmlReport.Write(failed, [], SampleRun.Context()));

        Assert.Contains("Only two hospitals joined; the study needs three.", page.Root!.Value);
        Assert.DoesNotContain(page.Descendants(Html + "section"), section => section.Attribute("id")!.Value == "model");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(300)]
    public void Bars_of_all_rounds_lie_inside_the_plot(int rounds)
    {
        XDocument page = Page(SampleRun.Private(rounds));
        XElement plot = page.Descendants(Svg + "svg")
            .Single(svg => svg.Attribute("aria-labelledby")?.Value == "bytes-title bytes-desc");
        double[] box = [.. plot.Attribute("viewBox")!.Value.Split(' ').Select(Number)];

        List<XElement> bars = [.. plot.Elements(Svg + "rect")];

        Assert.Equal(rounds * SampleRun.Names.Length, bars.Count);
        Assert.All(bars, bar =>
        {
            double left = Number(bar.Attribute("x")!.Value);
            double top = Number(bar.Attribute("y")!.Value);
            Assert.InRange(left, 0, box[2]);
            Assert.InRange(left + Number(bar.Attribute("width")!.Value), left, box[2]);
            Assert.InRange(top + Number(bar.Attribute("height")!.Value), top, box[3]);
        });
    }

    private static XDocument Page(RunResult run) =>
        XDocument.Parse(HtmlReport.Write(run, SampleRun.Plots(), SampleRun.Context()));

    private static IEnumerable<string> Skeleton(XDocument page) => page.Descendants().Select(element =>
        $"{element.Name.LocalName} {string.Join(' ', element.Attributes().Select(one => one.Name.LocalName))}");

    private static int Columns(XElement cell) =>
        int.Parse(cell.Attribute("colspan")?.Value ?? "1", CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("url\\(|@import|@font-face")]
    private static partial Regex ExternalStyle();
}
