using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>Multi-head attention of a sequence to itself; masked steps are not looked at.</summary>
/// <remarks>
/// Vaswani et al., NeurIPS 2017: per head softmax(Q Kᵀ / sqrt(d)) V, the heads side by side, then one more product.
/// Parameters as PyTorch's MultiheadAttention: W_in (3 E × E) for queries, keys and values, b_in, W_out (E × E), b_out.
/// Kept: queries, keys and values, B × T × 3 E, and their deltas; the heads' outputs, B × T × E, and the gradient
/// there; the attention weights, B × heads × T × T.
/// </remarks>
internal sealed class SelfAttentionLayer(SampleShape shape, int heads) : Layer(shape, shape)
{
    public override int ParameterCount => checked(4 * Features * (Features + 1));

    public override int ProductCount => 2;

    public override bool HasOnlyProducts => true;

    public override IEnumerable<ParameterBlock> Blocks =>
    [
        new("in_proj_weight", 0, [3 * Features, Features]),
        new("in_proj_bias", 3 * Features * Features, [3 * Features]),
        new("out_proj.weight", OutWeights, [Features, Features]),
        new("out_proj.bias", OutBiases, [Features]),
    ];

    // E.
    private int Features => Input.Features;

    // T.
    private int Steps => Input.Steps;

    // d.
    private int HeadSize => Features / heads;

    private int OutWeights => 3 * Features * (Features + 1);

    private int OutBiases => OutWeights + (Features * Features);

    private float Scale => 1 / MathF.Sqrt(HeadSize);

    public override int KeptSize(int rows) => checked(rows * Steps * ((8 * Features) + (heads * Steps)));

    public override int ScratchSize(int rows)
    {
        int product = int.Max(
            OuterProduct.ScratchSize(rows, Steps, Features, 3 * Features),
            OuterProduct.ScratchSize(rows, Steps, Features, Features));
        int wide = int.Max(3 * Features, rows * Steps);
        int packing = int.Max(Gemm.PackingSize(3 * Features, wide), Gemm.PackingSize(Steps, int.Max(Steps, Features)));
        return int.Max(product, (Steps * Steps) + packing);
    }

    /// <summary>Weights uniform in ±sqrt(6 / (inputs + outputs)), Glorot and Bengio 2010; biases 0.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        parameters.Clear();
        FillUniform(parameters[..(3 * Features * Features)], Math.Sqrt(6.0 / (4 * Features)), random);
        FillUniform(parameters.Slice(OutWeights, Features * Features), Math.Sqrt(3.0 / Features), random);
    }

    public override void Forward(in LayerFrame frame)
    {
        RequireStepMask(frame, Steps);
        Buffers buffers = BuffersOf(frame);
        int places = frame.Rows * Steps;
        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(frame.Input, places, Features),
            MatrixView.Of(frame.Parameters, 3 * Features, Features).Transposed,
            frame.Parameters.Slice(3 * Features * Features, 3 * Features),
            MatrixView.Of(buffers.Projected, places, 3 * Features),
            frame.Scratch);
        for (int row = 0; row < frame.Rows; row++)
        {
            for (int head = 0; head < heads; head++)
            {
                Span<float> weights = WeightsOf(buffers, row, head);
                MatrixView attention = MatrixView.Of(weights, Steps, Steps);
                MatrixView keys = HeadOf(buffers.Projected, row, head, 1);
                Gemm.Multiply(
                    frame.Width,
                    HeadOf(buffers.Projected, row, head, 0),
                    keys.Transposed,
                    attention,
                    SumsBegin.AtZero,
                    frame.Scratch);
                Softmax(frame, row, weights);
                Gemm.Multiply(
                    frame.Width,
                    attention,
                    HeadOf(buffers.Projected, row, head, 2),
                    OutputOf(buffers.Heads, row, head),
                    SumsBegin.AtZero,
                    frame.Scratch);
            }
        }

        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(buffers.Heads, places, Features),
            MatrixView.Of(frame.Parameters[OutWeights..], Features, Features).Transposed,
            frame.Parameters.Slice(OutBiases, Features),
            MatrixView.Of(frame.Output, places, Features),
            frame.Scratch);
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        Buffers buffers = BuffersOf(frame);
        int places = frame.Rows * Steps;
        Gemm.Multiply(
            frame.Width,
            MatrixView.Of(frame.OutputGradient, places, Features),
            MatrixView.Of(frame.Parameters[OutWeights..], Features, Features),
            MatrixView.Of(buffers.HeadsGradient, places, Features),
            SumsBegin.AtZero,
            frame.Scratch);
        for (int row = 0; row < frame.Rows; row++)
        {
            for (int head = 0; head < heads; head++)
            {
                HeadBackward(frame, buffers, row, head);
            }
        }

        if (!frame.InputGradient.IsEmpty)
        {
            Gemm.Multiply(
                frame.Width,
                MatrixView.Of(buffers.Deltas, places, 3 * Features),
                MatrixView.Of(frame.Parameters, 3 * Features, Features),
                MatrixView.Of(frame.InputGradient, places, Features),
                SumsBegin.AtZero,
                frame.Scratch);
        }
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index)
    {
        Buffers buffers = BuffersOf(frame);
        return new()
        {
            Steps = Steps,
            InputSize = Features,
            DeltaSize = index == 0 ? 3 * Features : Features,
            Inputs = index == 0 ? frame.Input : buffers.Heads,
            Deltas = index == 0 ? buffers.Deltas : frame.OutputGradient,
            WeightOffset = index == 0 ? 0 : OutWeights,
            BiasOffset = index == 0 ? 3 * Features * Features : OutBiases,
        };
    }

    private void HeadBackward(in LayerFrame frame, in Buffers buffers, int row, int head)
    {
        ReadOnlySpan<float> weights = WeightsOf(buffers, row, head);
        Span<float> scores = frame.Scratch[..(Steps * Steps)];
        Span<float> packing = frame.Scratch[scores.Length..];
        MatrixView outputGradient = OutputOf(buffers.HeadsGradient, row, head);
        MatrixView attention = MatrixView.Of(weights, Steps, Steps);
        MatrixView values = HeadOf(buffers.Projected, row, head, 2);
        MatrixView scoreGradient = MatrixView.Of(scores, Steps, Steps);
        Gemm.Multiply(
            frame.Width,
            attention.Transposed,
            outputGradient,
            HeadOf(buffers.Deltas, row, head, 2),
            SumsBegin.AtZero,
            packing);
        Gemm.Multiply(frame.Width, outputGradient, values.Transposed, scoreGradient, SumsBegin.AtZero, packing);

        // Through the softmax: dS = P (dP - sum_j P dP), then through the scale.
        for (int step = 0; step < Steps; step++)
        {
            ReadOnlySpan<float> weight = weights.Slice(step * Steps, Steps);
            Span<float> score = scores.Slice(step * Steps, Steps);
            float mean = TreeSums.Dot(frame.Width, weight, score);
            for (int i = 0; i < Steps; i++)
            {
                score[i] = weight[i] * (score[i] - mean) * Scale;
            }
        }

        Gemm.Multiply(
            frame.Width,
            scoreGradient,
            HeadOf(buffers.Projected, row, head, 1),
            HeadOf(buffers.Deltas, row, head, 0),
            SumsBegin.AtZero,
            packing);
        Gemm.Multiply(
            frame.Width,
            scoreGradient.Transposed,
            HeadOf(buffers.Projected, row, head, 0),
            HeadOf(buffers.Deltas, row, head, 1),
            SumsBegin.AtZero,
            packing);
    }

    // A row with nothing to look at attends to nothing.
    private void Softmax(in LayerFrame frame, int row, Span<float> weights)
    {
        ReadOnlySpan<float> mask = frame.StepMask.IsEmpty ? default : frame.StepMask.Slice(row * Steps, Steps);
        for (int step = 0; step < Steps; step++)
        {
            Span<float> scores = weights.Slice(step * Steps, Steps);
            float largest = float.NegativeInfinity;
            for (int i = 0; i < Steps; i++)
            {
                largest = IsSeen(mask, i) && scores[i] > largest ? scores[i] : largest;
            }

            for (int i = 0; i < Steps; i++)
            {
                scores[i] = (scores[i] - largest) * Scale;
            }

            Elementwise.Forward<ExponentialCurve>(frame.Width, scores, scores);
            for (int i = 0; i < Steps; i++)
            {
                scores[i] = IsSeen(mask, i) ? scores[i] : 0;
            }

            float sum = TreeSums.Sum(scores);
            Elementwise.Scale(frame.Width, sum > 0 ? 1 / sum : 0, scores);
        }
    }

    private static bool IsSeen(ReadOnlySpan<float> mask, int step) => mask.IsEmpty || mask[step] != 0;

    private MatrixView HeadOf(Span<float> projected, int row, int head, int which) => MatrixView.Of(
        projected[((row * Steps * 3 * Features) + (which * Features) + (head * HeadSize))..],
        Steps,
        HeadSize,
        3 * Features);

    private MatrixView OutputOf(Span<float> outputs, int row, int head) => MatrixView.Of(
        outputs[((row * Steps * Features) + (head * HeadSize))..], Steps, HeadSize, Features);

    private Span<float> WeightsOf(in Buffers buffers, int row, int head) =>
        buffers.Weights.Slice(((row * heads) + head) * Steps * Steps, Steps * Steps);

    private Buffers BuffersOf(in LayerFrame frame)
    {
        int one = frame.Rows * Steps * Features;
        return new()
        {
            Projected = frame.Kept[..(3 * one)],
            Deltas = frame.Kept.Slice(3 * one, 3 * one),
            Heads = frame.Kept.Slice(6 * one, one),
            HeadsGradient = frame.Kept.Slice(7 * one, one),
            Weights = frame.Kept[(8 * one)..],
        };
    }

    private readonly ref struct Buffers
    {
        public required Span<float> Projected { get; init; }

        public required Span<float> Deltas { get; init; }

        public required Span<float> Heads { get; init; }

        public required Span<float> HeadsGradient { get; init; }

        public required Span<float> Weights { get; init; }
    }
}
