using System.Globalization;
using Spectre.Console;

namespace DigitalTwin.Cli.Reporting;

/// <summary>The end of a run on the terminal: one table of figures, then model, privacy and ledger.</summary>
public static class ConsoleReport
{
    private static readonly string[] FigureHeads =
        ["rows", "accu-\nracy", "AUROC", "Brier", "cal.\nslope", "ε", "alone:\naccur.", "alone:\nAUROC"];

    /// <summary>Writes the report; fits 80 columns and says everything without colour too.</summary>
    public static void Write(IAnsiConsole console, RunResult result, string reportPath)
    {
        console = Plainly(console);
        console.WriteLine();
        WriteVerdict(console, result);
        console.Write(FigureTable(result));
        WriteFlags(console, result);
        console.Write(Facts(result));
        console.WriteLine();

        // Written past the word wrap, so that the path can be copied from a narrow terminal.
        console.Write(new Text("report  ", new Style(decoration: Decoration.Bold)));
        console.Profile.Out.Writer.WriteLine(TerminalText.Plain(reportPath));
    }

    // Spectre.Console goes by TERM, which a pipe inherits: a log file would get escape sequences.
    private static IAnsiConsole Plainly(IAnsiConsole console)
    {
        Profile profile = console.Profile;
        if (profile.Out.IsTerminal || !profile.Capabilities.Ansi)
        {
            return console;
        }

        IAnsiConsole plain = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = profile.Out,
        });
        plain.Profile.Width = profile.Width;
        return plain;
    }

    private static void WriteVerdict(IAnsiConsole console, RunResult result)
    {
        Style style = result.Verdict switch
        {
            Verdicts.Complete => new Style(Color.Green, decoration: Decoration.Bold),
            Verdicts.Degraded => new Style(Color.Yellow, decoration: Decoration.Bold),
            _ => new Style(Color.Red, decoration: Decoration.Bold),
        };
        console.Write(new Text(TerminalText.Plain(result.Study), new Style(decoration: Decoration.Bold)));
        console.Write(new Text(": "));
        console.Write(new Text(TerminalText.Plain(result.Verdict), style));
        console.WriteLine($", {result.Rounds.Count} rounds in {Figures.Seconds(result.Seconds)}");
        if (result.Reason is string reason)
        {
            console.WriteLine(TerminalText.Plain(reason), style);
        }

        foreach (SiteResult site in result.Sites.Where(site => site.Reason is not null))
        {
            console.WriteLine(TerminalText.Plain($"{site.Name}: {site.Verdict ?? "left out"}. {site.Reason}"));
        }

        console.WriteLine();
    }

    private static Table FigureTable(RunResult result)
    {
        Table table = new Table().Border(TableBorder.Simple).Expand();
        table.AddColumn(new TableColumn("hospital"));
        foreach (string head in FigureHeads)
        {
            table.AddColumn(FigureColumn(head));
        }

        foreach (SiteResult site in result.Sites)
        {
            table.AddRow(
                Cell(site.Name),
                Cell(Figures.Count(site.Rows)),
                Score(site.Metrics.Accuracy),
                Score(site.Metrics.Auroc),
                Score(site.Metrics.Brier),
                Score(site.Metrics.CalibrationSlope),
                Cell(Figures.Privacy(site.Epsilon)),
                Score(site.Local.Accuracy),
                Score(site.Local.Auroc));
        }

        table.AddEmptyRow();
        Metrics pooled = result.PooledTest;
        table.AddRow(
            Cell("all hospitals"),
            Cell(Figures.Count(result.Sites.Sum(site => (long)site.Rows))),
            Score(pooled.Accuracy),
            Score(pooled.Auroc),
            Score(pooled.Brier),
            Score(pooled.CalibrationSlope),
            Cell(Figures.Privacy(result.Sites.Max(site => site.Epsilon))));
        ComparatorMetrics? comparator = result.Comparator.Pooled;
        table.AddRow(Cell("data pooled *"), Cell(""), Score(comparator?.Accuracy), Score(comparator?.Auroc));
        return table;
    }

    private static TableColumn FigureColumn(string head)
    {
        Text text = new(head) { Justification = Justify.Right };
        return new TableColumn(text).RightAligned().NoWrap().Padding(0, 0, 1, 0);
    }

    private static void WriteFlags(IAnsiConsole console, RunResult result)
    {
        console.WriteLine($"* {Pages.ResultTables.ComparatorLabel}");
        foreach (SiteResult site in result.Sites.Where(site => site.Flags.Count > 0))
        {
            console.WriteLine(TerminalText.Plain($"! {site.Name}: {string.Join(", ", site.Flags)}"));
        }

        foreach (string note in result.Notes ?? [])
        {
            console.WriteLine(TerminalText.Plain($"! {note}"));
        }

        console.WriteLine();
    }

    private static Grid Facts(RunResult result)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        if (result.Model is ModelResult model)
        {
            grid.AddRow(Head("model"), Cell($"{model.Kind}, {model.Features.Count} features"));
            grid.AddRow(Head(""), Cell(model.Sha256));
        }

        PrivacyResult privacy = result.Privacy;
        grid.AddRow(Head("privacy"), Cell(privacy.Noise == "none"
            ? $"no differential privacy; {privacy.Protection ?? "unprotected"} updates"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{privacy.Noise} noise, σ {privacy.Sigma:0.###}, clip {privacy.Clip:0.###}, ")
                + $"{privacy.Steps} releases, {privacy.Accountant}"));
        LedgerResult ledger = result.Ledger;
        grid.AddRow(
            Head("ledger"),
            Cell($"{ledger.Authorization.Size} authorization and {ledger.Data.Size} data records, "
                + $"{ledger.Cosignatures} cosignatures ({ledger.Quorum} needed)"));
        grid.AddRow(Head(""), Cell(ledger.Data.Root));
        return grid;
    }

    private static Text Head(string text) => new(text, new Style(decoration: Decoration.Bold));

    private static Text Cell(string text) => new(TerminalText.Plain(text));

    private static Text Score(double? value) => new(Figures.Score(value));
}
