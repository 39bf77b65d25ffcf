using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>Attention of the nodes of a fixed graph to their neighbours; masked nodes are not looked at.</summary>
/// <remarks>
/// <para>
/// Veličković et al., ICLR 2018, equations 1 to 6, without the last curve, which is a layer of its own. Per head, with
/// p_i = W h_i: s_ij = a_targetᵀ p_i + a_sourceᵀ p_j, α_ij the softmax of LeakyReLU(s_ij) over the j that i looks at,
/// h'_i = Σ_j α_ij p_j. The heads stand side by side or are averaged; then a bias is added.
/// </para>
/// <para>
/// With K heads of width F, parameters are those of PyTorch Geometric's GATConv: W (K F × I), a_source and a_target
/// (K × F), b (K F, or F where heads are averaged). Kept, per row: p (N × K F) and its delta; a_targetᵀ p and
/// a_sourceᵀ p (N × K each) and their deltas; α (K × edges).
/// </para>
/// </remarks>
internal sealed class GraphAttentionLayer(
    SampleShape input, Neighbourhoods graph, int width, int heads, bool joined)
    : Layer(input, SampleShape.Sequence(input.Steps, joined ? heads * width : width))
{
    /// <summary>Slope of LeakyReLU below 0: the paper, §2.1.</summary>
    public const float NegativeSlope = 0.2f;

    public override int ParameterCount => checked(Biases + Output.Features);

    public override int ProductCount => 1;

    public override IEnumerable<ParameterBlock> Blocks =>
    [
        new("lin.weight", 0, [All, Input.Features]),
        new("att_src", SourceVectors, [heads, width]),
        new("att_dst", TargetVectors, [heads, width]),
        new("bias", Biases, [Output.Features]),
    ];

    // N.
    private int Nodes => graph.Nodes;

    // K F.
    private int All => checked(heads * width);

    private int SourceVectors => checked(All * Input.Features);

    private int TargetVectors => SourceVectors + All;

    private int Biases => TargetVectors + All;

    // What the gradient of a head's output is of the layer's.
    private float Share => joined ? 1f : 1f / heads;

    public override int KeptSize(int rows) =>
        checked(rows * ((2 * Nodes * All) + (4 * Nodes * heads) + (heads * graph.Edges)));

    public override int ScratchSize(int rows) => int.Max(
        int.Max(OuterProduct.ScratchSize(rows, Nodes, Input.Features, All), (2 * All) + Output.Features),
        int.Max(
            Gemm.PackedSize(Input.Features, All == 1 ? rows * Nodes : All),
            Gemm.PackedSize(All, Input.Features == 1 ? rows * Nodes : Input.Features)));

    /// <summary>Weights uniform in ±sqrt(6 / (inputs + outputs)), Glorot and Bengio 2010; biases 0.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        parameters.Clear();
        FillUniform(parameters[..SourceVectors], Math.Sqrt(6.0 / (Input.Features + All)), random);
        FillUniform(parameters[SourceVectors..Biases], Math.Sqrt(6.0 / (heads + width)), random);
    }

    public override void Forward(in LayerFrame frame)
    {
        RequireStepMask(frame, Nodes);
        Buffers buffers = BuffersOf(frame);
        Gemm.Multiply(
            frame.Width,
            MatrixView.Of(frame.Input, frame.Rows * Nodes, Input.Features),
            MatrixView.Of(frame.Parameters, All, Input.Features).Transposed,
            MatrixView.Of(buffers.Projected, frame.Rows * Nodes, All),
            SumsBegin.AtZero,
            frame.Scratch);
        for (int row = 0; row < frame.Rows; row++)
        {
            for (int node = 0; node < Nodes; node++)
            {
                frame.Parameters.Slice(Biases, Output.Features).CopyTo(OutputOf(frame.Output, row, node));
            }

            for (int head = 0; head < heads; head++)
            {
                Score(frame, buffers, row, head);
                for (int node = 0; node < Nodes; node++)
                {
                    Attend(frame, buffers, row, head, node);
                }
            }
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        Buffers buffers = BuffersOf(frame);
        buffers.Deltas.Clear();
        buffers.SourceDeltas.Clear();
        for (int row = 0; row < frame.Rows; row++)
        {
            for (int head = 0; head < heads; head++)
            {
                for (int node = 0; node < Nodes; node++)
                {
                    AttendBackward(frame, buffers, row, head, node);
                }

                ScoreBackward(frame, buffers, row, head);
            }
        }

        if (!frame.InputGradient.IsEmpty)
        {
            Gemm.Multiply(
                frame.Width,
                MatrixView.Of(buffers.Deltas, frame.Rows * Nodes, All),
                MatrixView.Of(frame.Parameters, All, Input.Features),
                MatrixView.Of(frame.InputGradient, frame.Rows * Nodes, Input.Features),
                SumsBegin.AtZero,
                frame.Scratch);
        }
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index) => new()
    {
        Steps = Nodes,
        InputSize = Input.Features,
        DeltaSize = All,
        Inputs = frame.Input,
        Deltas = BuffersOf(frame).Deltas,
        WeightOffset = 0,
        BiasOffset = -1,
    };

    public override void BackwardParameters(in LayerFrame frame, Span<float> gradientToAddTo)
    {
        base.BackwardParameters(frame, gradientToAddTo);
        AddVectorGradient(frame, 0, frame.Rows, gradientToAddTo[SourceVectors..]);
    }

    public override void AddSquaredNorms(in LayerFrame frame, PrivacyUnits units, Span<double> squaredNorms)
    {
        base.AddSquaredNorms(frame, units, squaredNorms);
        Span<float> gradient = frame.Scratch[..(ParameterCount - SourceVectors)];
        for (int first = 0; first < units.Rows;)
        {
            int end = units.EndOf(first);
            gradient.Clear();
            AddVectorGradient(frame, first, end, gradient);
            squaredNorms[units.UnitOf(first)] += TreeSums.SquaredNorm(frame.Width, gradient);
            first = end;
        }
    }

    public override void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors)
    {
        Buffers buffers = BuffersOf(frame);
        ScaleRows(frame, buffers.Deltas, factors);
        ScaleRows(frame, buffers.SourceDeltas, factors);
        ScaleRows(frame, buffers.TargetDeltas, factors);
        ScaleRows(frame, frame.OutputGradient, factors);
    }

    private void Score(in LayerFrame frame, in Buffers buffers, int row, int head)
    {
        for (int node = 0; node < Nodes; node++)
        {
            ReadOnlySpan<float> projected = HeadOf(buffers.Projected, row, node, head);
            buffers.SourceScores[PlaceOf(row, node, head)] =
                TreeSums.Dot(frame.Width, VectorOf(frame, SourceVectors, head), projected);
            buffers.TargetScores[PlaceOf(row, node, head)] =
                TreeSums.Dot(frame.Width, VectorOf(frame, TargetVectors, head), projected);
        }
    }

    // A node with nothing to look at takes in nothing.
    private void Attend(in LayerFrame frame, in Buffers buffers, int row, int head, int node)
    {
        ReadOnlySpan<int> sources = graph.SourcesOf(node);
        Span<float> weights = WeightsOf(buffers, row, head, node);
        float largest = float.NegativeInfinity;
        for (int i = 0; i < sources.Length; i++)
        {
            float score = ScoreOf(buffers, row, head, node, sources[i]);
            weights[i] = score > 0 ? score : NegativeSlope * score;
            largest = IsSeen(frame, row, sources[i]) && weights[i] > largest ? weights[i] : largest;
        }

        for (int i = 0; i < sources.Length; i++)
        {
            weights[i] -= largest;
        }

        Elementwise.Forward<ExponentialCurve>(frame.Width, weights, weights);
        for (int i = 0; i < sources.Length; i++)
        {
            weights[i] = IsSeen(frame, row, sources[i]) ? weights[i] : 0;
        }

        float sum = TreeSums.Sum(weights);
        Elementwise.Scale(frame.Width, sum > 0 ? 1 / sum : 0, weights);
        Span<float> output = HeadOutputOf(frame.Output, row, node, head);
        for (int i = 0; i < sources.Length; i++)
        {
            Elementwise.AddScaled(
                frame.Width, Share * weights[i], HeadOf(buffers.Projected, row, sources[i], head), output);
        }
    }

    // Through the softmax: dL/de_ij = α_ij (g_ij − Σ_j α_ij g_ij) with g_ij = dL/dh'_i · p_j; then LeakyReLU.
    private void AttendBackward(in LayerFrame frame, in Buffers buffers, int row, int head, int node)
    {
        ReadOnlySpan<int> sources = graph.SourcesOf(node);
        ReadOnlySpan<float> weights = WeightsOf(buffers, row, head, node);
        ReadOnlySpan<float> outputGradient = HeadOutputOf(frame.OutputGradient, row, node, head);
        float mean = 0;
        for (int i = 0; i < sources.Length; i++)
        {
            float pull = PullOf(frame, buffers, outputGradient, row, head, sources[i]);
            mean = MathF.FusedMultiplyAdd(weights[i], pull, mean);
        }

        float sum = 0;
        for (int i = 0; i < sources.Length; i++)
        {
            float pull = PullOf(frame, buffers, outputGradient, row, head, sources[i]);
            float slope = ScoreOf(buffers, row, head, node, sources[i]) > 0 ? 1 : NegativeSlope;
            float delta = weights[i] * (pull - mean) * slope;
            buffers.SourceDeltas[PlaceOf(row, sources[i], head)] += delta;
            sum += delta;
            Elementwise.AddScaled(
                frame.Width, Share * weights[i], outputGradient, HeadOf(buffers.Deltas, row, sources[i], head));
        }

        buffers.TargetDeltas[PlaceOf(row, node, head)] = sum;
    }

    private void ScoreBackward(in LayerFrame frame, in Buffers buffers, int row, int head)
    {
        for (int node = 0; node < Nodes; node++)
        {
            Span<float> deltas = HeadOf(buffers.Deltas, row, node, head);
            int place = PlaceOf(row, node, head);
            Elementwise.AddScaled(
                frame.Width, buffers.SourceDeltas[place], VectorOf(frame, SourceVectors, head), deltas);
            Elementwise.AddScaled(
                frame.Width, buffers.TargetDeltas[place], VectorOf(frame, TargetVectors, head), deltas);
        }
    }

    // The gradients of a_source, a_target and b.
    private void AddVectorGradient(in LayerFrame frame, int firstRow, int endRow, Span<float> gradientToAddTo)
    {
        Buffers buffers = BuffersOf(frame);
        for (int row = firstRow; row < endRow; row++)
        {
            for (int node = 0; node < Nodes; node++)
            {
                for (int head = 0; head < heads; head++)
                {
                    ReadOnlySpan<float> projected = HeadOf(buffers.Projected, row, node, head);
                    int place = PlaceOf(row, node, head);
                    Elementwise.AddScaled(
                        frame.Width,
                        buffers.SourceDeltas[place],
                        projected,
                        gradientToAddTo.Slice(head * width, width));
                    Elementwise.AddScaled(
                        frame.Width,
                        buffers.TargetDeltas[place],
                        projected,
                        gradientToAddTo.Slice(All + (head * width), width));
                }

                Elementwise.Add(frame.Width, OutputOf(frame.OutputGradient, row, node), gradientToAddTo[(2 * All)..]);
            }
        }
    }

    // dL/dα of one edge.
    private float PullOf(
        in LayerFrame frame, in Buffers buffers, ReadOnlySpan<float> outputGradient, int row, int head, int source) =>
        Share * TreeSums.Dot(frame.Width, outputGradient, HeadOf(buffers.Projected, row, source, head));

    private float ScoreOf(in Buffers buffers, int row, int head, int target, int source) =>
        buffers.TargetScores[PlaceOf(row, target, head)] + buffers.SourceScores[PlaceOf(row, source, head)];

    private bool IsSeen(in LayerFrame frame, int row, int node) =>
        frame.StepMask.IsEmpty || frame.StepMask[(row * Nodes) + node] != 0;

    private int PlaceOf(int row, int node, int head) => (((row * Nodes) + node) * heads) + head;

    private ReadOnlySpan<float> VectorOf(in LayerFrame frame, int vectors, int head) =>
        frame.Parameters.Slice(vectors + (head * width), width);

    private Span<float> HeadOf(Span<float> projected, int row, int node, int head) =>
        projected.Slice(PlaceOf(row, node, head) * width, width);

    private Span<float> OutputOf(Span<float> outputs, int row, int node) =>
        outputs.Slice(((row * Nodes) + node) * Output.Features, Output.Features);

    private Span<float> HeadOutputOf(Span<float> outputs, int row, int node, int head) =>
        OutputOf(outputs, row, node).Slice(joined ? head * width : 0, width);

    private Span<float> WeightsOf(in Buffers buffers, int row, int head, int node) => buffers.Weights.Slice(
        (((row * heads) + head) * graph.Edges) + graph.FirstEdgeOf(node), graph.SourcesOf(node).Length);

    private Buffers BuffersOf(in LayerFrame frame)
    {
        int projected = frame.Rows * Nodes * All;
        int scores = frame.Rows * Nodes * heads;
        Span<float> ofScores = frame.Kept[(2 * projected)..];
        return new()
        {
            Projected = frame.Kept[..projected],
            Deltas = frame.Kept.Slice(projected, projected),
            SourceScores = ofScores[..scores],
            TargetScores = ofScores.Slice(scores, scores),
            SourceDeltas = ofScores.Slice(2 * scores, scores),
            TargetDeltas = ofScores.Slice(3 * scores, scores),
            Weights = ofScores[(4 * scores)..],
        };
    }

    private readonly ref struct Buffers
    {
        public required Span<float> Projected { get; init; }

        public required Span<float> Deltas { get; init; }

        public required Span<float> SourceScores { get; init; }

        public required Span<float> TargetScores { get; init; }

        public required Span<float> SourceDeltas { get; init; }

        public required Span<float> TargetDeltas { get; init; }

        public required Span<float> Weights { get; init; }
    }
}
