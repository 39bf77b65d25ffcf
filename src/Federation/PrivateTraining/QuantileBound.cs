using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>One bound C that follows a quantile of the patients' norms.</summary>
/// <remarks>
/// <para>
/// Andrew, Thakkar, McMahan and Ramaswamy, "Differentially Private Learning with Adaptive Clipping", NeurIPS 2021,
/// algorithm 1. With b_i = 1 where patient i was not shortened, a step also releases b̃ = ½ + (Σ(b_i − ½) + noise of
/// σ_b) / (expected batch), and C ← C·exp(−η·(b̃ − γ)) moves C to the γ-quantile. Their theorem 1: with noise z_Δ·C on
/// the gradients, the step is one Gaussian mechanism of noise multiplier z where z^−2 = z_Δ^−2 + (2σ_b)^−2.
/// </para>
/// <para>
/// Here the count is one more coordinate of the clipped integer vector: each patient adds ±a to it, a whole number near
/// z_Δ·2^26 / (2σ_b). The sensitivity is then √(2^52 + a²) in integers, and noise of z times that on every coordinate
/// is the paper's split; the accountant sees z.
/// </para>
/// </remarks>
public sealed class QuantileBound : GradientBound
{
    /// <summary>η of the paper's experiments.</summary>
    public const double UsualRate = 0.2;

    // exp(±10): beyond that, one step would leave any range of sensible clips.
    private const double LargestMove = 10;

    // More than the roundings on the way to the sensitivity come to.
    private const double RoundingUp = 1 + (1.0 / (1L << 50));

    private readonly double _quantile;
    private readonly double _rate;
    private readonly long _countGrid;
    private GradientClipping _clipping;
    private double _clip;

    /// <param name="parameters">Length of a gradient.</param>
    /// <param name="initialClip">C of the first step.</param>
    /// <param name="quantile">γ: the share of patients that should not be shortened.</param>
    /// <param name="noise">z and σ_b, from which the count's part of the sensitivity follows.</param>
    /// <param name="rate">η.</param>
    public QuantileBound(
        int parameters, double initialClip, double quantile, CountNoise noise, double rate = UsualRate)
        : base(parameters, parameters + 1)
    {
        _clip = RequireClip(initialClip, nameof(initialClip));
        _quantile = quantile is >= 0 and <= 1
            ? quantile
            : throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "A quantile is from 0 to 1.");
        _rate = rate is > 0 and <= 1
            ? rate
            : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A rate is above 0 and at most 1.");
        _countGrid = long.Max(1, (long)(noise.GradientMultiplier * GradientClipping.LargestClip / (2 * noise.Count)));
        _clipping = new GradientClipping(GradientClipping.LargestClip, _clip / GradientClipping.LargestClip);
    }

    public override double SensitivityGrid
    {
        get
        {
            double gradient = GradientClipping.LargestClip;
            double count = _countGrid;
            return Math.Sqrt((gradient * gradient) + (count * count)) * RoundingUp;
        }
    }

    public override double Clip => _clip;

    internal override ClipOutcome AddClipped(ReadOnlySpan<float> gradient, Span<long> sum)
    {
        ClipOutcome outcome = _clipping.AddClipped(gradient, sum[..^1]);
        sum[^1] += outcome switch
        {
            ClipOutcome.Kept => _countGrid,
            ClipOutcome.Clipped => -_countGrid,
            _ => 0,
        };
        return outcome;
    }

    internal override void Read(ReadOnlySpan<double> released, double divisor, Span<float> gradient)
    {
        Scale(released[..^1], _clipping.UnitsPerGrid / divisor, gradient);
        double share = 0.5 + (released[^1] / (2.0 * _countGrid * divisor));
        double move = Math.Clamp(-_rate * (share - _quantile), -LargestMove, LargestMove);
        _clip = Math.Clamp(_clip * DeterministicMath.Exp(move), SmallestClip, LargestClip);
        _clipping = _clipping.WithUnits(_clip / GradientClipping.LargestClip);
    }
}
