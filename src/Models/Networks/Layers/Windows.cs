using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>Square windows that slide over the rows and columns of each channel of an image.</summary>
/// <param name="Input">What they slide over.</param>
/// <param name="Size">K, rows and columns of a window.</param>
/// <param name="Stride">From one window to the next.</param>
/// <param name="Padding">Zeros around each channel.</param>
internal readonly record struct Windows(SampleShape Input, int Size, int Stride, int Padding)
{
    /// <summary>Windows one above the other.</summary>
    public int Rows { get; } = ((Input.Height + (2 * Padding) - Size) / Stride) + 1;

    /// <summary>Windows side by side.</summary>
    public int Columns { get; } = ((Input.Width + (2 * Padding) - Size) / Stride) + 1;

    /// <summary>All windows of a channel.</summary>
    public int Count => Rows * Columns;

    /// <summary>Floats of a window over all channels.</summary>
    public int PatchSize { get; } = Input.Channels * Size * Size;

    /// <summary>Writes the patches of one image: patches[(oy, ox), (c, ky, kx)], zero in the padding.</summary>
    public void Unfold(ReadOnlySpan<float> image, Span<float> patches)
    {
        RequireLengths(image.Length, patches.Length);
        ref float pixels = ref MemoryMarshal.GetReference(image);
        for (int place = 0; place < Count; place++)
        {
            Span<float> patch = patches.Slice(place * PatchSize, PatchSize);
            Overlap overlap = OverlapOf(place);
            if (overlap.Columns < Size || overlap.Rows < Size)
            {
                patch.Clear();
            }

            Copy(in overlap, ref pixels, ref MemoryMarshal.GetReference(patch));
        }
    }

    /// <summary>Adds every entry of the patches to where <see cref="Unfold"/> took it from.</summary>
    public void FoldAdd(ReadOnlySpan<float> patches, Span<float> imageToAddTo)
    {
        RequireLengths(imageToAddTo.Length, patches.Length);
        ref float pixels = ref MemoryMarshal.GetReference(imageToAddTo);
        ref float patch = ref MemoryMarshal.GetReference(patches);
        for (int place = 0; place < Count; place++)
        {
            Add(OverlapOf(place), ref Unsafe.Add(ref patch, place * PatchSize), ref pixels);
        }
    }

    // Both walk over runs of at most K floats, too short for a call each. What lies on the image was counted before, so
    // places stay within the lengths that were checked.
    private void Copy(in Overlap overlap, ref float pixels, ref float patch)
    {
        unchecked
        {
            nint columns = overlap.Columns;
            for (int c = 0; c < Input.Channels; c++)
            {
                for (int ky = 0; ky < overlap.Rows; ky++)
                {
                    ref float from = ref Unsafe.Add(
                        ref pixels, overlap.Pixel + (((c * Input.Height) + ky) * Input.Width));
                    ref float to = ref Unsafe.Add(ref patch, overlap.Entry + (((c * Size) + ky) * Size));
                    nint x = 0;
                    for (; x <= columns - Lanes4.Count; x += Lanes4.Count)
                    {
                        Lanes4.Load(in from, x).Store(ref to, x);
                    }

                    for (; x < columns; x++)
                    {
                        Unsafe.Add(ref to, x) = Unsafe.Add(ref from, x);
                    }
                }
            }
        }
    }

    private void Add(in Overlap overlap, ref float patch, ref float pixels)
    {
        unchecked
        {
            nint columns = overlap.Columns;
            for (int c = 0; c < Input.Channels; c++)
            {
                for (int ky = 0; ky < overlap.Rows; ky++)
                {
                    ref float from = ref Unsafe.Add(ref patch, overlap.Entry + (((c * Size) + ky) * Size));
                    ref float to = ref Unsafe.Add(
                        ref pixels, overlap.Pixel + (((c * Input.Height) + ky) * Input.Width));
                    nint x = 0;
                    for (; x <= columns - Lanes4.Count; x += Lanes4.Count)
                    {
                        (Lanes4.Load(in to, x) + Lanes4.Load(in from, x)).Store(ref to, x);
                    }

                    for (; x < columns; x++)
                    {
                        Unsafe.Add(ref to, x) += Unsafe.Add(ref from, x);
                    }
                }
            }
        }
    }

    private Overlap OverlapOf(int place)
    {
        (int oy, int ox) = int.DivRem(place, Columns);
        int y = (oy * Stride) - Padding;
        int x = (ox * Stride) - Padding;
        int top = int.Max(0, -y);
        int left = int.Max(0, -x);
        return new()
        {
            Pixel = ((y + top) * Input.Width) + x + left,
            Entry = (top * Size) + left,
            Rows = int.Max(0, int.Min(Size, Input.Height - y) - top),
            Columns = int.Max(0, int.Min(Size, Input.Width - x) - left),
        };
    }

    private void RequireLengths(int image, int patches)
    {
        if (image != Input.Size || patches != Count * PatchSize)
        {
            throw new ArgumentException(
                $"Expected {Input.Size} pixels and {Count * PatchSize} entries, got {image} and {patches}.");
        }
    }

    /// <summary>The part of one window that lies on the image, the same in every channel.</summary>
    private readonly struct Overlap
    {
        /// <summary>Its first pixel within a channel.</summary>
        public required int Pixel { get; init; }

        /// <summary>Its first entry within the window.</summary>
        public required int Entry { get; init; }

        public required int Rows { get; init; }

        public required int Columns { get; init; }
    }
}
