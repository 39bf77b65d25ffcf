using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>The largest entry of each window of each channel; of equal ones the first.</summary>
/// <remarks>Kept: the number of the entry within its window, as a float, so that lanes can compare it.</remarks>
internal sealed class MaxPoolLayer(Windows windows)
    : Layer(windows.Input, SampleShape.Image(windows.Input.Channels, windows.Rows, windows.Columns))
{
    private readonly Windows _windows = windows;
    private readonly int[] _offsets = OffsetsOf(windows);

    public override int KeptSize(int rows) => checked(rows * Output.Size);

    public override void Forward(in LayerFrame frame)
    {
        // Lanes run along neighbouring windows, which are neighbours in memory only at stride 1.
        VectorWidth width = _windows.Stride == 1 ? frame.Width : VectorWidth.Scalar;
        for (int row = 0; row < frame.Rows * Input.Channels * _windows.Rows; row++)
        {
            ReadOnlySpan<float> image = frame.Input[FirstPixelOf(row)..];
            Span<float> output = frame.Output.Slice(row * _windows.Columns, _windows.Columns);
            Span<float> winners = frame.Kept.Slice(row * _windows.Columns, _windows.Columns);
            switch (width)
            {
                case VectorWidth.Scalar: ForwardRow<ScalarLane>(image, output, winners, 0); break;
                case VectorWidth.Vector128: ForwardRow<Lanes4>(image, output, winners, 0); break;
                case VectorWidth.Vector256: ForwardRow<Lanes8>(image, output, winners, 0); break;
                case VectorWidth.Vector512: ForwardRow<Lanes16>(image, output, winners, 0); break;
                default: throw VectorWidths.Unknown(width);
            }
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        frame.InputGradient.Clear();
        VectorWidth width = _windows.Stride == 1 ? frame.Width : VectorWidth.Scalar;
        for (int row = 0; row < frame.Rows * Input.Channels * _windows.Rows; row++)
        {
            Span<float> image = frame.InputGradient[FirstPixelOf(row)..];
            ReadOnlySpan<float> gradient = frame.OutputGradient.Slice(row * _windows.Columns, _windows.Columns);
            ReadOnlySpan<float> winners = frame.Kept.Slice(row * _windows.Columns, _windows.Columns);
            for (int k = 0; k < _offsets.Length; k++)
            {
                Span<float> pixels = image[_offsets[k]..];
                switch (width)
                {
                    case VectorWidth.Scalar: BackwardRow<ScalarLane>(pixels, gradient, winners, k, 0); break;
                    case VectorWidth.Vector128: BackwardRow<Lanes4>(pixels, gradient, winners, k, 0); break;
                    case VectorWidth.Vector256: BackwardRow<Lanes8>(pixels, gradient, winners, k, 0); break;
                    case VectorWidth.Vector512: BackwardRow<Lanes16>(pixels, gradient, winners, k, 0); break;
                    default: throw VectorWidths.Unknown(width);
                }
            }
        }
    }

    // Row r of windows, counted over the batch and its channels.
    private int FirstPixelOf(int row) =>
        ((row / _windows.Rows * Input.Height) + (row % _windows.Rows * _windows.Stride)) * Input.Width;

    private void ForwardRow<T>(ReadOnlySpan<float> image, Span<float> output, Span<float> winners, int start)
        where T : struct, ILanes<T>
    {
        ref float x = ref MemoryMarshal.GetReference(image);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float winner = ref MemoryMarshal.GetReference(winners);
        int ox = start;
        while (ox <= output.Length - T.Count)
        {
            int at = ox * _windows.Stride;
            T largest = T.Load(in x, at);
            T index = T.Broadcast(0f);
            for (int k = 1; k < _offsets.Length; k++)
            {
                T value = T.Load(in x, at + _offsets[k]);
                T larger = value > largest;
                largest = T.Select(larger, value, largest);
                index = T.Select(larger, T.Broadcast(k), index);
            }

            largest.Store(ref y, ox);
            index.Store(ref winner, ox);

            // The last register overlaps the one before, and writes the same again.
            int next = ox + T.Count;
            ox = next < output.Length ? int.Min(next, output.Length - T.Count) : next;
        }

        if (ox < output.Length)
        {
            ForwardRow<ScalarLane>(image, output, winners, ox);
        }
    }

    // One entry of the windows at a time: a pixel then meets its windows in one order, whatever the width.
    private void BackwardRow<T>(
        Span<float> pixels, ReadOnlySpan<float> gradient, ReadOnlySpan<float> winners, int k, int start)
        where T : struct, ILanes<T>
    {
        ref float dx = ref MemoryMarshal.GetReference(pixels);
        ref float dy = ref MemoryMarshal.GetReference(gradient);
        ref float winner = ref MemoryMarshal.GetReference(winners);
        T half = T.Broadcast(0.5f);
        int ox = start;
        for (; ox <= gradient.Length - T.Count; ox += T.Count)
        {
            int at = ox * _windows.Stride;
            T won = T.Magnitude(T.Load(in winner, ox) - T.Broadcast(k)) < half;
            T share = T.Select(won, T.Load(in dy, ox), T.Broadcast(0f));
            (T.Load(in dx, at) + share).Store(ref dx, at);
        }

        if (T.Count > Lanes4.Count && gradient.Length - ox >= Lanes4.Count)
        {
            BackwardRow<Lanes4>(pixels, gradient, winners, k, ox);
        }
        else if (ox < gradient.Length)
        {
            BackwardRow<ScalarLane>(pixels, gradient, winners, k, ox);
        }
    }

    // Where the entries of a window lie, from its first on.
    private static int[] OffsetsOf(Windows windows) =>
    [
        .. Enumerable.Range(0, windows.Size * windows.Size)
            .Select(k => (k / windows.Size * windows.Input.Width) + (k % windows.Size)),
    ];
}
