using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>A cell that walks over the steps of a sequence; what GRU and LSTM have in common.</summary>
/// <remarks>
/// <para>
/// With G gates and H hidden units, the parameters are PyTorch's: W_ih (G H × I), W_hh (G H × H), b_ih, b_hh. Inputs of
/// all steps are projected at once; each step then adds its own product with the state. The state starts at 0, and a
/// masked step hands it on unchanged.
/// </para>
/// <para>
/// Kept: the gates from the input and from the state, B × T × G H each, which the backward pass turns into their
/// deltas; the state before each step, B × T × H; the state after the last, B × H; the gradient carried back, B × H;
/// what the cell itself needs.
/// </para>
/// </remarks>
internal abstract class RecurrentLayer : Layer
{
    private readonly int _gates;
    private readonly bool _onlyLast;

    protected RecurrentLayer(SampleShape input, int hidden, int gates, bool onlyLast)
        : base(input, onlyLast ? SampleShape.Vector(hidden) : SampleShape.Sequence(input.Steps, hidden))
    {
        Hidden = hidden;
        _gates = gates;
        _onlyLast = onlyLast;
    }

    public override int ParameterCount => checked(Gates * (Input.Features + Hidden + 2));

    public override int ProductCount => 2;

    public override IEnumerable<ParameterBlock> Blocks =>
    [
        new("weight_ih_l0", 0, [Gates, Input.Features]),
        new("weight_hh_l0", StateWeights, [Gates, Hidden]),
        new("bias_ih_l0", InputBiases, [Gates]),
        new("bias_hh_l0", StateBiases, [Gates]),
    ];

    /// <summary>H.</summary>
    protected int Hidden { get; }

    /// <summary>Floats that the cell keeps for one row over all steps.</summary>
    protected virtual int CellSize => 0;

    // G H.
    private int Gates => _gates * Hidden;

    private int Steps => Input.Steps;

    private int StateWeights => Gates * Input.Features;

    private int InputBiases => StateWeights + (Gates * Hidden);

    private int StateBiases => InputBiases + Gates;

    public override int KeptSize(int rows) =>
        checked(rows * ((Steps * ((2 * Gates) + Hidden)) + (2 * Hidden) + CellSize));

    public override int ScratchSize(int rows) => Max(
        OuterProduct.ScratchSize(rows, Steps, Input.Features, Gates),
        OuterProduct.ScratchSize(rows, Steps, Hidden, Gates),
        Gemm.PackedSize(Input.Features, Gates),
        Gemm.PackedSize(Gates, Input.Features == 1 ? rows * Steps : Input.Features),
        Gemm.PackedSize(Hidden, Gates),
        Gemm.PackedSize(Gates, Hidden));

    /// <summary>Everything uniform in ±1 / sqrt(H), as PyTorch does.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random) =>
        FillUniform(parameters, 1 / Math.Sqrt(Hidden), random);

    public override void Forward(in LayerFrame frame)
    {
        RequireMask(frame);
        Buffers buffers = BuffersOf(frame);
        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(frame.Input, frame.Rows * Steps, Input.Features),
            MatrixView.Of(frame.Parameters, Gates, Input.Features).Transposed,
            frame.Parameters.Slice(InputBiases, Gates),
            MatrixView.Of(buffers.FromInput, frame.Rows * Steps, Gates),
            frame.Scratch);

        Gemm.Pack(
            frame.Width, MatrixView.Of(frame.Parameters[StateWeights..], Gates, Hidden).Transposed, frame.Scratch);
        Begin(frame, buffers);
        for (int step = 0; step < Steps; step++)
        {
            Gemm.MultiplyPacked(
                frame.Width,
                MatrixView.Of(buffers.Before[(step * Hidden)..], frame.Rows, Hidden, Steps * Hidden),
                frame.Scratch,
                MatrixView.Of(buffers.FromState[(step * Gates)..], frame.Rows, Gates, Steps * Gates),
                SumsBegin.AtRow,
                frame.Parameters.Slice(StateBiases, Gates));
            for (int row = 0; row < frame.Rows; row++)
            {
                StepForward(frame, buffers, row, step);
            }
        }

        if (_onlyLast)
        {
            buffers.Last.CopyTo(frame.Output);
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        Buffers buffers = BuffersOf(frame);
        buffers.Carried.Clear();
        BeginBackward(frame, buffers);
        Gemm.Pack(frame.Width, MatrixView.Of(frame.Parameters[StateWeights..], Gates, Hidden), frame.Scratch);
        for (int step = Steps - 1; step >= 0; step--)
        {
            for (int row = 0; row < frame.Rows; row++)
            {
                StepBackward(frame, buffers, row, step);
            }

            Gemm.MultiplyPacked(
                frame.Width,
                MatrixView.Of(buffers.FromState[(step * Gates)..], frame.Rows, Gates, Steps * Gates),
                frame.Scratch,
                MatrixView.Of(buffers.Carried, frame.Rows, Hidden),
                SumsBegin.AtTarget);
        }

        if (!frame.InputGradient.IsEmpty)
        {
            Gemm.Multiply(
                frame.Width,
                MatrixView.Of(buffers.FromInput, frame.Rows * Steps, Gates),
                MatrixView.Of(frame.Parameters, Gates, Input.Features),
                MatrixView.Of(frame.InputGradient, frame.Rows * Steps, Input.Features),
                SumsBegin.AtZero,
                frame.Scratch);
        }
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index)
    {
        Buffers buffers = BuffersOf(frame);
        bool ofInput = index == 0;
        return new()
        {
            Steps = Steps,
            InputSize = ofInput ? Input.Features : Hidden,
            DeltaSize = Gates,
            Inputs = ofInput ? frame.Input : buffers.Before,
            Deltas = ofInput ? buffers.FromInput : buffers.FromState,
            WeightOffset = ofInput ? 0 : StateWeights,
            BiasOffset = ofInput ? InputBiases : StateBiases,
        };
    }

    /// <summary>The state after one step of one row, and gates as the backward pass needs them.</summary>
    /// <param name="fromInput">In: W_ih x + b_ih.</param>
    /// <param name="fromState">In: W_hh h + b_hh.</param>
    protected abstract void Cell(
        in LayerFrame frame,
        in Place place,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> after);

    /// <summary>Turns gates into deltas.</summary>
    /// <param name="carried">
    /// In: dL/d(state after). Out: the part of dL/d(state before) that does not pass through W_hh.
    /// </param>
    protected abstract void CellBackward(
        in LayerFrame frame,
        in Place place,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> carried);

    /// <summary>What a cell does with its own memory at a masked step, forwards.</summary>
    protected virtual void SkipCell(in Place place)
    {
    }

    private static int Max(params ReadOnlySpan<int> sizes)
    {
        int largest = 0;
        foreach (int size in sizes)
        {
            largest = int.Max(largest, size);
        }

        return largest;
    }

    private void Begin(in LayerFrame frame, in Buffers buffers)
    {
        for (int row = 0; row < frame.Rows; row++)
        {
            buffers.Before.Slice(row * Steps * Hidden, Hidden).Clear();
            buffers.Cell.Slice(row * CellSize, CellSize).Clear();
        }
    }

    /// <summary>Clears what the cell carries back beside the state.</summary>
    protected virtual void BeginBackward(Span<float> cell)
    {
    }

    private void BeginBackward(in LayerFrame frame, in Buffers buffers)
    {
        for (int row = 0; row < frame.Rows; row++)
        {
            BeginBackward(buffers.Cell.Slice(row * CellSize, CellSize));
        }
    }

    private void StepForward(in LayerFrame frame, in Buffers buffers, int row, int step)
    {
        ReadOnlySpan<float> before = StateBefore(buffers, row, step);
        Span<float> after = step + 1 < Steps
            ? StateBefore(buffers, row, step + 1)
            : buffers.Last.Slice(row * Hidden, Hidden);
        Place place = new(step, buffers.Cell.Slice(row * CellSize, CellSize));
        if (IsMasked(frame, row, step))
        {
            before.CopyTo(after);
            SkipCell(place);
        }
        else
        {
            Cell(
                frame,
                place,
                GatesOf(buffers.FromInput, row, step),
                GatesOf(buffers.FromState, row, step),
                before,
                after);
        }

        if (!_onlyLast)
        {
            after.CopyTo(frame.Output[(((row * Steps) + step) * Hidden)..]);
        }
    }

    private void StepBackward(in LayerFrame frame, in Buffers buffers, int row, int step)
    {
        Span<float> carried = buffers.Carried.Slice(row * Hidden, Hidden);
        if (!_onlyLast)
        {
            int at = ((row * Steps) + step) * Hidden;
            Elementwise.Add(frame.Width, frame.OutputGradient.Slice(at, Hidden), carried);
        }
        else if (step == Steps - 1)
        {
            frame.OutputGradient.Slice(row * Hidden, Hidden).CopyTo(carried);
        }

        Span<float> fromInput = GatesOf(buffers.FromInput, row, step);
        Span<float> fromState = GatesOf(buffers.FromState, row, step);
        if (IsMasked(frame, row, step))
        {
            fromInput.Clear();
            fromState.Clear();
        }
        else
        {
            Place place = new(step, buffers.Cell.Slice(row * CellSize, CellSize));
            CellBackward(frame, place, fromInput, fromState, StateBefore(buffers, row, step), carried);
        }
    }

    private Span<float> StateBefore(in Buffers buffers, int row, int step) =>
        buffers.Before.Slice(((row * Steps) + step) * Hidden, Hidden);

    private Span<float> GatesOf(Span<float> gates, int row, int step) =>
        gates.Slice(((row * Steps) + step) * Gates, Gates);

    private bool IsMasked(in LayerFrame frame, int row, int step) =>
        !frame.StepMask.IsEmpty && frame.StepMask[(row * Steps) + step] == 0;

    private void RequireMask(in LayerFrame frame)
    {
        if (!frame.StepMask.IsEmpty && frame.StepMask.Length != frame.Rows * Steps)
        {
            throw new ArgumentException(
                $"The step mask has {frame.StepMask.Length / frame.Rows} steps, this recurrent layer has {Steps}.");
        }
    }

    private Buffers BuffersOf(in LayerFrame frame)
    {
        int gates = frame.Rows * Steps * Gates;
        int states = frame.Rows * Steps * Hidden;
        int state = frame.Rows * Hidden;
        return new()
        {
            FromInput = frame.Kept[..gates],
            FromState = frame.Kept.Slice(gates, gates),
            Before = frame.Kept.Slice(2 * gates, states),
            Last = frame.Kept.Slice((2 * gates) + states, state),
            Carried = frame.Kept.Slice((2 * gates) + states + state, state),
            Cell = frame.Kept[((2 * gates) + states + (2 * state))..],
        };
    }

    /// <summary>A step and the cell's own floats of the row.</summary>
    protected readonly ref struct Place(int step, Span<float> cell)
    {
        public readonly int Step = step;

        public readonly Span<float> Cell = cell;
    }

    private readonly ref struct Buffers
    {
        public required Span<float> FromInput { get; init; }

        public required Span<float> FromState { get; init; }

        public required Span<float> Before { get; init; }

        public required Span<float> Last { get; init; }

        public required Span<float> Carried { get; init; }

        public required Span<float> Cell { get; init; }
    }
}
