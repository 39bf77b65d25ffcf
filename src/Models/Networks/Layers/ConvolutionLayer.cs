using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>A two-dimensional convolution (cross-correlation, as in PyTorch); W is O × C × K × K, then b.</summary>
/// <remarks>
/// By unfolding (Chellapilla, Puri and Simard 2006): a product with the matrix of all patches of an image, one image at
/// a time. Kept: the patches, B × C K² × windows.
/// </remarks>
internal sealed class ConvolutionLayer(Windows windows, int channels)
    : Layer(windows.Input, SampleShape.Image(channels, windows.Rows, windows.Columns))
{
    private readonly Windows _windows = windows;

    public override int ParameterCount => checked((PatchSize + 1) * Channels);

    public override int ProductCount => 1;

    public override IEnumerable<ParameterBlock> Blocks =>
    [
        new("weight", 0, [Channels, Input.Channels, _windows.Size, _windows.Size]),
        new("bias", Channels * PatchSize, [Channels]),
    ];

    private int Channels => Output.Channels;

    private int PatchSize => _windows.PatchSize;

    private int Places => _windows.Count;

    public override int KeptSize(int rows) => checked(rows * PatchSize * Places);

    public override int ScratchSize(int rows) => int.Max(
        OuterProduct.ScratchSize(1, Places, PatchSize, Channels),
        (PatchSize * Places) + int.Max(
            Gemm.PackedSize(PatchSize, Places == 1 ? Channels : Places),
            Gemm.PackedSize(Channels, Places == 1 ? PatchSize : Places)));

    /// <summary>Weights uniform in ±sqrt(3 / (C K²)); biases 0.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        FillUniform(parameters[..(Channels * PatchSize)], Math.Sqrt(3.0 / PatchSize), random);
        parameters[(Channels * PatchSize)..].Clear();
    }

    public override void Forward(in LayerFrame frame)
    {
        MatrixView weights = MatrixView.Of(frame.Parameters, Channels, PatchSize);
        ReadOnlySpan<float> biases = frame.Parameters.Slice(Channels * PatchSize, Channels);
        for (int row = 0; row < frame.Rows; row++)
        {
            Span<float> patches = frame.Kept.Slice(row * PatchSize * Places, PatchSize * Places);
            _windows.Unfold(frame.Input.Slice(row * Input.Size, Input.Size), patches);
            Span<float> output = frame.Output.Slice(row * Output.Size, Output.Size);
            for (int channel = 0; channel < Channels; channel++)
            {
                output.Slice(channel * Places, Places).Fill(biases[channel]);
            }

            Gemm.Multiply(
                frame.Width,
                weights,
                MatrixView.Of(patches, PatchSize, Places),
                MatrixView.Of(output, Channels, Places),
                SumsBegin.AtTarget,
                frame.Scratch);
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        MatrixView weights = MatrixView.Of(frame.Parameters, Channels, PatchSize);
        Span<float> patchGradient = frame.Scratch[..(PatchSize * Places)];
        Span<float> packing = frame.Scratch[patchGradient.Length..];
        frame.InputGradient.Clear();
        for (int row = 0; row < frame.Rows; row++)
        {
            ReadOnlySpan<float> outputGradient = frame.OutputGradient.Slice(row * Output.Size, Output.Size);
            Gemm.Multiply(
                frame.Width,
                weights.Transposed,
                MatrixView.Of(outputGradient, Channels, Places),
                MatrixView.Of(patchGradient, PatchSize, Places),
                SumsBegin.AtZero,
                packing);
            _windows.FoldAdd(patchGradient, frame.InputGradient.Slice(row * Input.Size, Input.Size));
        }
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index) => new()
    {
        Steps = Places,
        InputSize = PatchSize,
        DeltaSize = Channels,
        Inputs = frame.Kept,
        Deltas = frame.OutputGradient,
        WeightOffset = 0,
        BiasOffset = Channels * PatchSize,
        StepsAreColumns = true,
    };
}
