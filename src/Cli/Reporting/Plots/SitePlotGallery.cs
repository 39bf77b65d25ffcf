using System.Globalization;
using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Plots;

/// <summary>Small plots on the unit square, one for each hospital: ROC and calibration.</summary>
internal static class SitePlotGallery
{
    private const int Width = 260;
    private const int Height = 262;
    private const int Left = 50;

    // With fewer rows than this in a bin, the observed share says next to nothing; the dot is drawn hollow.
    private const int FewRows = 5;

    private static readonly (double Value, string Text)[] Quarters =
        [(0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1")];

    /// <summary>True against false positive rate on the held-out rows.</summary>
    public static XElement Roc(string id, SitePlots plots, int series, double? auroc)
    {
        PlotFrame frame = UnitSquare("false positive rate", "true positive rate");
        if (plots.Roc.Count < 2)
        {
            frame.DrawAbsence("no curve: the held-out\nrows are of one class");
        }
        else
        {
            DrawDiagonal(frame);
            frame.Add(Svg.Path(
                plots.Roc.Select(point => (frame.X.Map(point.Fpr), frame.Y.Map(point.Tpr))),
                $"curve {Svg.Series(series)}"));
        }

        string area = auroc is null ? "not defined, one class only" : Figures.Score(auroc);
        return frame.Finish(
            id,
            $"ROC curve of {plots.Site}",
            $"True positive rate over false positive rate on held-out rows; area under the curve: {area}.");
    }

    /// <summary>Observed share against predicted risk, by bins, with 95 % intervals.</summary>
    public static XElement Calibration(string id, SitePlots plots, int series, double? slope)
    {
        PlotFrame frame = UnitSquare("predicted risk", "observed share");
        List<CalibrationBin> bins = [.. plots.Calibration.Where(bin => bin.Count > 0)];
        if (bins.Count == 0)
        {
            frame.DrawAbsence("no held-out rows");
        }
        else
        {
            DrawDiagonal(frame);
        }

        string colour = Svg.Series(series);
        foreach (CalibrationBin bin in bins)
        {
            (double low, double high) = ProportionInterval.Wilson(bin.Observed, bin.Count);
            double x = frame.X.Map(bin.Predicted);
            frame.Add(Svg.Line(x, frame.Y.Map(low), x, frame.Y.Map(high), $"interval {colour}"));
        }

        if (bins.Count > 1)
        {
            frame.Add(Svg.Path(
                bins.Select(bin => (frame.X.Map(bin.Predicted), frame.Y.Map(bin.Observed))),
                $"curve thin {colour}"));
        }

        foreach (CalibrationBin bin in bins)
        {
            string fill = bin.Count < FewRows ? $"dot few {colour}" : $"dot {colour}";
            string tip = string.Create(
                CultureInfo.InvariantCulture,
                $"predicted {bin.Predicted:0.00}, observed {bin.Observed:0.00}, {bin.Count} rows");
            frame.Add(Svg.Circle(frame.X.Map(bin.Predicted), frame.Y.Map(bin.Observed), 4, fill, tip));
        }

        return frame.Finish(
            id,
            $"Calibration of {plots.Site}",
            $"Observed share over predicted risk in {bins.Count} bins; calibration slope: {Figures.Score(slope)}.");
    }

    private static PlotFrame UnitSquare(string x, string y)
    {
        PlotFrame frame = new(Width, Height, (0, 1), (0, 1), Left);
        frame.DrawY(y, Quarters);
        frame.DrawX(x, Quarters);
        return frame;
    }

    private static void DrawDiagonal(PlotFrame frame) =>
        frame.Add(Svg.Line(frame.X.Map(0), frame.Y.Map(0), frame.X.Map(1), frame.Y.Map(1), "diagonal"));
}
