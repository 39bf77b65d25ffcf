using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>Full-batch gradient rounds without differential privacy: [n, Σ loss, Σ gradient].</summary>
public sealed class GradientRound(Study study, DifferentiableModel model) : RoundAlgorithm
{
    public override int Words => GradientDescent.StatisticLength(model);

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        Table standardised = inputs.Train.Standardise(state.Mean, state.Deviation);
        double[] statistic = GradientDescent.LocalStatistic(model, standardised, state.Parameters);
        new FixedPoint(ScaleBits, setting.Cohort).Encode(statistic, words);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        double[] opened = new FixedPoint(ScaleBits, setting.Cohort).Decode(sum);
        double rows = Math.Max(1, opened[0]);
        return HeavyBall.Step(study.Algorithm, model, state, opened.AsSpan(2), rows) with { Loss = opened[1] / rows };
    }
}
