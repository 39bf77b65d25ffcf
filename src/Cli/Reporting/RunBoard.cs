using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DigitalTwin.Cli.Reporting;

/// <summary>What the live display shows; fifteen lines with four hospitals, for a small terminal.</summary>
internal sealed class RunBoard(int plannedRounds)
{
    private const int ShownRounds = 4;
    private const int BarWidth = 46;
    private const string Steps = "▁▂▃▄▅▆▇█";

    private readonly List<string> _sites = [];
    private readonly Dictionary<string, string> _states = [];
    private readonly Dictionary<string, long> _bytes = [];
    private readonly Dictionary<string, double> _epsilon = [];
    private readonly List<RoundResult> _rounds = [];

    /// <summary>A loss with four decimals, or a dash.</summary>
    public static string Loss(double? loss) =>
        loss is double value ? value.ToString("0.0000", CultureInfo.InvariantCulture) : Figures.Undefined;

    public void Join(string site) => SetState(site, "training");

    public void Leave(string site, string state) => SetState(site, state);

    public void Close(RoundResult round, IReadOnlyDictionary<string, double> epsilonBySite)
    {
        _rounds.Add(round);
        foreach ((string site, long bytes) in round.BytesPerSite)
        {
            _bytes[site] = _bytes.GetValueOrDefault(site) + bytes;
        }

        foreach ((string site, double epsilon) in epsilonBySite)
        {
            _epsilon[site] = epsilon;
        }
    }

    /// <summary>A new picture of the present state.</summary>
    public IRenderable Draw() => new Rows(Sites(), LastRounds(), Bar());

    private void SetState(string site, string state)
    {
        if (_states.TryAdd(site, state))
        {
            _sites.Add(site);
        }

        _states[site] = state;
    }

    private Table Sites()
    {
        Table table = new Table().Border(TableBorder.Simple).BorderColor(Color.Grey);
        table.AddColumn("hospital");
        table.AddColumn("state");
        table.AddColumn(new TableColumn("sent").RightAligned().Width(10));
        table.AddColumn(new TableColumn("ε spent").RightAligned().Width(10));
        foreach (string site in _sites)
        {
            string state = _states[site];
            Color colour = state == "training" ? Color.Green : Color.Yellow;
            table.AddRow(
                new Text(TerminalText.Plain(site)),
                new Text(state, new Style(colour)),
                new Text(Figures.Bytes(_bytes.GetValueOrDefault(site))),
                new Text(_epsilon.TryGetValue(site, out double spent) ? Figures.Privacy(spent) : Figures.Undefined));
        }

        return table;
    }

    private Rows LastRounds() => new(_rounds.TakeLast(ShownRounds).Select(round => new Text(TerminalText.Plain(
        string.Create(
            CultureInfo.InvariantCulture,
            $"  round {round.N,4}  {round.Purpose ?? "sum",-16} loss {Loss(round.Loss),-9} {round.Seconds:0.00} s")))));

    private Rows Bar()
    {
        int closed = _rounds.Count == 0 ? 0 : Math.Min(plannedRounds, _rounds[^1].N);
        int full = (int)((long)BarWidth * closed / plannedRounds);
        Paragraph bar = new();
        bar.Append("  ");
        bar.Append(new string('━', full), new Style(Color.Aqua));
        bar.Append(new string('━', BarWidth - full), new Style(Color.Grey23));
        bar.Append(string.Create(
            CultureInfo.InvariantCulture,
            $"  {closed}/{plannedRounds} rounds  {(double)closed / plannedRounds:0%}"));
        return new Rows(new Text($"  loss  {Sparkline()}", new Style(Color.Aqua)), bar);
    }

    // The last losses as bars between their own smallest and largest.
    private string Sparkline()
    {
        double[] losses = [.. _rounds.Select(round => round.Loss).OfType<double>().TakeLast(BarWidth - 6)];
        if (losses.Length == 0)
        {
            return Figures.Undefined;
        }

        double low = losses.Min();
        double range = losses.Max() - low;
        return string.Concat(losses.Select(loss =>
            Steps[range > 0 ? (int)Math.Round((loss - low) / range * (Steps.Length - 1)) : 0]));
    }
}
