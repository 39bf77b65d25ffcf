using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>GRU-D, the gated recurrent unit whose inputs and state decay while nothing is observed.</summary>
/// <remarks>
/// <para>
/// Che et al., Scientific Reports 8:6085, 2018, equations 10 to 16. With values x, masks m (1 where observed), times δ
/// since the last observation x', and means x̄:
/// γ_x = e^(−max(0, w_x δ + b_x)), one weight per value; γ_h = e^(−max(0, W_h δ + b_h));
/// x̂ = m x + (1 − m)(γ_x x' + (1 − γ_x) x̄); ĥ = γ_h h;
/// r = σ(W_r x̂ + U_r ĥ + V_r m + b_r), z likewise; n = tanh(W x̂ + U (r ĥ) + V m + b); h' = (1 − z) ĥ + z n.
/// Before the first observation of a value x̂ is x̄. The state starts at 0; a masked step hands it on unchanged, and
/// what it observed is not used.
/// </para>
/// <para>
/// Parameters: w_x and b_x (D each), W_h (H × D) and b_h, [W V] (3 H × 2 D; r, z, n), U (3 H × H), b (3 H). Unlike in
/// <see cref="GruLayer"/> the reset gate stands before the product, and z weighs the new state, as the paper has them.
/// </para>
/// <para>
/// Kept, per row: over the steps δ (D), x̂ and m (2 D), γ_x (x' − x̄) (D), r and z (2 H), n, γ_h, ĥ and r ĥ (H each);
/// then the state and the gradient carried back (H each). The backward pass turns r, z, n, γ_h and γ_x (x' − x̄) into
/// deltas.
/// </para>
/// </remarks>
internal sealed class GruDLayer : Layer
{
    /// <summary>Values, masks and times: the input has this many floats per value.</summary>
    public const int Parts = 3;

    private readonly GapFilling _gaps;
    private readonly bool _onlyLast;

    public GruDLayer(SampleShape input, int hidden, bool onlyLast, float[] means)
        : base(input, onlyLast ? SampleShape.Vector(hidden) : SampleShape.Sequence(input.Steps, hidden))
    {
        Hidden = hidden;
        _onlyLast = onlyLast;
        _gaps = new GapFilling(input.Steps, means);
    }

    public override int ParameterCount => checked(Biases + (3 * Hidden));

    public override int ProductCount => 5;

    public override IEnumerable<ParameterBlock> Blocks =>
    [
        new("decay_x.weight", 0, [Values]),
        new("decay_x.bias", Values, [Values]),
        new("decay_h.weight", StateDecay, [Hidden, Values]),
        new("decay_h.bias", StateDecayBiases, [Hidden]),
        new("weight_ih", InputWeights, [3 * Hidden, 2 * Values]),
        new("weight_hh", StateWeights, [3 * Hidden, Hidden]),
        new("bias", Biases, [3 * Hidden]),
    ];

    // H.
    private int Hidden { get; }

    // D.
    private int Values => _gaps.Values;

    private int Steps => Input.Steps;

    private int StateDecay => 2 * Values;

    private int StateDecayBiases => StateDecay + (Hidden * Values);

    private int InputWeights => StateDecayBiases + Hidden;

    private int StateWeights => InputWeights + (3 * Hidden * 2 * Values);

    private int Biases => StateWeights + (3 * Hidden * Hidden);

    public override int KeptSize(int rows) =>
        checked(rows * ((Steps * ((4 * Values) + (6 * Hidden))) + (2 * Hidden)));

    public override int ScratchSize(int rows)
    {
        int pairs = checked(rows * Steps);
        int states = (rows * Hidden) + Gemm.PackedSize(Hidden, 2 * Hidden) + Gemm.PackedSize(2 * Hidden, Hidden);
        int inputs = (pairs * Values) + Gemm.PackedSize(2 * Hidden, Values == 1 ? pairs : Values);
        int forward = int.Max(
            Gemm.PackedSize(2 * Values, Hidden == 1 ? pairs : 2 * Hidden),
            Gemm.PackedSize(Values, Hidden == 1 ? pairs : Hidden));
        int products = 2 * Values;
        foreach ((int size, int deltas) in ((int, int)[])
            [(2 * Values, 2 * Hidden), (2 * Values, Hidden), (Hidden, 2 * Hidden), (Hidden, Hidden), (Values, Hidden)])
        {
            products = int.Max(products, OuterProduct.ScratchSize(rows, Steps, size, deltas));
        }

        return int.Max(int.Max(states, inputs), int.Max(forward, products));
    }

    /// <summary>
    /// Gates uniform in ±1 / sqrt(H), as <see cref="GruLayer"/>'s; decay weights uniform in (0, 1) for a value and in
    /// (0, 1 / D) for the state, decay biases 0: a decay below its beginning has no derivative and might never begin.
    /// </summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        parameters.Clear();
        FillPositive(parameters[..Values], 1, random);
        FillPositive(parameters.Slice(StateDecay, Hidden * Values), 1.0 / Values, random);
        FillUniform(parameters[InputWeights..], 1 / Math.Sqrt(Hidden), random);
    }

    public override void Forward(in LayerFrame frame)
    {
        RequireStepMask(frame, Steps);
        Buffers buffers = BuffersOf(frame);
        _gaps.Fill(frame, buffers.Since, buffers.Seen, buffers.Pull);
        Project(frame, buffers);

        Span<float> gateWeights = frame.Scratch[..Gemm.PackedSize(Hidden, 2 * Hidden)];
        Span<float> freshWeights = frame.Scratch[gateWeights.Length..];
        Gemm.Pack(frame.Width, GateStateWeights(frame).Transposed, gateWeights);
        Gemm.Pack(frame.Width, FreshStateWeights(frame).Transposed, freshWeights);
        buffers.State.Clear();
        for (int step = 0; step < Steps; step++)
        {
            for (int row = 0; row < frame.Rows; row++)
            {
                GruDKernel.Multiply(
                    frame.Width,
                    At(buffers.Fade, row, step, Hidden),
                    buffers.State.Slice(row * Hidden, Hidden),
                    At(buffers.Faded, row, step, Hidden));
            }

            Gemm.MultiplyPacked(
                frame.Width,
                StepOf(buffers.Faded, frame.Rows, step, Hidden),
                gateWeights,
                StepOf(buffers.Gates, frame.Rows, step, 2 * Hidden),
                SumsBegin.AtTarget);
            for (int row = 0; row < frame.Rows; row++)
            {
                GruDKernel.Reset(
                    frame.Width,
                    At(buffers.Gates, row, step, 2 * Hidden),
                    At(buffers.Faded, row, step, Hidden),
                    At(buffers.Reset, row, step, Hidden));
            }

            Gemm.MultiplyPacked(
                frame.Width,
                StepOf(buffers.Reset, frame.Rows, step, Hidden),
                freshWeights,
                StepOf(buffers.Fresh, frame.Rows, step, Hidden),
                SumsBegin.AtTarget);
            for (int row = 0; row < frame.Rows; row++)
            {
                NextState(frame, buffers, row, step);
            }
        }

        if (_onlyLast)
        {
            buffers.State.CopyTo(frame.Output);
        }
    }

    /// <summary>The observations are the network's input, and nobody asks for their gradient.</summary>
    public override void BackwardInput(in LayerFrame frame)
    {
        Buffers buffers = BuffersOf(frame);
        Span<float> resetGradient = frame.Scratch[..(frame.Rows * Hidden)];
        Span<float> gateWeights =
            frame.Scratch.Slice(resetGradient.Length, Gemm.PackedSize(2 * Hidden, Hidden));
        Span<float> freshWeights = frame.Scratch[(resetGradient.Length + gateWeights.Length)..];
        Gemm.Pack(frame.Width, GateStateWeights(frame), gateWeights);
        Gemm.Pack(frame.Width, FreshStateWeights(frame), freshWeights);
        Span<float> carried = buffers.Carried;
        carried.Clear();
        for (int step = Steps - 1; step >= 0; step--)
        {
            for (int row = 0; row < frame.Rows; row++)
            {
                BeginStepBackward(frame, buffers, row, step);
            }

            Gemm.MultiplyPacked(
                frame.Width,
                StepOf(buffers.Fresh, frame.Rows, step, Hidden),
                freshWeights,
                MatrixView.Of(resetGradient, frame.Rows, Hidden),
                SumsBegin.AtZero);
            for (int row = 0; row < frame.Rows; row++)
            {
                if (!IsMasked(frame, row, step))
                {
                    GruDKernel.BackwardReset(
                        frame.Width,
                        At(buffers.Gates, row, step, 2 * Hidden),
                        resetGradient.Slice(row * Hidden, Hidden),
                        At(buffers.Faded, row, step, Hidden),
                        carried.Slice(row * Hidden, Hidden));
                }
            }

            Gemm.MultiplyPacked(
                frame.Width,
                StepOf(buffers.Gates, frame.Rows, step, 2 * Hidden),
                gateWeights,
                MatrixView.Of(carried, frame.Rows, Hidden),
                SumsBegin.AtTarget);
            for (int row = 0; row < frame.Rows; row++)
            {
                DecayBackward(frame, buffers, row, step);
            }
        }

        ImputeBackward(frame, buffers);
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index)
    {
        Buffers buffers = BuffersOf(frame);
        bool ofFresh = index is 1 or 3;
        return new()
        {
            Steps = Steps,
            InputSize = index switch { 0 or 1 => 2 * Values, 4 => Values, _ => Hidden },
            DeltaSize = index is 0 or 2 ? 2 * Hidden : Hidden,
            Inputs = index switch
            {
                0 or 1 => buffers.Seen,
                2 => buffers.Faded,
                3 => buffers.Reset,
                _ => buffers.Since,
            },
            Deltas = index == 4 ? buffers.Fade : ofFresh ? buffers.Fresh : buffers.Gates,
            WeightOffset = index switch
            {
                0 => InputWeights,
                1 => InputWeights + FreshRows(2 * Values),
                2 => StateWeights,
                3 => StateWeights + FreshRows(Hidden),
                _ => StateDecay,
            },
            BiasOffset = index switch { 0 => Biases, 1 => Biases + FreshRows(1), 4 => StateDecayBiases, _ => -1 },
        };
    }

    public override void BackwardParameters(in LayerFrame frame, Span<float> gradientToAddTo)
    {
        base.BackwardParameters(frame, gradientToAddTo);
        Buffers buffers = BuffersOf(frame);
        _gaps.AddGradient(buffers.Since, buffers.Pull, gradientToAddTo);
    }

    public override void AddSquaredNorms(in LayerFrame frame, PrivacyUnits units, Span<double> squaredNorms)
    {
        base.AddSquaredNorms(frame, units, squaredNorms);
        Buffers buffers = BuffersOf(frame);
        Span<float> gradient = frame.Scratch[..(2 * Values)];
        for (int first = 0; first < units.Rows;)
        {
            int end = units.EndOf(first);
            Range floats = (first * Steps * Values)..(end * Steps * Values);
            gradient.Clear();
            _gaps.AddGradient(buffers.Since[floats], buffers.Pull[floats], gradient);
            squaredNorms[units.UnitOf(first)] += TreeSums.SquaredNorm(frame.Width, gradient);
            first = end;
        }
    }

    // Not product by product: two of them share their deltas.
    public override void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors)
    {
        Buffers buffers = BuffersOf(frame);
        ScaleRows(frame, buffers.Gates, factors);
        ScaleRows(frame, buffers.Fresh, factors);
        ScaleRows(frame, buffers.Fade, factors);
        ScaleRows(frame, buffers.Pull, factors);
    }

    // The parts of the gates that do not depend on the state, for all steps at once.
    private void Project(in LayerFrame frame, in Buffers buffers)
    {
        int pairs = frame.Rows * Steps;
        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(buffers.Since, pairs, Values),
            MatrixView.Of(frame.Parameters[StateDecay..], Hidden, Values).Transposed,
            frame.Parameters.Slice(StateDecayBiases, Hidden),
            MatrixView.Of(buffers.Fade, pairs, Hidden),
            frame.Scratch);
        Elementwise.Forward<DecayCurve>(frame.Width, buffers.Fade, buffers.Fade);
        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(buffers.Seen, pairs, 2 * Values),
            MatrixView.Of(frame.Parameters[InputWeights..], 2 * Hidden, 2 * Values).Transposed,
            frame.Parameters.Slice(Biases, 2 * Hidden),
            MatrixView.Of(buffers.Gates, pairs, 2 * Hidden),
            frame.Scratch);
        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(buffers.Seen, pairs, 2 * Values),
            MatrixView.Of(frame.Parameters[(InputWeights + FreshRows(2 * Values))..], Hidden, 2 * Values).Transposed,
            frame.Parameters.Slice(Biases + FreshRows(1), Hidden),
            MatrixView.Of(buffers.Fresh, pairs, Hidden),
            frame.Scratch);
    }

    private void NextState(in LayerFrame frame, in Buffers buffers, int row, int step)
    {
        Span<float> state = buffers.State.Slice(row * Hidden, Hidden);
        if (!IsMasked(frame, row, step))
        {
            GruDKernel.Forward(
                frame.Width,
                At(buffers.Gates, row, step, 2 * Hidden),
                At(buffers.Fresh, row, step, Hidden),
                At(buffers.Faded, row, step, Hidden),
                state);
        }

        if (!_onlyLast)
        {
            state.CopyTo(At(frame.Output, row, step, Hidden));
        }
    }

    private void BeginStepBackward(in LayerFrame frame, in Buffers buffers, int row, int step)
    {
        Span<float> carried = buffers.Carried.Slice(row * Hidden, Hidden);
        if (!_onlyLast)
        {
            Elementwise.Add(frame.Width, At(frame.OutputGradient, row, step, Hidden), carried);
        }
        else if (step == Steps - 1)
        {
            frame.OutputGradient.Slice(row * Hidden, Hidden).CopyTo(carried);
        }

        Span<float> gates = At(buffers.Gates, row, step, 2 * Hidden);
        Span<float> fresh = At(buffers.Fresh, row, step, Hidden);
        if (IsMasked(frame, row, step))
        {
            gates.Clear();
            fresh.Clear();
        }
        else
        {
            GruDKernel.Backward(frame.Width, gates, fresh, At(buffers.Faded, row, step, Hidden), carried);
        }
    }

    // dL/dĥ goes through ĥ = γ_h h: to the decay, whose delta is −ĥ dL/dĥ, and on to the state before.
    private void DecayBackward(in LayerFrame frame, in Buffers buffers, int row, int step)
    {
        Span<float> fade = At(buffers.Fade, row, step, Hidden);
        if (IsMasked(frame, row, step))
        {
            fade.Clear();
            return;
        }

        ReadOnlySpan<float> faded = At(buffers.Faded, row, step, Hidden);
        Span<float> carried = buffers.Carried.Slice(row * Hidden, Hidden);
        for (int i = 0; i < Hidden; i++)
        {
            float decay = fade[i];
            fade[i] = decay < 1 ? -(carried[i] * faded[i]) : 0;
            carried[i] *= decay;
        }
    }

    // dL/dx̂ of a gap goes to its decay, whose delta is −γ_x (x' − x̄) dL/dx̂.
    private void ImputeBackward(in LayerFrame frame, in Buffers buffers)
    {
        int pairs = frame.Rows * Steps;
        Span<float> gradient = frame.Scratch[..(pairs * Values)];
        Gemm.Multiply(
            frame.Width,
            MatrixView.Of(buffers.Gates, pairs, 2 * Hidden),
            MatrixView.Of(frame.Parameters[InputWeights..], 2 * Hidden, Values, 2 * Values),
            MatrixView.Of(gradient, pairs, Values),
            SumsBegin.AtZero,
            frame.Scratch[gradient.Length..]);
        Gemm.Multiply(
            frame.Width,
            MatrixView.Of(buffers.Fresh, pairs, Hidden),
            MatrixView.Of(
                frame.Parameters[(InputWeights + FreshRows(2 * Values))..], Hidden, Values, 2 * Values),
            MatrixView.Of(gradient, pairs, Values),
            SumsBegin.AtTarget,
            frame.Scratch[gradient.Length..]);
        _gaps.Backward(frame.Parameters, buffers.Since, gradient, buffers.Pull);
    }

    // Where n's part of weights over `columns` inputs begins, after those of r and z.
    private int FreshRows(int columns) => 2 * Hidden * columns;

    private bool IsMasked(in LayerFrame frame, int row, int step) =>
        !frame.StepMask.IsEmpty && frame.StepMask[(row * Steps) + step] == 0;

    private MatrixView GateStateWeights(in LayerFrame frame) =>
        MatrixView.Of(frame.Parameters[StateWeights..], 2 * Hidden, Hidden);

    private MatrixView FreshStateWeights(in LayerFrame frame) =>
        MatrixView.Of(frame.Parameters[(StateWeights + FreshRows(Hidden))..], Hidden, Hidden);

    private Span<float> At(Span<float> floats, int row, int step, int size) =>
        floats.Slice(((row * Steps) + step) * size, size);

    // One step of all rows.
    private MatrixView StepOf(Span<float> floats, int rows, int step, int size) =>
        MatrixView.Of(floats[(step * size)..], rows, size, Steps * size);

    private static void FillPositive(Span<float> weights, double limit, PhiloxStream random)
    {
        foreach (ref float weight in weights)
        {
            weight = (float)(limit * random.NextUnit());
        }
    }

    private Buffers BuffersOf(in LayerFrame frame)
    {
        int pairs = frame.Rows * Steps;
        int values = pairs * Values;
        int states = pairs * Hidden;
        Span<float> ofState = frame.Kept[(4 * values)..];
        return new()
        {
            Since = frame.Kept[..values],
            Seen = frame.Kept.Slice(values, 2 * values),
            Pull = frame.Kept.Slice(3 * values, values),
            Gates = ofState[..(2 * states)],
            Fresh = ofState.Slice(2 * states, states),
            Fade = ofState.Slice(3 * states, states),
            Faded = ofState.Slice(4 * states, states),
            Reset = ofState.Slice(5 * states, states),
            State = ofState.Slice(6 * states, frame.Rows * Hidden),
            Carried = ofState[((6 * states) + (frame.Rows * Hidden))..],
        };
    }

    private readonly ref struct Buffers
    {
        // δ.
        public required Span<float> Since { get; init; }

        // x̂, m.
        public required Span<float> Seen { get; init; }

        // γ_x (x' − x̄) at gaps; later the delta of the value's decay.
        public required Span<float> Pull { get; init; }

        // r, z; later their deltas.
        public required Span<float> Gates { get; init; }

        // n; later its delta.
        public required Span<float> Fresh { get; init; }

        // γ_h; later its delta.
        public required Span<float> Fade { get; init; }

        // ĥ.
        public required Span<float> Faded { get; init; }

        // r ĥ.
        public required Span<float> Reset { get; init; }

        // h.
        public required Span<float> State { get; init; }

        // dL/dh.
        public required Span<float> Carried { get; init; }
    }
}
