using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Federation.Participation;

/// <summary>A site's own metrics on its held-out rows; undefined ones are null and flagged.</summary>
public static class SiteMetrics
{
    /// <summary>Decimals that a site publishes; finer ones would count patients.</summary>
    public const int PublishedDecimals = 4;

    public static SiteEvaluation Of(StudyProgram program, ModelState model, SiteData data)
    {
        ReadOnlySpan<double> labels = data.Test.Labels;
        double[] probabilities = EvaluationRound.Predict(program.Model, model, data.Test);
        double? auroc = BinaryMetrics.Auroc(labels, probabilities);
        (double? slope, double? _) = BinaryMetrics.Calibration(labels, probabilities);
        List<string> flags = [];
        if (labels.Length == 0)
        {
            flags.Add("no-held-out-rows");
        }
        else if (auroc is null)
        {
            flags.Add("one-class-held-out");
        }

        if (slope is null)
        {
            flags.Add("calibration-undefined");
        }

        return new SiteEvaluation(
            BinaryMetrics.Accuracy(labels, probabilities),
            auroc,
            BinaryMetrics.Brier(labels, probabilities),
            slope,
            flags);
    }
}
