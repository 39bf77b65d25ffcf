using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>y = W x + b as three loops: what the fast layer is measured against.</summary>
/// <remarks>B rows, I inputs, O outputs; W is O × I, row by row.</remarks>
internal static class DenseReference
{
    /// <summary>Writes output (B × O) from input (B × I).</summary>
    public static void Forward<T>(
        int rows, ReadOnlySpan<T> weights, ReadOnlySpan<T> biases, ReadOnlySpan<T> input, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        int outputs = biases.Length;
        int inputs = weights.Length / outputs;
        for (int b = 0; b < rows; b++)
        {
            for (int o = 0; o < outputs; o++)
            {
                T sum = biases[o];
                for (int i = 0; i < inputs; i++)
                {
                    sum += weights[(o * inputs) + i] * input[(b * inputs) + i];
                }

                output[(b * outputs) + o] = sum;
            }
        }
    }

    /// <summary>Adds to all three gradients: dW += dy xᵀ, db += dy, dx += Wᵀ dy.</summary>
    public static void Backward<T>(
        int rows,
        ReadOnlySpan<T> weights,
        ReadOnlySpan<T> input,
        ReadOnlySpan<T> outputGradient,
        Span<T> weightsGradient,
        Span<T> biasesGradient,
        Span<T> inputGradient)
        where T : IFloatingPointIeee754<T>
    {
        int outputs = biasesGradient.Length;
        int inputs = weights.Length / outputs;
        for (int b = 0; b < rows; b++)
        {
            for (int o = 0; o < outputs; o++)
            {
                T slope = outputGradient[(b * outputs) + o];
                biasesGradient[o] += slope;
                for (int i = 0; i < inputs; i++)
                {
                    weightsGradient[(o * inputs) + i] += slope * input[(b * inputs) + i];
                    inputGradient[(b * inputs) + i] += slope * weights[(o * inputs) + i];
                }
            }
        }
    }
}
