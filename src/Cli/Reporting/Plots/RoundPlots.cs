using System.Globalization;
using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Plots;

/// <summary>What changed from round to round: the loss, and the bytes that each hospital sent.</summary>
internal static class RoundPlots
{
    private const int Width = 1080;
    private const int Height = 260;
    private const int Left = 74;

    private static CultureInfo Culture => CultureInfo.InvariantCulture;

    /// <summary>Loss after each round that has one.</summary>
    public static XElement Loss(IReadOnlyList<RoundResult> rounds)
    {
        List<(int Round, double Loss)> points =
            [.. rounds.Where(round => round.Loss is not null).Select(round => (round.N, round.Loss!.Value))];
        double[] ticks = points.Count == 0
            ? [0, 1]
            : Scale.NiceTicks(points.Min(point => point.Loss), points.Max(point => point.Loss), 4);
        PlotFrame frame = new(Width, Height, Span(rounds), (ticks[0], ticks[^1]), Left);
        frame.DrawY("loss", points.Count == 0 ? [] : ticks.Select(tick => (tick, tick.ToString("0.######", Culture))));
        frame.DrawX("round", RoundTicks(rounds));
        if (points.Count == 0)
        {
            frame.DrawAbsence("no round released a loss");
            return frame.Finish("loss", "Loss per round", "No round released a loss.");
        }

        frame.Add(Svg.Path(
            points.Select(point => (frame.X.Map(point.Round), frame.Y.Map(point.Loss))),
            "curve series-0"));

        // Dots say where a round is; in a long run they would only thicken the line.
        const int MostDots = 60;
        foreach ((int round, double loss) in points.Count <= MostDots ? points : points[^1..])
        {
            string tip = string.Create(Culture, $"round {round}: {loss:G5}");
            frame.Add(Svg.Circle(frame.X.Map(round), frame.Y.Map(loss), 3, "dot series-0", tip));
        }

        (int Round, double Loss) first = points[0];
        (int Round, double Loss) last = points[^1];
        return frame.Finish(
            "loss",
            "Loss per round",
            string.Create(
                Culture,
                $"From {first.Loss:G4} in round {first.Round} to {last.Loss:G4} in round {last.Round}."));
    }

    /// <summary>Bytes on the wire in each round, hospitals stacked in the order of <paramref name="sites"/>.</summary>
    public static XElement Bytes(IReadOnlyList<RoundResult> rounds, IReadOnlyList<string> sites)
    {
        long highest = rounds.Select(round => round.BytesPerSite.Values.Sum()).DefaultIfEmpty(0).Max();
        double[] ticks = Scale.NiceTicks(0, Math.Max(1, highest), 4);
        PlotFrame frame = new(Width, Height, Span(rounds), (0, ticks[^1]), Left);
        frame.DrawY("sent", ticks.Select(tick => (tick, Figures.Bytes((long)tick))));
        frame.DrawX("round", RoundTicks(rounds));
        double pitch = Math.Abs(frame.X.Map(1) - frame.X.Map(0));
        double width = Math.Min(36, pitch * (pitch > 4 ? 0.78 : 1));
        foreach (RoundResult round in rounds)
        {
            long below = 0;
            for (int site = 0; site < sites.Count; site++)
            {
                if (!round.BytesPerSite.TryGetValue(sites[site], out long bytes) || bytes == 0)
                {
                    continue;
                }

                double top = frame.Y.Map(below + bytes);
                double height = frame.Y.Map(below) - top;
                string tip = string.Create(Culture, $"round {round.N}, {sites[site]}: {Figures.Bytes(bytes)}");
                double x = frame.X.Map(round.N) - (width / 2);
                frame.Add(Svg.Rectangle(x, top, width, height, $"bar {Svg.Series(site)}", tip));
                below += bytes;
            }
        }

        string most = Figures.Bytes(highest);
        string text = string.Create(Culture, $"{rounds.Count} rounds; at most {most} in one round from all hospitals.");
        return frame.Finish("bytes", "Bytes per round and hospital", text);
    }

    // Half a round of air on both sides, so that the first and the last bar are as wide as the others.
    private static (double From, double To) Span(IReadOnlyList<RoundResult> rounds) =>
        rounds.Count == 0 ? (0.5, 1.5) : (rounds.Min(round => round.N) - 0.5, rounds.Max(round => round.N) + 0.5);

    private static IEnumerable<(double Value, string Text)> RoundTicks(IReadOnlyList<RoundResult> rounds) =>
        rounds.Count == 0 ? [] : PlotFrame.RoundTicks(rounds.Min(round => round.N), rounds.Max(round => round.N));
}
