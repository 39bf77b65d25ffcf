using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>A convolution along the steps of one sequence: what the fast layer is measured against.</summary>
/// <remarks>W is O × F × K; y[t, o] = b[o] + Σ W[o, f, k] x[t s + k − p, f].</remarks>
/// <param name="Features">F.</param>
/// <param name="Channels">O.</param>
/// <param name="Kernel">K.</param>
/// <param name="Stride">s.</param>
/// <param name="Padding">p.</param>
internal sealed record StepConvolutionReference(int Features, int Channels, int Kernel, int Stride, int Padding)
{
    /// <summary>Writes the output (T' × O) from the input (T × F).</summary>
    public void Forward<T>(ReadOnlySpan<T> weights, ReadOnlySpan<T> biases, ReadOnlySpan<T> input, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < output.Length; i++)
        {
            (int place, int o) = int.DivRem(i, Channels);
            output[i] = biases[o];
            for (int k = 0; k < Features * Kernel; k++)
            {
                int at = InputAt(place, k, input.Length);
                output[i] += at < 0 ? T.Zero : weights[(o * Features * Kernel) + k] * input[at];
            }
        }
    }

    /// <summary>Adds to all three gradients.</summary>
    public void Backward<T>(
        ReadOnlySpan<T> weights,
        ReadOnlySpan<T> input,
        ReadOnlySpan<T> outputGradient,
        Span<T> weightsGradient,
        Span<T> biasesGradient,
        Span<T> inputGradient)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < outputGradient.Length; i++)
        {
            (int place, int o) = int.DivRem(i, Channels);
            biasesGradient[o] += outputGradient[i];
            for (int k = 0; k < Features * Kernel; k++)
            {
                int at = InputAt(place, k, input.Length);
                if (at >= 0)
                {
                    weightsGradient[(o * Features * Kernel) + k] += outputGradient[i] * input[at];
                    inputGradient[at] += outputGradient[i] * weights[(o * Features * Kernel) + k];
                }
            }
        }
    }

    // Where entry (f, k) of the window at a place lies in the input; negative in the padding.
    private int InputAt(int place, int entry, int length)
    {
        (int feature, int k) = int.DivRem(entry, Kernel);
        int step = (place * Stride) + k - Padding;
        return step < 0 || step >= length / Features ? -1 : (step * Features) + feature;
    }
}
