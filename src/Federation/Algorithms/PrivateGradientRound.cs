using System.Numerics;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// Full-batch gradient rounds under differential privacy: per-patient gradients clipped on an integer grid, summed, and
/// noised with an exact discrete Gaussian before they are masked.
/// </summary>
/// <remarks>
/// DP-SGD (Abadi et al. 2016) without sampling: every patient takes part in every round, so T rounds are the T-fold
/// composition of one Gaussian mechanism with sensitivity C, for adding or removing one patient (Dong, Roth, Su 2019).
/// The divisor of the mean is public: nothing but the noised sum depends on the training rows. Two more words carry the
/// loss on held-out rows; they are masked but carry no noise and stand outside the guarantee.
/// </remarks>
public sealed class PrivateGradientRound : RoundAlgorithm
{
    /// <summary>The clipping norm in units of the integer grid.</summary>
    /// <remarks>
    /// Fine enough that truncation costs 2^-26 of C per coordinate; a billion patients still fit 62 bits.
    /// </remarks>
    public const long ClipGrid = 1L << 26;

    private readonly Study _study;
    private readonly DifferentiableModel _model;
    private readonly DifferentialPrivacySpecification _dp;
    private readonly CohortSize _cohort;

    /// <param name="cohort">
    /// Hospitals of the round; the noise shares of <see cref="NoisePlacement.Distributed"/> depend on how few of them a
    /// sum may have.
    /// </param>
    public PrivateGradientRound(Study study, DifferentiableModel model, CohortSize cohort)
    {
        _study = study;
        _model = model;
        _dp = study.DifferentialPrivacy
            ?? throw new ArgumentException("The study has no differential privacy.", nameof(study));
        _cohort = cohort;
        Noise = NoiseOf(study, model.ParameterCount);
    }

    public override int Words => _model.ParameterCount + 2;

    public override RoundNoise Noise { get; }

    /// <summary>Calibrates the noise so that all rounds together cost exactly the study's (ε, δ).</summary>
    /// <remarks>
    /// The slack of carrying the continuous formula to the discrete Gaussian depends, weakly, on σ itself; it is taken
    /// at the σ that ignores it and doubled, which covers the change.
    /// </remarks>
    /// <exception cref="FormatException">δ is too small to be kept with noise on the integer grid.</exception>
    public static RoundNoise NoiseOf(Study study, int coordinates)
    {
        DifferentialPrivacySpecification dp = study.DifferentialPrivacy
            ?? throw new ArgumentException("The study has no differential privacy.", nameof(study));
        int steps = study.Algorithm.Rounds;
        double slack = GridSlack(study, dp, coordinates);
        if (!(slack < dp.Budget.Delta))
        {
            throw new FormatException(FormattableString.Invariant(
                $"δ = {dp.Budget.Delta} is below {slack:0.0e0}, the cost of the integer grid in {steps} rounds."));
        }

        PrivacyBudget tightened = dp.Budget with { Delta = dp.Budget.Delta - slack };
        double multiplier = GaussianComposition.NoiseMultiplier(tightened, steps);
        return new RoundNoise(multiplier * dp.Clip, dp.Clip, multiplier, multiplier * ClipGrid, coordinates);
    }

    /// <summary>The δ of a study has to be above this: what drawing its noise on the grid may cost.</summary>
    public static double GridSlack(Study study, DifferentialPrivacySpecification dp, int coordinates)
    {
        double rough = GaussianComposition.NoiseMultiplier(dp.Budget, study.Algorithm.Rounds);
        return 2 * DiscreteGaussianSlack.Of((long)coordinates * study.Algorithm.Rounds, rough * ClipGrid);
    }

    /// <summary>Variance, on the grid, that one hospital adds.</summary>
    /// <remarks>
    /// Distributed shares are sized for the worst sum that may be opened: only <paramref name="fewest"/> hospitals
    /// survive, and one of them, which can subtract its own share, works with the coordinator. What is left then still
    /// has variance σ².
    /// </remarks>
    /// <param name="fewest">Hospitals below which a sum is not opened.</param>
    public static BigInteger ShareVariance(RoundNoise noise, NoisePlacement placement, int fewest)
    {
        BigInteger variance = new(Math.Ceiling(noise.SigmaGrid * noise.SigmaGrid));
        int sharers = placement == NoisePlacement.Local ? 1 : fewest - 1;

        // Rounded up among integers: a variance has more digits than a double, and a share must not fall short.
        return (variance + sharers - 1) / sharers;
    }

    public override RoundNoise NoiseOf(int survivors) => Noise.With(_dp.Noise, _cohort, survivors);

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        int count = _model.ParameterCount;
        Table train = inputs.Train.Standardise(state.Mean, state.Deviation);
        PatientClipping clipping = new(ClipGrid, _dp.Clip / ClipGrid);
        long[] sum = new long[count];
        double[] gradient = new double[count];
        for (int row = 0; row < train.Rows; row++)
        {
            Array.Clear(gradient);
            _model.LossAndGradient(state.Parameters, train.Row(row), train.Label(row), gradient);
            clipping.AddClipped(gradient, sum);
        }

        DiscreteGaussian sampler = new(ShareVariance(Noise, _dp.Noise, _cohort.Fewest), BigInteger.One);
        for (int i = 0; i < count; i++)
        {
            words[i] = unchecked((ulong)(sum[i] + sampler.Sample(inputs.Noise)));
        }

        new FixedPoint(ScaleBits, setting.Cohort).Encode(HeldOut(_model, state, inputs.Test), words[count..]);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        int count = _model.ParameterCount;
        double unit = _dp.Clip / ClipGrid;
        double[] gradient = new double[count];
        for (int i = 0; i < count; i++)
        {
            gradient[i] = unchecked((long)sum[i]) * unit;
        }

        double[] heldOut = new FixedPoint(ScaleBits, setting.Cohort).Decode(sum[count..]);
        return HeavyBall.Step(_study.Algorithm, _model, state, gradient, setting.PublicRows) with
        {
            Loss = heldOut[0] > 0 ? heldOut[1] / heldOut[0] : null,
        };
    }

    /// <summary>[rows, Σ loss] of the held-out rows, which stand outside the guarantee.</summary>
    internal static double[] HeldOut(DifferentiableModel model, ModelState state, Table rows)
    {
        Table test = rows.Standardise(state.Mean, state.Deviation);
        return [test.Rows, model.Loss(state.Parameters, test)];
    }
}
