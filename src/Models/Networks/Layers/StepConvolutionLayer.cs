using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>A convolution along the steps of a sequence; W is O × F × K, then b, as in PyTorch's Conv1d.</summary>
/// <remarks>Kept: the unfolded windows, B × T' × F K.</remarks>
internal sealed class StepConvolutionLayer(SampleShape input, int channels, int kernel, int stride, int padding)
    : Layer(input, SampleShape.Sequence(((input.Steps + (2 * padding) - kernel) / stride) + 1, channels))
{
    public override int ParameterCount => checked((PatchSize + 1) * channels);

    public override int ProductCount => 1;

    public override bool HasOnlyProducts => true;

    public override IEnumerable<ParameterBlock> Blocks =>
        [new("weight", 0, [channels, Input.Features, kernel]), new("bias", channels * PatchSize, [channels])];

    private int PatchSize => Input.Features * kernel;

    public override int KeptSize(int rows) => checked(rows * Output.Steps * PatchSize);

    public override int ScratchSize(int rows) => int.Max(
        OuterProduct.ScratchSize(rows, Output.Steps, PatchSize, channels),
        KeptSize(rows) + int.Max(
            Gemm.PackingSize(PatchSize, channels == 1 ? rows * Output.Steps : channels),
            Gemm.PackingSize(channels, PatchSize == 1 ? rows * Output.Steps : PatchSize)));

    /// <summary>Weights uniform in ±sqrt(3 / (F K)); biases 0.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        FillUniform(parameters[..(channels * PatchSize)], Math.Sqrt(3.0 / PatchSize), random);
        parameters[(channels * PatchSize)..].Clear();
    }

    public override void Forward(in LayerFrame frame)
    {
        for (int window = 0; window < frame.Rows * Output.Steps; window++)
        {
            Span<float> patch = frame.Kept.Slice(window * PatchSize, PatchSize);
            for (int k = 0; k < kernel; k++)
            {
                int step = StepOf(window, k);
                for (int feature = 0; feature < Input.Features; feature++)
                {
                    patch[(feature * kernel) + k] = step < 0 ? 0 : frame.Input[(step * Input.Features) + feature];
                }
            }
        }

        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(frame.Kept, frame.Rows * Output.Steps, PatchSize),
            MatrixView.Of(frame.Parameters, channels, PatchSize).Transposed,
            frame.Parameters.Slice(channels * PatchSize, channels),
            MatrixView.Of(frame.Output, frame.Rows * Output.Steps, channels),
            frame.Scratch);
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        Span<float> patches = frame.Scratch[..KeptSize(frame.Rows)];
        Gemm.Multiply(
            frame.Width,
            MatrixView.Of(frame.OutputGradient, frame.Rows * Output.Steps, channels),
            MatrixView.Of(frame.Parameters, channels, PatchSize),
            MatrixView.Of(patches, frame.Rows * Output.Steps, PatchSize),
            SumsBegin.AtZero,
            frame.Scratch[patches.Length..]);
        frame.InputGradient.Clear();
        for (int window = 0; window < frame.Rows * Output.Steps; window++)
        {
            ReadOnlySpan<float> patch = patches.Slice(window * PatchSize, PatchSize);
            for (int k = 0; k < kernel; k++)
            {
                int step = StepOf(window, k);
                for (int feature = 0; feature < Input.Features && step >= 0; feature++)
                {
                    frame.InputGradient[(step * Input.Features) + feature] += patch[(feature * kernel) + k];
                }
            }
        }
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index) => new()
    {
        Steps = Output.Steps,
        InputSize = PatchSize,
        DeltaSize = channels,
        Inputs = frame.Kept,
        Deltas = frame.OutputGradient,
        WeightOffset = 0,
        BiasOffset = channels * PatchSize,
    };

    // Entry k of a window, as a step counted over the whole batch; negative in the padding.
    private int StepOf(int window, int k)
    {
        (int row, int place) = int.DivRem(window, Output.Steps);
        int step = (place * stride) + k - padding;
        return step < 0 || step >= Input.Steps ? -1 : (row * Input.Steps) + step;
    }
}
