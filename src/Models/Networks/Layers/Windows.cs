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

    /// <summary>Writes the patches of one image: patches[(c, ky, kx), (oy, ox)], zero in the padding.</summary>
    public void Unfold(ReadOnlySpan<float> image, Span<float> patches)
    {
        for (int c = 0; c < Input.Channels; c++)
        {
            for (int ky = 0; ky < Size; ky++)
            {
                for (int kx = 0; kx < Size; kx++)
                {
                    (int first, int end) = ColumnsInside(kx);
                    for (int oy = 0; oy < Rows; oy++)
                    {
                        Span<float> target = patches.Slice(PlaceOf(c, ky, kx, oy), Columns);
                        int y = (oy * Stride) + ky - Padding;
                        if (y < 0 || y >= Input.Height)
                        {
                            target.Clear();
                            continue;
                        }

                        target[..first].Clear();
                        target[end..].Clear();
                        int x = (first * Stride) + kx - Padding;
                        ReadOnlySpan<float> row = image.Slice(((c * Input.Height) + y) * Input.Width, Input.Width);
                        for (int ox = first; ox < end; ox++, x += Stride)
                        {
                            target[ox] = row[x];
                        }
                    }
                }
            }
        }
    }

    /// <summary>Adds every entry of the patches to where <see cref="Unfold"/> took it from.</summary>
    public void FoldAdd(ReadOnlySpan<float> patches, Span<float> imageToAddTo)
    {
        for (int c = 0; c < Input.Channels; c++)
        {
            for (int ky = 0; ky < Size; ky++)
            {
                for (int kx = 0; kx < Size; kx++)
                {
                    (int first, int end) = ColumnsInside(kx);
                    for (int oy = 0; oy < Rows; oy++)
                    {
                        int y = (oy * Stride) + ky - Padding;
                        if (y < 0 || y >= Input.Height)
                        {
                            continue;
                        }

                        ReadOnlySpan<float> source = patches.Slice(PlaceOf(c, ky, kx, oy), Columns);
                        int x = (first * Stride) + kx - Padding;
                        Span<float> row = imageToAddTo.Slice(((c * Input.Height) + y) * Input.Width, Input.Width);
                        for (int ox = first; ox < end; ox++, x += Stride)
                        {
                            row[x] += source[ox];
                        }
                    }
                }
            }
        }
    }

    private int PlaceOf(int channel, int ky, int kx, int oy) =>
        ((((((channel * Size) + ky) * Size) + kx) * Rows) + oy) * Columns;

    // Windows whose column kx lies on the image and not in the padding.
    private (int First, int End) ColumnsInside(int kx)
    {
        int first = int.Max(0, (Padding - kx + Stride - 1) / Stride);
        int last = Input.Width - 1 + Padding - kx;
        int end = last < 0 ? 0 : int.Min(Columns, (last / Stride) + 1);
        return (int.Min(first, end), end);
    }
}
