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
/// Kept: the gates, B × T × G H, which the backward pass turns into the deltas of the input's product; as many for the
/// state's, unless the cell shares them; the state before each step, B × T × H; the state after the last and the
/// gradient carried back, B × H each; per row the memory of a cell that has one, before each step and after the last,
/// and its gradient, (T + 2) H.
/// </para>
/// </remarks>
internal abstract class RecurrentLayer<TCell>(SampleShape input, int hidden, bool onlyLast)
    : Layer(input, onlyLast ? SampleShape.Vector(hidden) : SampleShape.Sequence(input.Steps, hidden))
    where TCell : struct, IRecurrentCell
{
    public override int ParameterCount => checked(Gates * (Input.Features + Hidden + 2));

    public override int ProductCount => 2;

    public override bool HasOnlyProducts => true;

    public override IEnumerable<ParameterBlock> Blocks =>
    [
        new("weight_ih_l0", 0, [Gates, Input.Features]),
        new("weight_hh_l0", StateWeights, [Gates, Hidden]),
        new("bias_ih_l0", InputBiases, [Gates]),
        new("bias_hh_l0", StateBiases, [Gates]),
    ];

    // H.
    private int Hidden => hidden;

    // G H.
    private int Gates => TCell.Gates * Hidden;

    // Floats of memory and of its gradient for one row.
    private int MemorySize => TCell.HasMemory ? (Steps + 2) * Hidden : 0;

    private int Steps => Input.Steps;

    private int StateWeights => Gates * Input.Features;

    private int InputBiases => StateWeights + (Gates * Hidden);

    private int StateBiases => InputBiases + Gates;

    public override int KeptSize(int rows) =>
        checked(rows * ((Steps * (((TCell.SharesDeltas ? 1 : 2) * Gates) + Hidden)) + (2 * Hidden) + MemorySize));

    public override int ScratchSize(int rows) => Max(
        OuterProduct.ScratchSize(rows, Steps, Input.Features, Gates),
        OuterProduct.ScratchSize(rows, Steps, Hidden, Gates),
        Gemm.PackingSize(Input.Features, Gates),
        Gemm.PackingSize(Gates, Input.Features == 1 ? rows * Steps : Input.Features),
        Gemm.PackedSize(Hidden, Gates) + (rows * Gates),
        Gemm.PackedSize(Gates, Hidden));

    /// <summary>Everything uniform in ±1 / sqrt(H), as PyTorch does.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random) =>
        FillUniform(parameters, 1 / Math.Sqrt(Hidden), random);

    public override void Forward(in LayerFrame frame)
    {
        RequireStepMask(frame, Steps);
        Buffers buffers = BuffersOf(frame);
        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(frame.Input, frame.Rows * Steps, Input.Features),
            MatrixView.Of(frame.Parameters, Gates, Input.Features).Transposed,
            frame.Parameters.Slice(InputBiases, Gates),
            MatrixView.Of(buffers.Gates, frame.Rows * Steps, Gates),
            frame.Scratch);

        Span<float> weights = frame.Scratch[..Gemm.PackedSize(Hidden, Gates)];
        Span<float> fromState = frame.Scratch.Slice(weights.Length, frame.Rows * Gates);
        Gemm.Pack(frame.Width, MatrixView.Of(frame.Parameters[StateWeights..], Gates, Hidden).Transposed, weights);
        ClearRows(buffers.Before, Steps * Hidden, frame.Rows);
        ClearRows(buffers.Memory, MemorySize, frame.Rows);
        for (int step = 0; step < Steps; step++)
        {
            Gemm.MultiplyPacked(
                frame.Width,
                MatrixView.Of(buffers.Before[(step * Hidden)..], frame.Rows, Hidden, Steps * Hidden),
                weights,
                MatrixView.Of(fromState, frame.Rows, Gates),
                SumsBegin.AtRow,
                frame.Parameters.Slice(StateBiases, Gates));
            CellLoop.Forward<TCell>(frame.Width, StepOf(frame, buffers, step, fromState));
        }

        if (onlyLast)
        {
            buffers.Last.CopyTo(frame.Output);
        }
        else
        {
            CopyStates(frame, buffers);
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        Buffers buffers = BuffersOf(frame);
        buffers.Carried.Clear();
        if (onlyLast)
        {
            frame.OutputGradient.CopyTo(buffers.Carried);
        }

        if (TCell.HasMemory)
        {
            ClearRows(buffers.Memory[((Steps + 1) * Hidden)..], MemorySize, frame.Rows);
        }

        Gemm.Pack(frame.Width, MatrixView.Of(frame.Parameters[StateWeights..], Gates, Hidden), frame.Scratch);
        for (int step = Steps - 1; step >= 0; step--)
        {
            for (int row = 0; row < frame.Rows && !onlyLast; row++)
            {
                Elementwise.Add(
                    frame.Width,
                    frame.OutputGradient.Slice(((row * Steps) + step) * Hidden, Hidden),
                    buffers.Carried.Slice(row * Hidden, Hidden));
            }

            CellLoop.Backward<TCell>(frame.Width, StepOf(frame, buffers, step, fromState: default));
            Gemm.MultiplyPacked(
                frame.Width,
                MatrixView.Of(buffers.StateDeltas[(step * Gates)..], frame.Rows, Gates, Steps * Gates),
                frame.Scratch,
                MatrixView.Of(buffers.Carried, frame.Rows, Hidden),
                SumsBegin.AtTarget);
        }

        if (!frame.InputGradient.IsEmpty)
        {
            Gemm.Multiply(
                frame.Width,
                MatrixView.Of(buffers.Gates, frame.Rows * Steps, Gates),
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
            Deltas = ofInput ? buffers.Gates : buffers.StateDeltas,
            WeightOffset = ofInput ? 0 : StateWeights,
            BiasOffset = ofInput ? InputBiases : StateBiases,
        };
    }

    /// <summary>Multiplies the deltas of row r by <paramref name="factors"/>[r]; shared ones once.</summary>
    public override void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors)
    {
        Buffers buffers = BuffersOf(frame);
        ScaleRows(frame, buffers.Gates, factors);
        if (!TCell.SharesDeltas)
        {
            ScaleRows(frame, buffers.StateDeltas, factors);
        }
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

    // The first H floats of each row.
    private void ClearRows(Span<float> floats, int pitch, int rows)
    {
        for (int row = 0; row < rows && !floats.IsEmpty; row++)
        {
            floats.Slice(row * pitch, Hidden).Clear();
        }
    }

    // The state after a step is the state before the next.
    private void CopyStates(in LayerFrame frame, in Buffers buffers)
    {
        int others = (Steps - 1) * Hidden;
        for (int row = 0; row < frame.Rows; row++)
        {
            Span<float> output = frame.Output.Slice(row * Steps * Hidden, Steps * Hidden);
            buffers.Before.Slice((row * Steps * Hidden) + Hidden, others).CopyTo(output);
            buffers.Last.Slice(row * Hidden, Hidden).CopyTo(output[others..]);
        }
    }

    private CellStep StepOf(in LayerFrame frame, in Buffers buffers, int step, Span<float> fromState)
    {
        bool isLast = step == Steps - 1;
        return new()
        {
            Rows = frame.Rows,
            Hidden = Hidden,
            GatesSize = Gates,
            Gates = buffers.Gates[(step * Gates)..],
            GatesPitch = Steps * Gates,
            FromState = fromState,
            StateDeltas = TCell.SharesDeltas ? default : buffers.StateDeltas[(step * Gates)..],
            Before = buffers.Before[(step * Hidden)..],
            BeforePitch = Steps * Hidden,
            After = isLast ? buffers.Last : buffers.Before[((step + 1) * Hidden)..],
            AfterPitch = isLast ? Hidden : Steps * Hidden,
            Carried = buffers.Carried,
            Memory = TCell.HasMemory ? buffers.Memory[(step * Hidden)..] : default,
            MemoryPitch = MemorySize,
            MemoryGradient = TCell.HasMemory ? buffers.Memory[((Steps + 1) * Hidden)..] : default,
            Mask = frame.StepMask.IsEmpty ? default : frame.StepMask[step..],
            MaskPitch = Steps,
        };
    }

    private Buffers BuffersOf(in LayerFrame frame)
    {
        int gates = frame.Rows * Steps * Gates;
        int own = TCell.SharesDeltas ? 0 : gates;
        int states = frame.Rows * Steps * Hidden;
        int state = frame.Rows * Hidden;
        return new()
        {
            Gates = frame.Kept[..gates],
            StateDeltas = frame.Kept.Slice(own, gates),
            Before = frame.Kept.Slice(gates + own, states),
            Last = frame.Kept.Slice(gates + own + states, state),
            Carried = frame.Kept.Slice(gates + own + states + state, state),
            Memory = frame.Kept[(gates + own + states + (2 * state))..],
        };
    }

    private readonly ref struct Buffers
    {
        public required Span<float> Gates { get; init; }

        /// <summary>The same floats as <see cref="Gates"/> where the cell shares its deltas.</summary>
        public required Span<float> StateDeltas { get; init; }

        public required Span<float> Before { get; init; }

        public required Span<float> Last { get; init; }

        public required Span<float> Carried { get; init; }

        public required Span<float> Memory { get; init; }
    }
}
