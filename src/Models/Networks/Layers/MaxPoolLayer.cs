using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>The largest entry of each window of each channel; of equal ones the first.</summary>
/// <remarks>
/// Kept: the number of the entry within its window, as a float, so that lanes can compare it. Lanes run along
/// neighbouring windows, which are neighbours in memory only at stride 1. There the numbers lie as far apart as the
/// input's rows, with <see cref="Nobody"/> between, so that the backward pass walks over a channel in one go.
/// </remarks>
internal sealed class MaxPoolLayer(Windows windows)
    : Layer(windows.Input, SampleShape.Image(windows.Input.Channels, windows.Rows, windows.Columns))
{
    // The number of no entry.
    private const float Nobody = -1;

    private readonly Windows _windows = windows;
    private readonly int[] _offsets = OffsetsOf(windows);
    private readonly int _pitch = windows.Stride == 1 ? windows.Input.Width : windows.Columns;

    // Kept numbers of one channel, with a gradient beside each in scratch.
    private int ChannelSize => _windows.Rows * _pitch;

    private int PixelsOfChannel => Input.Height * Input.Width;

    public override int KeptSize(int rows) => checked(rows * Input.Channels * ChannelSize);

    public override int ScratchSize(int rows) => ChannelSize;

    public override void Forward(in LayerFrame frame)
    {
        switch (WidthOf(frame.Width, _windows.Columns))
        {
            case VectorWidth.Scalar: ForwardLanes<ScalarLane>(frame); break;
            case VectorWidth.Vector128: ForwardLanes<Lanes4>(frame); break;
            case VectorWidth.Vector256: ForwardLanes<Lanes8>(frame); break;
            case VectorWidth.Vector512: ForwardLanes<Lanes16>(frame); break;
            default: throw VectorWidths.Unknown(frame.Width);
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        frame.InputGradient.Clear();
        VectorWidth width = WidthOf(frame.Width, ChannelSize);
        Span<float> gradient = frame.Scratch[..ChannelSize];
        gradient.Clear();
        for (int channel = 0; channel < frame.Rows * Input.Channels; channel++)
        {
            for (int oy = 0; oy < _windows.Rows; oy++)
            {
                frame.OutputGradient
                    .Slice(((channel * _windows.Rows) + oy) * _windows.Columns, _windows.Columns)
                    .CopyTo(gradient[(oy * _pitch)..]);
            }

            Span<float> pixels = frame.InputGradient.Slice(channel * PixelsOfChannel, PixelsOfChannel);
            ReadOnlySpan<float> winners = frame.Kept.Slice(channel * ChannelSize, ChannelSize);
            switch (width)
            {
                case VectorWidth.Scalar: BackwardLanes<ScalarLane>(pixels, gradient, winners); break;
                case VectorWidth.Vector128: BackwardLanes<Lanes4>(pixels, gradient, winners); break;
                case VectorWidth.Vector256: BackwardLanes<Lanes8>(pixels, gradient, winners); break;
                case VectorWidth.Vector512: BackwardLanes<Lanes16>(pixels, gradient, winners); break;
                default: throw VectorWidths.Unknown(width);
            }
        }
    }

    // The widest that is not wider than what it walks along.
    private VectorWidth WidthOf(VectorWidth width, int length)
    {
        while (width > VectorWidth.Vector128 && (int)width > length)
        {
            width = (VectorWidth)((int)width / 2);
        }

        return _windows.Stride == 1 && (int)width <= length ? width : VectorWidth.Scalar;
    }

    private void ForwardLanes<T>(in LayerFrame frame)
        where T : struct, ILanes<T>
    {
        ref float image = ref MemoryMarshal.GetReference(frame.Input);
        ref float output = ref MemoryMarshal.GetReference(frame.Output);
        ref float kept = ref MemoryMarshal.GetReference(frame.Kept);
        if (_pitch > _windows.Columns)
        {
            frame.Kept.Fill(Nobody);
        }

        for (int channel = 0; channel < frame.Rows * Input.Channels; channel++)
        {
            for (int oy = 0; oy < _windows.Rows; oy++)
            {
                int row = (channel * _windows.Rows) + oy;
                ForwardRow<T>(
                    ref Unsafe.Add(
                        ref image, (channel * PixelsOfChannel) + (oy * _windows.Stride * Input.Width)),
                    ref Unsafe.Add(ref output, row * _windows.Columns),
                    ref Unsafe.Add(ref kept, row * _pitch));
            }
        }
    }

    // Places stay within the frame's lengths, which follow from the same shapes.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void ForwardRow<T>(ref float x, ref float y, ref float winner)
        where T : struct, ILanes<T>
    {
        unchecked
        {
            ReadOnlySpan<int> offsets = _offsets;
            int columns = _windows.Columns;
            int ox = 0;
            while (ox < columns)
            {
                ref float first = ref Unsafe.Add(ref x, ox * _windows.Stride);
                T largest = T.Load(in first, 0);
                T index = T.Broadcast(0f);
                for (int k = 1; k < offsets.Length; k++)
                {
                    T value = T.Load(in first, offsets[k]);
                    T larger = value > largest;
                    largest = T.Select(larger, value, largest);
                    index = T.Select(larger, T.Broadcast(k), index);
                }

                largest.Store(ref y, ox);
                index.Store(ref winner, ox);

                // The last register overlaps the one before, and writes the same again.
                int next = ox + T.Count;
                ox = next < columns ? int.Min(next, columns - T.Count) : next;
            }
        }
    }

    // One entry of the windows at a time: a pixel then meets its windows in one order, whatever the width.
    private void BackwardLanes<T>(Span<float> pixels, ReadOnlySpan<float> gradient, ReadOnlySpan<float> winners)
        where T : struct, ILanes<T>
    {
        int stride = _windows.Stride;
        for (int k = 0; k < _offsets.Length; k++)
        {
            if (stride == 1)
            {
                // Beyond the last window of the last row there may be no pixel any more.
                int length = int.Min(gradient.Length, pixels.Length - _offsets[k]);
                AddWins<T>(pixels.Slice(_offsets[k], length), gradient[..length], winners[..length], k, 0);
                continue;
            }

            for (int i = 0; i < gradient.Length; i++)
            {
                (int oy, int ox) = int.DivRem(i, _pitch);
                ref float pixel = ref pixels[(((oy * Input.Width) + ox) * stride) + _offsets[k]];
                pixel += winners[i] == k ? gradient[i] : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddWins<T>(
        Span<float> pixels, ReadOnlySpan<float> gradient, ReadOnlySpan<float> winners, int k, int start)
        where T : struct, ILanes<T>
    {
        ref float dx = ref MemoryMarshal.GetReference(pixels);
        ref float dy = ref MemoryMarshal.GetReference(gradient);
        ref float winner = ref MemoryMarshal.GetReference(winners);
        T half = T.Broadcast(0.5f);
        T entry = T.Broadcast(k);
        int i = start;
        for (; i <= pixels.Length - T.Count; i += T.Count)
        {
            T won = T.Magnitude(T.Load(in winner, i) - entry) < half;
            T share = T.Select(won, T.Load(in dy, i), T.Broadcast(0f));
            (T.Load(in dx, i) + share).Store(ref dx, i);
        }

        if (T.Count > Lanes4.Count && pixels.Length - i >= Lanes4.Count)
        {
            AddWins<Lanes4>(pixels, gradient, winners, k, i);
        }
        else if (i < pixels.Length)
        {
            AddWins<ScalarLane>(pixels, gradient, winners, k, i);
        }
    }

    // Where the entries of a window lie, from its first on.
    private static int[] OffsetsOf(Windows windows) =>
    [
        .. Enumerable.Range(0, windows.Size * windows.Size)
            .Select(k => (k / windows.Size * windows.Input.Width) + (k % windows.Size)),
    ];
}
