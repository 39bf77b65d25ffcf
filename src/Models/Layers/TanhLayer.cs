using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Layers;

/// <summary>y = tanh x, entry by entry.</summary>
public static class TanhLayer
{
    public static void Forward(Span<double> values)
    {
        foreach (ref double value in values)
        {
            value = DeterministicMath.Tanh(value);
        }
    }

    /// <summary>Multiplies dL/dy by dy/dx = 1 − y².</summary>
    public static void Backward(ReadOnlySpan<double> output, Span<double> gradient)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] *= 1 - (output[i] * output[i]);
        }
    }
}
