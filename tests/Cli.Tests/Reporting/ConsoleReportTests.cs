using DigitalTwin.Cli.Reporting;
using Spectre.Console;

namespace DigitalTwin.Cli.Tests.Reporting;

// Goal: a log file gets plain lines, a terminal gets a display, and no name from elsewhere steers either. Method: the
// console writes into a string, once as a pipe and once as a terminal that understands escape sequences.
public sealed class ConsoleReportTests
{
    private const string LongPath = "/srv/runs/a-folder-with-a-long-name/another-folder-of-that-kind/demo/report.html";

    [Fact]
    public void Into_a_pipe_the_report_is_plain_text_of_80_columns()
    {
        StringWriter text = new();

        ConsoleReport.Write(Pipe(text), SampleRun.Private(), "report.html");

        Assert.DoesNotContain('\u001b', text.ToString());
        Assert.All(text.ToString().Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    [Fact]
    public void The_report_names_every_site_its_flags_the_comparator_and_the_ledger()
    {
        StringWriter text = new();

        ConsoleReport.Write(Pipe(text), SampleRun.Private(), LongPath);

        string report = text.ToString();
        Assert.All(SampleRun.Names, name => Assert.Contains(name, report));
        Assert.Contains("! switzerland: one-class-training, one-class-test, constant-cholesterol", report);
        Assert.Contains("for comparison only", report);
        Assert.Contains(SampleRun.Digest, report);
        Assert.Contains(SampleRun.Root, report);
        Assert.Contains("4 cosignatures (3 needed)", report);
        Assert.Contains(LongPath, report);
        Assert.DoesNotContain("NaN", report);
    }

    [Fact]
    public void A_reason_is_told_before_the_figures()
    {
        StringWriter text = new();
        RunResult run = SampleRun.Private() with { Verdict = Verdicts.Degraded, Reason = "hungarian went silent." };

        ConsoleReport.Write(Pipe(text), run, "report.html");

        string report = text.ToString();
        Assert.InRange(report.IndexOf("hungarian went silent.", StringComparison.Ordinal), 0, report.IndexOf("AUROC"));
    }

    [Fact]
    public void Escape_sequences_in_names_are_not_passed_on()
    {
        StringWriter text = new();
        using (RunProgress progress = new(Pipe(text), 1))
        {
            progress.SiteJoined("\u001b[2J[red]evil", "\u202efdp.exe\nround 1/1");
            progress.RoundClosed(SampleRun.Hostile("\u001b[31m").Rounds[0], new Dictionary<string, double>());
        }

        ConsoleReport.Write(Pipe(text), SampleRun.Hostile("\u001b[31m[bold]x"), "\u001b]0;title\u0007");

        Assert.DoesNotContain('\u001b', text.ToString());
        Assert.DoesNotContain('\u202e', text.ToString());
        Assert.Contains("[red]evil", text.ToString());
    }

    [Fact]
    public void Into_a_pipe_every_event_is_one_line()
    {
        StringWriter text = new();
        using (RunProgress progress = new(Pipe(text), plannedRounds: 2))
        {
            Play(progress);
        }

        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                "joined   cleveland: 303 rows",
                "declined hungarian: its policy allows at most ε = 0.5.",
                "round 1/2 (50%)  standardisation  loss –  sent cleveland 1.9 kB, hungarian 1.9 kB, "
                    + "switzerland 1.9 kB, va-long-beach 1.9 kB",
                "round 2/2 (100%)  gradient  loss 0.6191  ε 0.5  sent cleveland 1.2 kB, hungarian 1.2 kB, "
                    + "switzerland 1.3 kB, va-long-beach 1.3 kB",
                "dropped  cleveland: it went silent in round 2.",
                "note     the ledger verifies",
            ],
            lines.Select(line => line.TrimEnd('\r')));
    }

    [Fact]
    public void On_a_terminal_the_display_is_redrawn_and_its_last_state_stays()
    {
        StringWriter text = new();
        using (RunProgress progress = new(Terminal(text, ColorSystemSupport.Standard), plannedRounds: 2))
        {
            Play(progress);
        }

        string screen = text.ToString();
        Assert.Contains("\u001b[", screen);
        Assert.Contains("2/2 rounds  100%", screen);
        Assert.Contains("loss 0.6191", screen);
    }

    [Fact]
    public void On_a_terminal_without_colours_the_lines_are_those_of_a_pipe()
    {
        StringWriter piped = new();
        StringWriter colourless = new();
        using (RunProgress progress = new(Pipe(piped), plannedRounds: 2))
        {
            Play(progress);
        }

        // Spectre.Console takes this capability from NO_COLOR.
        using (RunProgress progress = new(Terminal(colourless, ColorSystemSupport.NoColors), plannedRounds: 2))
        {
            Play(progress);
        }

        Assert.Equal(piped.ToString(), colourless.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_run_without_rounds_is_refused(int plannedRounds)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RunProgress(Pipe(new StringWriter()), plannedRounds));
    }

    private static void Play(RunProgress progress)
    {
        IReadOnlyList<RoundResult> rounds = SampleRun.Private(2).Rounds;
        progress.SiteJoined("cleveland", "303 rows");
        progress.SiteDeclined("hungarian", "its policy allows at most ε = 0.5.");
        progress.RoundClosed(rounds[0], new Dictionary<string, double>());
        progress.RoundClosed(rounds[1], new Dictionary<string, double> { ["cleveland"] = 0.5, ["hungarian"] = 0.25 });
        progress.SiteDropped("cleveland", "it went silent in round 2.");
        progress.Note("the ledger verifies");
    }

    private static IAnsiConsole Pipe(TextWriter text) => Sized(AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        Out = new AnsiConsoleOutput(text),
    }));

    private static IAnsiConsole Terminal(TextWriter text, ColorSystemSupport colours) =>
        Sized(AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = colours,
            Out = new TerminalOutput(text),
        }));

    private static IAnsiConsole Sized(IAnsiConsole console)
    {
        console.Profile.Width = 80;
        return console;
    }

    private sealed class TerminalOutput(TextWriter text) : IAnsiConsoleOutput
    {
        public TextWriter Writer => text;

        public bool IsTerminal => true;

        public int Width => 80;

        public int Height => 24;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
