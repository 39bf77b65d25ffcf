using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>y = γ (x − mean) / sqrt(variance + ε) + β over the features of one row, or of one step of it.</summary>
/// <remarks>
/// Ba, Kiros and Hinton, "Layer normalization", arXiv 1607.06450, with PyTorch's ε. Kept: the normalised inputs, B × T
/// × F, then 1 / deviation, B × T.
/// </remarks>
internal sealed class LayerNormLayer(SampleShape shape) : Layer(shape, shape)
{
    public const float Epsilon = 1e-5f;

    public override int ParameterCount => 2 * Features;

    public override IEnumerable<ParameterBlock> Blocks =>
        [new("weight", 0, [Features]), new("bias", Features, [Features])];

    private int Features => Input.Features;

    public override int KeptSize(int rows) => checked(rows * Input.Steps * (Features + 1));

    public override int ScratchSize(int rows) => 2 * Features;

    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        parameters[..Features].Fill(1f);
        parameters[Features..].Clear();
    }

    public override void Forward(in LayerFrame frame)
    {
        ReadOnlySpan<float> gains = frame.Parameters[..Features];
        ReadOnlySpan<float> shifts = frame.Parameters[Features..];
        for (int place = 0; place < frame.Rows * Input.Steps; place++)
        {
            ReadOnlySpan<float> input = frame.Input.Slice(place * Features, Features);
            Span<float> output = frame.Output.Slice(place * Features, Features);
            Span<float> normal = NormalOf(frame, place);
            float mean = TreeSums.Sum(input) / Features;
            for (int i = 0; i < Features; i++)
            {
                normal[i] = input[i] - mean;
            }

            float variance = TreeSums.SquaredNorm(frame.Width, normal) / Features;
            float inverse = 1 / MathF.Sqrt(variance + Epsilon);
            InversesOf(frame)[place] = inverse;
            for (int i = 0; i < Features; i++)
            {
                normal[i] *= inverse;
                output[i] = (gains[i] * normal[i]) + shifts[i];
            }
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        ReadOnlySpan<float> gains = frame.Parameters[..Features];
        Span<float> pull = frame.Scratch[..Features];
        for (int place = 0; place < frame.Rows * Input.Steps; place++)
        {
            ReadOnlySpan<float> outputGradient = frame.OutputGradient.Slice(place * Features, Features);
            Span<float> inputGradient = frame.InputGradient.Slice(place * Features, Features);
            ReadOnlySpan<float> normal = NormalOf(frame, place);
            for (int i = 0; i < Features; i++)
            {
                pull[i] = outputGradient[i] * gains[i];
            }

            float meanPull = TreeSums.Sum(pull) / Features;
            float meanProduct = TreeSums.Dot(frame.Width, pull, normal) / Features;
            for (int i = 0; i < Features; i++)
            {
                inputGradient[i] = InversesOf(frame)[place] * (pull[i] - meanPull - (normal[i] * meanProduct));
            }
        }
    }

    public override void BackwardParameters(in LayerFrame frame, Span<float> gradientToAddTo) =>
        AddGradient(frame, 0, frame.Rows, gradientToAddTo);

    public override void AddSquaredNorms(in LayerFrame frame, PrivacyUnits units, Span<double> squaredNorms)
    {
        Span<float> gradient = frame.Scratch[..(2 * Features)];
        for (int first = 0; first < units.Rows;)
        {
            int end = units.EndOf(first);
            gradient.Clear();
            AddGradient(frame, first, end, gradient);
            squaredNorms[units.UnitOf(first)] += TreeSums.SquaredNorm(frame.Width, gradient);
            first = end;
        }
    }

    public override void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors) =>
        ScaleRows(frame, frame.OutputGradient, factors);

    private void AddGradient(in LayerFrame frame, int firstRow, int endRow, Span<float> gradientToAddTo)
    {
        for (int place = firstRow * Input.Steps; place < endRow * Input.Steps; place++)
        {
            ReadOnlySpan<float> outputGradient = frame.OutputGradient.Slice(place * Features, Features);
            ReadOnlySpan<float> normal = NormalOf(frame, place);
            for (int i = 0; i < Features; i++)
            {
                gradientToAddTo[i] += outputGradient[i] * normal[i];
                gradientToAddTo[Features + i] += outputGradient[i];
            }
        }
    }

    private Span<float> NormalOf(in LayerFrame frame, int place) => frame.Kept.Slice(place * Features, Features);

    private Span<float> InversesOf(in LayerFrame frame) => frame.Kept[(frame.Rows * Input.Size)..];
}
