using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>A two-dimensional convolution (cross-correlation, as in PyTorch); W is O × C × K × K, then b.</summary>
/// <remarks>
/// By unfolding (Chellapilla, Puri and Simard 2006): one product with the matrix of all patches of the batch. Kept: the
/// patches, B × windows × C K², then the outputs and later their gradients in the same order, B × windows × O.
/// </remarks>
internal sealed class ConvolutionLayer(Windows windows, int channels)
    : Layer(windows.Input, SampleShape.Image(channels, windows.Rows, windows.Columns))
{
    private readonly Windows _windows = windows;

    public override int ParameterCount => checked((PatchSize + 1) * Channels);

    public override int ProductCount => 1;

    public override bool HasOnlyProducts => true;

    public override IEnumerable<ParameterBlock> Blocks =>
    [
        new("weight", 0, [Channels, Input.Channels, _windows.Size, _windows.Size]),
        new("bias", Channels * PatchSize, [Channels]),
    ];

    private int Channels => Output.Channels;

    private int PatchSize => _windows.PatchSize;

    private int Places => _windows.Count;

    public override int KeptSize(int rows) => checked(rows * Places * (PatchSize + Channels));

    public override int ScratchSize(int rows) => int.Max(
        OuterProduct.ScratchSize(rows, Places, PatchSize, Channels),
        (rows * PatchSize * Places) + int.Max(
            Gemm.PackingSize(PatchSize, Channels == 1 ? rows * Places : Channels),
            Gemm.PackingSize(Channels, PatchSize == 1 ? rows * Places : PatchSize)));

    /// <summary>Weights uniform in ±sqrt(3 / (C K²)); biases 0.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        FillUniform(parameters[..(Channels * PatchSize)], Math.Sqrt(3.0 / PatchSize), random);
        parameters[(Channels * PatchSize)..].Clear();
    }

    public override void Forward(in LayerFrame frame)
    {
        Span<float> patches = PatchesOf(frame);
        for (int row = 0; row < frame.Rows; row++)
        {
            _windows.Unfold(
                frame.Input.Slice(row * Input.Size, Input.Size),
                patches.Slice(row * PatchSize * Places, PatchSize * Places));
        }

        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(patches, frame.Rows * Places, PatchSize),
            MatrixView.Of(frame.Parameters, Channels, PatchSize).Transposed,
            frame.Parameters.Slice(Channels * PatchSize, Channels),
            MatrixView.Of(ByPlaceOf(frame), frame.Rows * Places, Channels),
            frame.Scratch);
        Transpose(ByPlaceOf(frame), frame.Output, Places, Channels);
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        Transpose(frame.OutputGradient, ByPlaceOf(frame), Channels, Places);
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        Span<float> patchGradient = frame.Scratch[..(frame.Rows * PatchSize * Places)];
        Gemm.Multiply(
            frame.Width,
            MatrixView.Of(ByPlaceOf(frame), frame.Rows * Places, Channels),
            MatrixView.Of(frame.Parameters, Channels, PatchSize),
            MatrixView.Of(patchGradient, frame.Rows * Places, PatchSize),
            SumsBegin.AtZero,
            frame.Scratch[patchGradient.Length..]);
        frame.InputGradient.Clear();
        for (int row = 0; row < frame.Rows; row++)
        {
            _windows.FoldAdd(
                patchGradient.Slice(row * PatchSize * Places, PatchSize * Places),
                frame.InputGradient.Slice(row * Input.Size, Input.Size));
        }
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index) => new()
    {
        Steps = Places,
        InputSize = PatchSize,
        DeltaSize = Channels,
        Inputs = PatchesOf(frame),
        Deltas = ByPlaceOf(frame),
        WeightOffset = 0,
        BiasOffset = Channels * PatchSize,
    };

    // Each image of `rows` x `columns` floats, columns as rows.
    private static void Transpose(ReadOnlySpan<float> source, Span<float> target, int rows, int columns)
    {
        // Places stay below the length that the slices have checked.
        unchecked
        {
            for (int image = 0; image < source.Length; image += rows * columns)
            {
                ref float from = ref MemoryMarshal.GetReference(source.Slice(image, rows * columns));
                ref float to = ref MemoryMarshal.GetReference(target.Slice(image, rows * columns));
                for (nint c = 0; c < columns; c++)
                {
                    ref float column = ref Unsafe.Add(ref from, c);
                    ref float row = ref Unsafe.Add(ref to, c * rows);
                    for (nint r = 0; r < rows; r++)
                    {
                        Unsafe.Add(ref row, r) = Unsafe.Add(ref column, r * columns);
                    }
                }
            }
        }
    }

    private Span<float> PatchesOf(in LayerFrame frame) => frame.Kept[..(frame.Rows * Places * PatchSize)];

    private Span<float> ByPlaceOf(in LayerFrame frame) => frame.Kept[(frame.Rows * Places * PatchSize)..];
}
