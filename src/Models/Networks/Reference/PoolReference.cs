using System.Numerics;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>The largest entry or the mean of each window of one image, as plain loops.</summary>
internal static class PoolReference
{
    /// <summary>Writes the largest entries (C × rows × columns).</summary>
    public static void ForwardLargest<T>(Windows windows, ReadOnlySpan<T> input, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = input[LargestOf(windows, input, i)];
        }
    }

    /// <summary>Adds the slope of each window to its largest entry, of equal ones to the first.</summary>
    public static void BackwardLargest<T>(
        Windows windows, ReadOnlySpan<T> input, ReadOnlySpan<T> outputGradient, Span<T> inputGradient)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < outputGradient.Length; i++)
        {
            inputGradient[LargestOf(windows, input, i)] += outputGradient[i];
        }
    }

    /// <summary>Writes the means (C × rows × columns).</summary>
    public static void ForwardMean<T>(Windows windows, ReadOnlySpan<T> input, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        T count = T.CreateChecked(windows.Size * windows.Size);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = T.Zero;
            for (int k = 0; k < windows.Size * windows.Size; k++)
            {
                output[i] += input[PixelOf(windows, i, k)] / count;
            }
        }
    }

    /// <summary>Adds its share of the slope of each window to every entry.</summary>
    public static void BackwardMean<T>(Windows windows, ReadOnlySpan<T> outputGradient, Span<T> inputGradient)
        where T : IFloatingPointIeee754<T>
    {
        T count = T.CreateChecked(windows.Size * windows.Size);
        for (int i = 0; i < outputGradient.Length; i++)
        {
            for (int k = 0; k < windows.Size * windows.Size; k++)
            {
                inputGradient[PixelOf(windows, i, k)] += outputGradient[i] / count;
            }
        }
    }

    private static int LargestOf<T>(Windows windows, ReadOnlySpan<T> input, int output)
        where T : IFloatingPointIeee754<T>
    {
        int largest = PixelOf(windows, output, 0);
        for (int k = 1; k < windows.Size * windows.Size; k++)
        {
            int pixel = PixelOf(windows, output, k);
            largest = input[pixel] > input[largest] ? pixel : largest;
        }

        return largest;
    }

    // Entry k = (ky, kx) of the window whose output is (c, oy, ox).
    private static int PixelOf(Windows windows, int output, int k)
    {
        (int c, int place) = int.DivRem(output, windows.Count);
        int y = (place / windows.Columns * windows.Stride) + (k / windows.Size);
        int x = (place % windows.Columns * windows.Stride) + (k % windows.Size);
        return (((c * windows.Input.Height) + y) * windows.Input.Width) + x;
    }
}
