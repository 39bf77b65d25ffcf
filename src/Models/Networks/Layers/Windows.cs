using DigitalTwin.Models.Networks.Descriptions;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>Square windows that slide over the rows and columns of each channel of an image.</summary>
/// <param name="Input">What they slide over.</param>
/// <param name="Size">K, rows and columns of a window.</param>
/// <param name="Stride">From one window to the next.</param>
/// <param name="Padding">Zeros around each channel.</param>
internal readonly record struct Windows(SampleShape Input, int Size, int Stride, int Padding)
{
    /// <summary>Windows one above the other.</summary>
    public int Rows => ((Input.Height + (2 * Padding) - Size) / Stride) + 1;

    /// <summary>Windows side by side.</summary>
    public int Columns => ((Input.Width + (2 * Padding) - Size) / Stride) + 1;

    /// <summary>All windows of a channel.</summary>
    public int Count => Rows * Columns;

    /// <summary>Floats of a window over all channels.</summary>
    public int PatchSize => Input.Channels * Size * Size;

    /// <summary>Writes the patches of one image: patches[(oy, ox), (c, ky, kx)], zero in the padding.</summary>
    public void Unfold(ReadOnlySpan<float> image, Span<float> patches)
    {
        for (int oy = 0; oy < Rows; oy++)
        {
            for (int ox = 0; ox < Columns; ox++)
            {
                Span<float> patch = patches.Slice(((oy * Columns) + ox) * PatchSize, PatchSize);
                (int x, int first, int length) = RunOf(ox);
                for (int run = 0; run < Input.Channels * Size; run++)
                {
                    Span<float> target = patch.Slice(run * Size, Size);
                    (int c, int ky) = (run / Size, run % Size);
                    int y = (oy * Stride) + ky - Padding;
                    if (y < 0 || y >= Input.Height)
                    {
                        target.Clear();
                        continue;
                    }

                    ReadOnlySpan<float> source = image.Slice((((c * Input.Height) + y) * Input.Width) + x, length);
                    if (length < Size)
                    {
                        target.Clear();
                    }

                    source.CopyTo(target[first..]);
                }
            }
        }
    }

    /// <summary>Adds every entry of the patches to where <see cref="Unfold"/> took it from.</summary>
    public void FoldAdd(ReadOnlySpan<float> patches, Span<float> imageToAddTo)
    {
        for (int oy = 0; oy < Rows; oy++)
        {
            for (int ox = 0; ox < Columns; ox++)
            {
                ReadOnlySpan<float> patch = patches.Slice(((oy * Columns) + ox) * PatchSize, PatchSize);
                (int x, int first, int length) = RunOf(ox);
                for (int run = 0; run < Input.Channels * Size; run++)
                {
                    (int c, int ky) = (run / Size, run % Size);
                    int y = (oy * Stride) + ky - Padding;
                    if (y < 0 || y >= Input.Height)
                    {
                        continue;
                    }

                    ReadOnlySpan<float> source = patch.Slice((run * Size) + first, length);
                    Span<float> target = imageToAddTo.Slice(
                        (((c * Input.Height) + y) * Input.Width) + x, length);
                    for (int i = 0; i < source.Length; i++)
                    {
                        target[i] += source[i];
                    }
                }
            }
        }
    }

    // The part of a window's rows that lies on the image: its first pixel, its first place in the window, its length.
    private (int X, int First, int Length) RunOf(int ox)
    {
        int x = (ox * Stride) - Padding;
        int first = int.Max(0, -x);
        int end = int.Min(Size, Input.Width - x);
        return (x + first, first, int.Max(0, end - first));
    }
}
