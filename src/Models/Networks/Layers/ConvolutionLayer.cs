using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>A two-dimensional convolution (cross-correlation, as in PyTorch); W is O × C × K × K, then b.</summary>
/// <remarks>
/// By unfolding (Chellapilla, Puri and Simard 2006): a product with the matrix of all patches of an image. Kept: the
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
        int.Max(
            Gemm.PackedSize(PatchSize, Channels),
            (PatchSize * Places) + Gemm.PackedSize(Channels, PatchSize)));

    /// <summary>Weights uniform in ±sqrt(3 / (C K²)); biases 0.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        FillUniform(parameters[..(Channels * PatchSize)], Math.Sqrt(3.0 / PatchSize), random);
        parameters[(Channels * PatchSize)..].Clear();
    }

    // Image by image: what one step wrote is still near when the next reads it.
    public override void Forward(in LayerFrame frame)
    {
        ReadOnlySpan<float> biases = frame.Parameters.Slice(Channels * PatchSize, Channels);
        Gemm.Pack(
            frame.Width, MatrixView.Of(frame.Parameters, Channels, PatchSize).Transposed, frame.Scratch);
        for (int row = 0; row < frame.Rows; row++)
        {
            Span<float> patches = PatchesOf(frame).Slice(row * Places * PatchSize, Places * PatchSize);
            Span<float> byPlace = ByPlaceOf(frame).Slice(row * Places * Channels, Places * Channels);
            _windows.Unfold(frame.Input.Slice(row * Input.Size, Input.Size), patches);
            Gemm.MultiplyPacked(
                frame.Width,
                MatrixView.Of(patches, Places, PatchSize),
                frame.Scratch,
                MatrixView.Of(byPlace, Places, Channels),
                SumsBegin.AtRow,
                biases);
            Transpose(byPlace, frame.Output.Slice(row * Output.Size, Output.Size), Places, Channels);
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        bool isWanted = !frame.InputGradient.IsEmpty;
        Span<float> patchGradient = frame.Scratch[..(Places * PatchSize)];
        Span<float> weights = frame.Scratch[patchGradient.Length..];
        if (isWanted)
        {
            frame.InputGradient.Clear();
            Gemm.Pack(frame.Width, MatrixView.Of(frame.Parameters, Channels, PatchSize), weights);
        }

        for (int row = 0; row < frame.Rows; row++)
        {
            Span<float> byPlace = ByPlaceOf(frame).Slice(row * Places * Channels, Places * Channels);
            Transpose(frame.OutputGradient.Slice(row * Output.Size, Output.Size), byPlace, Channels, Places);
            if (isWanted)
            {
                Gemm.MultiplyPacked(
                    frame.Width,
                    MatrixView.Of(byPlace, Places, Channels),
                    weights,
                    MatrixView.Of(patchGradient, Places, PatchSize),
                    SumsBegin.AtZero);
                _windows.FoldAdd(patchGradient, frame.InputGradient.Slice(row * Input.Size, Input.Size));
            }
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

    // Columns as rows.
    private static void Transpose(ReadOnlySpan<float> source, Span<float> target, int rows, int columns)
    {
        // Places stay below the lengths of the slices.
        unchecked
        {
            ref float from = ref MemoryMarshal.GetReference(source[..(rows * columns)]);
            ref float to = ref MemoryMarshal.GetReference(target[..(rows * columns)]);
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

    private Span<float> PatchesOf(in LayerFrame frame) => frame.Kept[..(frame.Rows * Places * PatchSize)];

    private Span<float> ByPlaceOf(in LayerFrame frame) => frame.Kept[(frame.Rows * Places * PatchSize)..];
}
