using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// Federated Newton: summed gradient and Hessian at a common point give the pooled Newton step exactly.
/// </summary>
/// <remarks>
/// The optimiser state is [objective at the last accepted point, damping, previous parameters…]. When a full step
/// raises the objective the step is halved: the next round is then asked at the midpoint.
/// </remarks>
public sealed class NewtonRound(Study study, int columns) : RoundAlgorithm
{
    /// <summary>Step length, in L2 norm of standardised coefficients, below which the optimum is reached.</summary>
    private const double Tolerance = 1e-9;

    /// <summary>Smallest damping; below it the problem is not one that Newton solves.</summary>
    private const double LeastDamping = 1.0 / 1024;

    public override int Words => NewtonLogistic.StatisticLength(columns);

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        Table standardised = inputs.Train.Standardise(state.Mean, state.Deviation);
        double[] statistic = NewtonLogistic.LocalStatistic(standardised, state.Parameters);
        new FixedPoint(ScaleBits, setting.Cohort).Encode(statistic, words);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        double[] opened = new FixedPoint(ScaleBits, setting.Cohort).Decode(sum);
        double objective = Objective(opened, state.Parameters);
        int rounds = state.TrainedRounds + 1;
        double loss = opened[1] / Math.Max(1, opened[0]);

        if (state.Optimiser is [double best, double damping, .. double[] previous]
            && objective > best + 1e-9 && damping > LeastDamping)
        {
            double[] midpoint = [.. state.Parameters.Zip(previous, (here, before) => 0.5 * (here + before))];
            return state with
            {
                Parameters = midpoint,
                Optimiser = [best, damping * 0.5, .. previous],
                TrainedRounds = rounds,
                Loss = loss,
                Next = rounds >= study.Algorithm.Rounds ? RoundPurpose.Evaluate : RoundPurpose.Train,
            };
        }

        NewtonStep step = NewtonLogistic.Step(opened, state.Parameters, study.Algorithm.L2);
        bool done = step.StepNorm <= Tolerance || rounds >= study.Algorithm.Rounds;
        return state with
        {
            Parameters = step.Parameters,
            Optimiser = [objective, 1.0, .. state.Parameters],
            TrainedRounds = rounds,
            Loss = loss,
            Next = done ? RoundPurpose.Evaluate : RoundPurpose.Train,
        };
    }

    private double Objective(double[] sum, double[] parameters)
    {
        double squares = 0;
        for (int i = 0; i < columns; i++)
        {
            squares += parameters[i] * parameters[i];
        }

        return sum[1] + (0.5 * study.Algorithm.L2 * squares);
    }
}
