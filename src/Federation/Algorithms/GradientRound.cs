using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>Full-batch gradient rounds without differential privacy: [n, Σ loss, Σ gradient].</summary>
public sealed class GradientRound(Study study, DifferentiableModel model) : RoundAlgorithm
{
    public override int Words => 2 + model.ParameterCount;

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        Table standardised = inputs.Train.Standardise(state.Mean, state.Deviation);
        double[] statistic = new double[Words];
        statistic[0] = standardised.Rows;
        for (int row = 0; row < standardised.Rows; row++)
        {
            statistic[1] += model.LossAndGradient(
                state.Parameters, standardised.Row(row), standardised.Label(row), statistic.AsSpan(2));
        }

        new FixedPoint(ScaleBits, setting.Cohort).Encode(statistic, words);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        double[] opened = new FixedPoint(ScaleBits, setting.Cohort).Decode(sum);
        double rows = Math.Max(1, opened[0]);
        return HeavyBall.Step(study.Algorithm, model, state, opened.AsSpan(2), rows) with { Loss = opened[1] / rows };
    }
}
