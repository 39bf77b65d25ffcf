using System.Globalization;
using Spectre.Console;

namespace DigitalTwin.Cli.Reporting;

/// <summary>
/// Shows a run while it goes on: who joined, each round with its loss, bytes sent and ε spent by each hospital, and how
/// far it is. On a terminal it redraws itself in place; elsewhere, and under NO_COLOR, it writes one line per event.
/// </summary>
/// <remarks>Safe to call from several threads. Dispose it before anything else is written to the console.</remarks>
public sealed class RunProgress : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IAnsiConsole _console;
    private readonly int _plannedRounds;
    private readonly RunBoard? _board;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _drawing = Task.CompletedTask;
    private LiveDisplayContext? _live;

    /// <param name="console">Where to; write to standard error when standard output carries a document.</param>
    /// <param name="plannedRounds">Rounds of the whole study, at least 1; it may end earlier.</param>
    public RunProgress(IAnsiConsole console, int plannedRounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plannedRounds, 1);
        _console = console;
        _plannedRounds = plannedRounds;
        if (Redraws(console.Profile))
        {
            _board = new RunBoard(plannedRounds);
            _drawing = console.Live(_board.Draw()).StartAsync(async context =>
            {
                _live = context;
                await _finished.Task;
            });
        }
    }

    /// <summary>A hospital takes part.</summary>
    /// <param name="name">Name under which it is enrolled.</param>
    /// <param name="detail">What it said of itself, such as a bucket of its row count.</param>
    public void SiteJoined(string name, string detail) => Tell("joined", name, detail, board => board.Join(name));

    /// <summary>A hospital will not take part; <paramref name="reason"/> is its own sentence.</summary>
    public void SiteDeclined(string name, string reason) =>
        Tell("declined", name, reason, board => board.Leave(name, "declined"));

    /// <summary>A hospital took part and was lost.</summary>
    public void SiteDropped(string name, string reason) =>
        Tell("dropped", name, reason, board => board.Leave(name, "dropped"));

    /// <summary>Something a person watching wants to know.</summary>
    public void Note(string text)
    {
        lock (_gate)
        {
            WriteAbove("note", Color.Aqua, text);
        }
    }

    /// <summary>A round is over.</summary>
    /// <param name="round">The round.</param>
    /// <param name="epsilonBySite">ε spent so far, by site; empty without differential privacy.</param>
    public void RoundClosed(RoundResult round, IReadOnlyDictionary<string, double> epsilonBySite)
    {
        lock (_gate)
        {
            if (_board is null)
            {
                _console.Profile.Out.Writer.WriteLine(RoundLine(round, epsilonBySite));
                return;
            }

            _board.Close(round, epsilonBySite);
            _live?.UpdateTarget(_board.Draw());
        }
    }

    /// <summary>Leaves the last state on the screen and gives the console back.</summary>
    public void Dispose()
    {
        _finished.TrySetResult();
        _drawing.GetAwaiter().GetResult();
    }

    // Spectre.Console reads NO_COLOR, TERM and CI itself and tells by these capabilities.
    private static bool Redraws(Profile profile) =>
        profile.Out.IsTerminal
        && profile.Capabilities is { Ansi: true, Interactive: true, ColorSystem: not ColorSystem.NoColors };

    private void Tell(string what, string name, string detail, Action<RunBoard> change)
    {
        lock (_gate)
        {
            WriteAbove(what, what == "joined" ? Color.Green : Color.Yellow, $"{name}: {detail}");
            if (_board is not null)
            {
                change(_board);
                _live?.UpdateTarget(_board.Draw());
            }
        }
    }

    private void WriteAbove(string what, Color colour, string text)
    {
        string head = what.PadRight(9);
        if (_board is null)
        {
            // Past the word wrap: one event is one line of a log file.
            _console.Profile.Out.Writer.WriteLine(head + TerminalText.Plain(text));
            return;
        }

        // A grid fills the width of the terminal: what the board drew on these lines before must not show through.
        Grid line = new Grid { Expand = true }.AddColumn(new GridColumn().NoWrap().PadLeft(0)).AddColumn();
        line.AddRow(new Text(head, new Style(colour)), new Text(TerminalText.Plain(text)));
        _console.Write(line);
    }

    private string RoundLine(RoundResult round, IReadOnlyDictionary<string, double> epsilonBySite)
    {
        string sent = string.Join(", ", round.BytesPerSite.Select(site => $"{site.Key} {Figures.Bytes(site.Value)}"));
        string epsilon = epsilonBySite.Count == 0 ? "" : $"  ε {Figures.Privacy(epsilonBySite.Values.Max())}";
        double done = Math.Min(1, (double)round.N / _plannedRounds);
        return TerminalText.Plain(string.Create(
            CultureInfo.InvariantCulture,
            $"round {round.N}/{_plannedRounds} ({done:0%})  {round.Purpose ?? "sum"}  loss {RunBoard.Loss(round.Loss)}")
            + $"{epsilon}  sent {sent}");
    }
}
