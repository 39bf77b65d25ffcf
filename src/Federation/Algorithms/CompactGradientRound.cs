using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// <see cref="PrivateGradientRound"/> for models of many parameters: each patient's gradient is clipped, rotated and
/// rounded to a coarse grid, and the sum takes a few bits per parameter.
/// </summary>
/// <remarks>
/// The distributed discrete Gaussian mechanism of Kairouz, Liu and Steinke (ICML 2021), with one patient where they
/// have one client; see <see cref="PatientEncoding"/> for the sensitivity. The grid is too coarse to pass the noise off
/// as continuous, so releases are accounted as zCDP. The held-out loss travels exactly, in limbs behind the vector.
/// </remarks>
public sealed class CompactGradientRound : RoundAlgorithm
{
    /// <summary>
    /// σ of one share in grid units, at least: the sum of shares is then a discrete Gaussian to e^-10000 (τ of
    /// <see cref="DiscreteGaussianSlack"/>).
    /// </summary>
    public const double LeastShareSigma = 32;

    private readonly Study _study;
    private readonly DifferentiableModel _model;
    private readonly DifferentialPrivacySpecification _dp;
    private readonly CohortSize _cohort;
    private readonly CompactParameters _parameters;
    private readonly BigInteger _shareVariance;
    private readonly ExactHeader _heldOut;

    /// <exception cref="FormatException">The slots are too narrow for so many patients with this noise.</exception>
    public CompactGradientRound(Study study, DifferentiableModel model, CohortSize cohort)
    {
        _study = study;
        _model = model;
        _cohort = cohort;
        _dp = study.DifferentialPrivacy
            ?? throw new ArgumentException("The study has no differential privacy.", nameof(study));
        CompactSpecification compact = study.Compact
            ?? throw new ArgumentException("The study's encoding is not compact.", nameof(study));
        double multiplier = ZeroConcentratedPrivacy.NoiseMultiplier(_dp.Budget, study.Algorithm.Rounds);
        int fewestSharers = _dp.Noise == NoisePlacement.Local ? 1 : cohort.Fewest - 1;
        try
        {
            _parameters = CompactParameters.ForNoiseMultiplier(
                model.ParameterCount, _dp.Clip, compact.Patients, compact.SlotBits, multiplier, cohort.Hospitals,
                fewestSharers);
            _heldOut = new ExactHeader(words: 2, cohort.Hospitals, compact.SlotBits);
        }
        catch (ArgumentException problem)
        {
            throw new FormatException($"privacy.encoding: {problem.Message}", problem);
        }

        _shareVariance = _parameters.ShareVariance(multiplier, fewestSharers);
        if (_shareVariance < new BigInteger(LeastShareSigma * LeastShareSigma))
        {
            throw new FormatException(
                $"privacy.encoding: {compact.SlotBits} bits leave a noise share of less than {LeastShareSigma} grid "
                    + $"units with room for {compact.Patients} patients; give more slotBits or fewer patients.");
        }

        double sigmaGrid = multiplier * _parameters.SensitivityGrid;
        Noise = new RoundNoise(
            sigmaGrid * _parameters.Grid, _dp.Clip, multiplier, sigmaGrid, _parameters.PaddedDimension,
            Concentrated: true);
    }

    public override int Words => _parameters.PaddedDimension + _heldOut.Slots;

    public override int SlotBits => _parameters.SlotBits;

    public override RoundNoise Noise { get; }

    public override RoundNoise NoiseOf(int survivors) => Noise.With(_dp.Noise, _cohort, survivors);

    /// <summary>Public seed of a round's rotation: the model it starts from, and so new in every round.</summary>
    internal static byte[] RotationSeed(ModelState state) =>
        SHA256.HashData(Encoding.ASCII.GetBytes($"DigitalTwin/rotation/v1\n{state.Sha256()}"));

    /// <exception cref="QuantisationException">The hospital has more patients than the slots have room for.</exception>
    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        Table train = inputs.Train.Standardise(state.Mean, state.Deviation);
        if (train.Rows > _study.Compact!.Patients)
        {
            throw new QuantisationException(
                0, $"The study's slots have room for {_study.Compact.Patients} patients of all hospitals together.");
        }

        CompactEncoding encoding = new(_parameters, RotationSeed(state));
        using PatientEncoding sum = new(encoding);
        double[] gradient = new double[_model.ParameterCount];
        for (int row = 0; row < train.Rows; row++)
        {
            Array.Clear(gradient);
            _model.LossAndGradient(state.Parameters, train.Row(row), train.Label(row), gradient);
            sum.Add(gradient, inputs.Noise);
        }

        sum.Finish(inputs.Noise, _shareVariance, words[..encoding.Slots]);
        ulong[] heldOut = new ulong[2];
        new FixedPoint(ScaleBits, setting.Cohort).Encode(
            PrivateGradientRound.HeldOut(_model, state, inputs.Test), heldOut);
        _heldOut.Encode(heldOut, words[encoding.Slots..]);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        CompactEncoding encoding = new(_parameters, RotationSeed(state));
        double[] gradient = encoding.Decode(sum[..encoding.Slots]);
        double[] heldOut = new FixedPoint(ScaleBits, setting.Cohort).Decode(_heldOut.Decode(sum[encoding.Slots..]));
        return HeavyBall.Step(_study.Algorithm, _model, state, gradient, setting.PublicRows) with
        {
            Loss = heldOut[0] > 0 ? heldOut[1] / heldOut[0] : null,
        };
    }
}
