using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>One bound C for the gradient of all parameters together.</summary>
/// <remarks>Abadi et al., "Deep Learning with Differential Privacy", CCS 2016, algorithm 1.</remarks>
public sealed class FlatBound : GradientBound
{
    private readonly GradientClipping _clipping;

    /// <param name="parameters">Length of a gradient.</param>
    /// <param name="clip">C.</param>
    public FlatBound(int parameters, double clip)
        : base(parameters, parameters)
    {
        Clip = RequireClip(clip, nameof(clip));
        _clipping = new GradientClipping(GradientClipping.LargestClip, clip / GradientClipping.LargestClip);
    }

    public override double SensitivityGrid => _clipping.ClipGrid;

    public override double Clip { get; }

    internal override ClipOutcome AddClipped(ReadOnlySpan<float> gradient, Span<long> sum) =>
        _clipping.AddClipped(gradient, sum);

    internal override void Read(ReadOnlySpan<double> released, double divisor, Span<float> gradient) =>
        Scale(released, _clipping.UnitsPerGrid / divisor, gradient);
}
