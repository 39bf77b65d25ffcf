using System.Numerics;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// Local SGD, then a weighted average: FedAvg (McMahan et al. 2017) and FedAdam (Reddi et al. 2021, Algorithm 2).
/// </summary>
/// <remarks>
/// A node sends (w, w·Δ, w·loss) with w its training rows; the weighted mean comes out of the sum, so the coordinator
/// chooses no multiplier. In the compact encoding w and w·loss stay exact, in limbs; w·Δ, measured in the mean public
/// rows of a hospital and cut to the study's clip, is rotated and rounded to the study's slots.
/// </remarks>
public sealed class AveragingRound : RoundAlgorithm
{
    /// <summary>β₁, β₂ and τ of FLamby's Fed-Heart-Disease configuration.</summary>
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Tau = 1e-8;

    private readonly Study _study;
    private readonly DifferentiableModel _model;
    private readonly CompactParameters? _compact;
    private readonly ExactHeader? _header;

    /// <exception cref="FormatException">The slots of the compact encoding are too narrow.</exception>
    public AveragingRound(Study study, DifferentiableModel model, CohortSize cohort)
    {
        _study = study;
        _model = model;
        try
        {
            _compact = study.Compact is { } compact
                ? new CompactParameters(model.ParameterCount, compact.Clip, cohort.Hospitals, compact.SlotBits)
                : null;
            _header = _compact is null ? null : new ExactHeader(words: 2, cohort.Hospitals, _compact.SlotBits);
        }
        catch (ArgumentException problem)
        {
            throw new FormatException($"privacy.encoding: {problem.Message}", problem);
        }
    }

    public override int Words => _compact is null
        ? 2 + _model.ParameterCount
        : _header!.Slots + _compact.PaddedDimension;

    public override int SlotBits => _compact?.SlotBits ?? ExactSlotBits;

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        AlgorithmSpecification algorithm = _study.Algorithm;
        Table train = inputs.Train.Standardise(state.Mean, state.Deviation);
        SgdSettings settings = new(
            algorithm.LearningRate, algorithm.BatchSize, algorithm.LocalSteps, algorithm.L2, ProximalMu: 0);
        double[] trained = LocalSgd.Run(_model, train, state.Parameters, settings, inputs.Batches);
        double[] statistic = new double[2 + _model.ParameterCount];
        statistic[0] = train.Rows;
        statistic[1] = _model.Loss(state.Parameters, train);
        for (int i = 0; i < _model.ParameterCount; i++)
        {
            statistic[2 + i] = train.Rows * (trained[i] - state.Parameters[i]);
        }

        Encode(statistic, state, setting, inputs.Noise, words);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        double[] opened = Decode(sum, state, setting);
        double weight = Math.Max(1, opened[0]);
        double[] delta = [.. opened.Skip(2).Select(value => value / weight)];
        ServerOptimiser server = _study.Algorithm.Kind == AlgorithmKind.FedAdam
            ? new FedAdamServer(_study.Algorithm.ServerLearningRate, Beta1, Beta2, Tau)
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
            Next = trained >= _study.Algorithm.Rounds ? RoundPurpose.Evaluate : RoundPurpose.Train,
        };
    }

    private void Encode(
        double[] statistic, ModelState state, RoundSetting setting, RandomBits rounding, Span<ulong> words)
    {
        FixedPoint exact = new(ScaleBits, setting.Cohort);
        if (_compact is null)
        {
            exact.Encode(statistic, words);
            return;
        }

        ulong[] header = new ulong[2];
        exact.Encode(statistic.AsSpan(0, 2), header);
        _header!.Encode(header, words[.._header.Slots]);
        double unit = UnitOf(setting);
        double[] change = [.. statistic.Skip(2).Select(value => value / unit)];
        new CompactEncoding(_compact, CompactGradientRound.RotationSeed(state))
            .Encode(change, rounding, rounding, BigInteger.Zero, words[_header.Slots..]);
    }

    // [w, w·loss, w·Δ…], whichever way it travelled.
    private double[] Decode(ReadOnlySpan<ulong> sum, ModelState state, RoundSetting setting)
    {
        FixedPoint exact = new(ScaleBits, setting.Cohort);
        if (_compact is null)
        {
            return exact.Decode(sum);
        }

        double unit = UnitOf(setting);
        double[] change = new CompactEncoding(_compact, CompactGradientRound.RotationSeed(state))
            .Decode(sum[_header!.Slots..]);
        return [.. exact.Decode(_header.Decode(sum[.._header.Slots])), .. change.Select(value => value * unit)];
    }

    // What w·Δ is measured in: public, and the same for whoever survives.
    private static double UnitOf(RoundSetting setting) => Math.Max(1, setting.CohortRows / setting.Cohort);
}
