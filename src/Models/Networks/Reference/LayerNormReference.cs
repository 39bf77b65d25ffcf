using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>
/// y = γ (x − mean) / sqrt(variance + ε) + β for one row of F: what the fast layer is measured against.
/// </summary>
internal static class LayerNormReference
{
    /// <summary>Writes the output of one row.</summary>
    public static void Forward<T>(
        ReadOnlySpan<T> gains, ReadOnlySpan<T> shifts, T epsilon, ReadOnlySpan<T> input, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        (T mean, T inverse) = Moments(input, epsilon);
        for (int i = 0; i < input.Length; i++)
        {
            output[i] = (gains[i] * (input[i] - mean) * inverse) + shifts[i];
        }
    }

    /// <summary>
    /// Adds to the gradients of γ, β and x; the last is (g − mean g − n mean(g n)) / deviation, g = γ dy.
    /// </summary>
    public static void Backward<T>(
        ReadOnlySpan<T> gains,
        T epsilon,
        ReadOnlySpan<T> input,
        ReadOnlySpan<T> outputGradient,
        Span<T> gainsGradient,
        Span<T> shiftsGradient,
        Span<T> inputGradient)
        where T : IFloatingPointIeee754<T>
    {
        (T mean, T inverse) = Moments(input, epsilon);
        T count = T.CreateChecked(input.Length);
        T meanPull = T.Zero;
        T meanProduct = T.Zero;
        for (int i = 0; i < input.Length; i++)
        {
            T normal = (input[i] - mean) * inverse;
            gainsGradient[i] += outputGradient[i] * normal;
            shiftsGradient[i] += outputGradient[i];
            meanPull += gains[i] * outputGradient[i] / count;
            meanProduct += gains[i] * outputGradient[i] * normal / count;
        }

        for (int i = 0; i < input.Length; i++)
        {
            T normal = (input[i] - mean) * inverse;
            inputGradient[i] += inverse * ((gains[i] * outputGradient[i]) - meanPull - (normal * meanProduct));
        }
    }

    private static (T Mean, T InverseDeviation) Moments<T>(ReadOnlySpan<T> input, T epsilon)
        where T : IFloatingPointIeee754<T>
    {
        T count = T.CreateChecked(input.Length);
        T mean = T.Zero;
        foreach (T value in input)
        {
            mean += value / count;
        }

        T variance = T.Zero;
        foreach (T value in input)
        {
            variance += (value - mean) * (value - mean) / count;
        }

        return (mean, T.One / T.Sqrt(variance + epsilon));
    }
}
