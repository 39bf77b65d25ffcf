namespace DigitalTwin.Models.Layers;

/// <summary>y = max(x, 0), entry by entry.</summary>
public static class ReluLayer
{
    public static void Forward(Span<double> values)
    {
        foreach (ref double value in values)
        {
            value = Math.Max(value, 0);
        }
    }

    /// <summary>
    /// Multiplies dL/dy by dy/dx, which is 1 where y is positive and 0 elsewhere (the kink included).
    /// </summary>
    public static void Backward(ReadOnlySpan<double> output, Span<double> gradient)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] = output[i] > 0 ? gradient[i] : 0;
        }
    }
}
