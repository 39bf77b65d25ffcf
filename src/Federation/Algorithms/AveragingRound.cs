using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// Local SGD, then a weighted average: FedAvg (McMahan et al. 2017) and FedAdam (Reddi et al. 2021, Algorithm 2).
/// </summary>
/// <remarks>
/// A node sends (w, w·Δ, w·loss) with w its training rows; the weighted mean comes out of the sum, so the coordinator
/// chooses no multiplier.
/// </remarks>
public sealed class AveragingRound(Study study, DifferentiableModel model) : RoundAlgorithm
{
    /// <summary>β₁, β₂ and τ of FLamby's Fed-Heart-Disease configuration.</summary>
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Tau = 1e-8;

    public override int Words => 2 + model.ParameterCount;

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        AlgorithmSpecification algorithm = study.Algorithm;
        Table train = inputs.Train.Standardise(state.Mean, state.Deviation);
        SgdSettings settings = new(
            algorithm.LearningRate, algorithm.BatchSize, algorithm.LocalSteps, algorithm.L2, ProximalMu: 0);
        double[] trained = LocalSgd.Run(model, train, state.Parameters, settings, inputs.Batches);
        double[] statistic = new double[Words];
        statistic[0] = train.Rows;
        double[] unused = new double[model.ParameterCount];
        for (int row = 0; row < train.Rows; row++)
        {
            statistic[1] += model.LossAndGradient(state.Parameters, train.Row(row), train.Label(row), unused);
        }

        for (int i = 0; i < model.ParameterCount; i++)
        {
            statistic[2 + i] = train.Rows * (trained[i] - state.Parameters[i]);
        }

        new FixedPoint(ScaleBits, setting.Cohort).Encode(statistic, words);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        double[] opened = new FixedPoint(ScaleBits, setting.Cohort).Decode(sum);
        double weight = Math.Max(1, opened[0]);
        double[] delta = [.. opened.Skip(2).Select(value => value / weight)];
        ServerOptimiser server = study.Algorithm.Kind == AlgorithmKind.FedAdam
            ? new FedAdamServer(study.Algorithm.ServerLearningRate, Beta1, Beta2, Tau)
            : new FedAvgServer();
        if (state.Optimiser.Length > 0)
        {
            server.Restore(state.Optimiser);
        }

        double[] parameters = server.Step(state.Parameters, delta);
        int trained = state.TrainedRounds + 1;
        return state with
        {
            Parameters = parameters,
            Optimiser = server.State,
            TrainedRounds = trained,
            Loss = opened[1] / weight,
            Next = trained >= study.Algorithm.Rounds ? RoundPurpose.Evaluate : RoundPurpose.Train,
        };
    }
}
