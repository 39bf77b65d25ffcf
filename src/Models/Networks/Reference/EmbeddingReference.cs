using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>A row of the table W (V × E) for each code: what the fast layer is measured against.</summary>
internal static class EmbeddingReference
{
    /// <summary>Writes the output, codes × E.</summary>
    public static void Forward<T>(ReadOnlySpan<T> table, int width, ReadOnlySpan<int> codes, Span<T> output)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < codes.Length; i++)
        {
            table.Slice(codes[i] * width, width).CopyTo(output[(i * width)..]);
        }
    }

    /// <summary>Adds to the gradient of the table; codes have none.</summary>
    public static void Backward<T>(
        int width, ReadOnlySpan<int> codes, ReadOnlySpan<T> outputGradient, Span<T> tableGradient)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < outputGradient.Length; i++)
        {
            tableGradient[(codes[i / width] * width) + (i % width)] += outputGradient[i];
        }
    }
}
