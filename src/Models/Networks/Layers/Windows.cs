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
                (int top, int bottom) = RowsInside(oy);
                if (length < Size || bottom - top < Size)
                {
                    patch.Clear();
                }

                for (int c = 0; c < Input.Channels; c++)
                {
                    for (int ky = top; ky < bottom; ky++)
                    {
                        image.Slice(PixelOf(c, oy, ky) + x, length)
                            .CopyTo(patch[((((c * Size) + ky) * Size) + first)..]);
                    }
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
                (int top, int bottom) = RowsInside(oy);
                for (int c = 0; c < Input.Channels; c++)
                {
                    for (int ky = top; ky < bottom; ky++)
                    {
                        ReadOnlySpan<float> source = patch.Slice((((c * Size) + ky) * Size) + first, length);
                        Span<float> target = imageToAddTo.Slice(PixelOf(c, oy, ky) + x, length);
                        for (int i = 0; i < source.Length && i < target.Length; i++)
                        {
                            target[i] += source[i];
                        }
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

    // Rows of a window that lie on the image.
    private (int Top, int Bottom) RowsInside(int oy)
    {
        int y = (oy * Stride) - Padding;
        int top = int.Max(0, -y);
        return (top, int.Max(top, int.Min(Size, Input.Height - y)));
    }

    // The first pixel of the image's row that row ky of the windows at oy lies on.
    private int PixelOf(int channel, int oy, int ky) =>
        ((channel * Input.Height) + (oy * Stride) + ky - Padding) * Input.Width;
}
