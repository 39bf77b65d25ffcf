using System.Numerics;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>
/// A two-dimensional convolution of one image as seven loops: what the fast layer is measured against.
/// </summary>
/// <remarks>W is O × C × K × K; y[o, oy, ox] = b[o] + Σ W[o, c, ky, kx] x[c, oy s + ky − p, ox s + kx − p].</remarks>
internal static class ConvolutionReference
{
    /// <summary>Writes the output (O × rows × columns) of one image (C × H × W).</summary>
    public static void Forward<T>(
        Windows windows, ReadOnlySpan<T> weights, ReadOnlySpan<T> biases, ReadOnlySpan<T> input, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        for (int o = 0; o < biases.Length; o++)
        {
            for (int place = 0; place < windows.Count; place++)
            {
                T sum = biases[o];
                for (int k = 0; k < windows.PatchSize; k++)
                {
                    int pixel = PixelOf(windows, place, k);
                    sum += pixel < 0 ? T.Zero : weights[(o * windows.PatchSize) + k] * input[pixel];
                }

                output[(o * windows.Count) + place] = sum;
            }
        }
    }

    /// <summary>Adds to the gradients of weights, biases and input.</summary>
    public static void Backward<T>(
        Windows windows,
        ReadOnlySpan<T> weights,
        ReadOnlySpan<T> input,
        ReadOnlySpan<T> outputGradient,
        Span<T> weightsGradient,
        Span<T> biasesGradient,
        Span<T> inputGradient)
        where T : IFloatingPointIeee754<T>
    {
        for (int o = 0; o < biasesGradient.Length; o++)
        {
            for (int place = 0; place < windows.Count; place++)
            {
                T slope = outputGradient[(o * windows.Count) + place];
                biasesGradient[o] += slope;
                for (int k = 0; k < windows.PatchSize; k++)
                {
                    int pixel = PixelOf(windows, place, k);
                    if (pixel >= 0)
                    {
                        weightsGradient[(o * windows.PatchSize) + k] += slope * input[pixel];
                        inputGradient[pixel] += slope * weights[(o * windows.PatchSize) + k];
                    }
                }
            }
        }
    }

    // Entry k = (c, ky, kx) of the window at a place = (oy, ox); negative in the padding.
    private static int PixelOf(Windows windows, int place, int k)
    {
        (int c, int within) = int.DivRem(k, windows.Size * windows.Size);
        int y = (place / windows.Columns * windows.Stride) + (within / windows.Size) - windows.Padding;
        int x = (place % windows.Columns * windows.Stride) + (within % windows.Size) - windows.Padding;
        bool inside = y >= 0 && y < windows.Input.Height && x >= 0 && x < windows.Input.Width;
        return inside ? (((c * windows.Input.Height) + y) * windows.Input.Width) + x : -1;
    }
}
