using DigitalTwin.Models;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// Pooled metrics on held-out rows from one masked sum of counts, squared errors and score histograms.
/// </summary>
/// <remarks>The sum carries no noise: held-out rows stand outside a study's differential privacy.</remarks>
public sealed class EvaluationRound(DifferentiableModel model) : RoundAlgorithm
{
    /// <summary>Bins of the score histogram; ties inside a bin count one half in the pooled AUROC.</summary>
    public const int Bins = 1024;

    public override int Words => ScoreHistogram.StatisticLength(Bins);

    /// <summary>The pooled metrics that an evaluated state holds; null before the evaluation round.</summary>
    public static PooledMetrics? MetricsOf(ModelState state) =>
        state.Evaluation.Length == 0 ? null : ScoreHistogram.FromSum(state.Evaluation, Bins);

    /// <summary>
    /// Predicted probabilities of the rows of <paramref name="table"/>, which is in the contract's units.
    /// </summary>
    public static double[] Predict(DifferentiableModel model, ModelState state, Table table) =>
        model.Probabilities(state.Parameters, table.Standardise(state.Mean, state.Deviation));

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        double[] probabilities = Predict(model, state, inputs.Test);
        double[] statistic = ScoreHistogram.LocalStatistic(inputs.Test.Labels, probabilities, Bins);
        new FixedPoint(ScaleBits, setting.Cohort).Encode(statistic, words);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum) => state with
    {
        Evaluation = new FixedPoint(ScaleBits, setting.Cohort).Decode(sum),
        Next = null,
    };
}
