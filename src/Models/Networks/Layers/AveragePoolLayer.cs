using DigitalTwin.Models.Networks.Descriptions;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>The mean of each window of each channel.</summary>
internal sealed class AveragePoolLayer(Windows windows)
    : Layer(windows.Input, SampleShape.Image(windows.Input.Channels, windows.Rows, windows.Columns))
{
    private readonly Windows _windows = windows;
    private readonly int[] _offsets = OffsetsOf(windows);

    public override void Forward(in LayerFrame frame)
    {
        float share = 1f / (_windows.Size * _windows.Size);
        for (int i = 0; i < frame.Output.Length; i++)
        {
            int first = FirstPixelOf(i);
            float sum = 0;
            for (int k = 0; k < _offsets.Length; k++)
            {
                sum += frame.Input[first + _offsets[k]];
            }

            frame.Output[i] = sum * share;
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        float share = 1f / (_windows.Size * _windows.Size);
        frame.InputGradient.Clear();
        for (int i = 0; i < frame.OutputGradient.Length; i++)
        {
            int first = FirstPixelOf(i);
            for (int k = 0; k < _offsets.Length; k++)
            {
                frame.InputGradient[first + _offsets[k]] += frame.OutputGradient[i] * share;
            }
        }
    }

    private int FirstPixelOf(int window)
    {
        (int row, int column) = int.DivRem(window, _windows.Columns);
        int y = (row / _windows.Rows * Input.Height) + (row % _windows.Rows * _windows.Stride);
        return (y * Input.Width) + (column * _windows.Stride);
    }

    // Where the entries of a window lie, from its first on.
    private static int[] OffsetsOf(Windows windows) =>
    [
        .. Enumerable.Range(0, windows.Size * windows.Size)
            .Select(k => (k / windows.Size * windows.Input.Width) + (k % windows.Size)),
    ];
}
