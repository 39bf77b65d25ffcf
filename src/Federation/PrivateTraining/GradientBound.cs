using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>How much of a sum one patient can be: clips each patient's gradient onto an integer grid.</summary>
/// <remarks>
/// The L2 norm of what a patient adds is at most <see cref="SensitivityGrid"/>, in integers and for any gradient: see
/// <see cref="GradientClipping"/>. That includes gradients that are not finite, which add nothing.
/// </remarks>
public abstract class GradientBound
{
    private protected const double SmallestClip = 1e-20;
    private protected const double LargestClip = 1e20;

    private protected GradientBound(int parameters, int coordinates)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parameters);
        Parameters = parameters;
        Coordinates = coordinates;
    }

    /// <summary>Length of a gradient.</summary>
    public int Parameters { get; }

    /// <summary>Integers that a step releases.</summary>
    public int Coordinates { get; }

    /// <summary>The largest L2 norm that a patient adds, in grid units.</summary>
    public abstract double SensitivityGrid { get; }

    /// <summary>The largest L2 norm of a patient's gradient after clipping, at present.</summary>
    public abstract double Clip { get; }

    /// <summary>Adds a patient's clipped gradient to <paramref name="sum"/>.</summary>
    internal abstract ClipOutcome AddClipped(ReadOnlySpan<float> gradient, Span<long> sum);

    /// <summary>Turns a released sum into a mean gradient, and learns from it what there is to learn.</summary>
    /// <param name="released">The sum with its noise, in grid units.</param>
    /// <param name="divisor">How many patients the mean is over.</param>
    /// <param name="gradient">The mean gradient.</param>
    internal abstract void Read(ReadOnlySpan<double> released, double divisor, Span<float> gradient);

    private protected static double RequireClip(double clip, string name) => clip is >= SmallestClip and <= LargestClip
        ? clip
        : throw new ArgumentOutOfRangeException(name, clip, $"A clip is from {SmallestClip} to {LargestClip}.");

    private protected static void Scale(ReadOnlySpan<double> released, double unit, Span<float> gradient)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] = (float)(released[i] * unit);
        }
    }
}
