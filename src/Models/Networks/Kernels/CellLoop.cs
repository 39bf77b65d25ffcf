using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>One step of a recurrent cell for all rows of a batch.</summary>
internal static class CellLoop
{
    /// <summary>Sums become gates; the state after is written.</summary>
    public static void Forward<TCell>(VectorWidth width, in CellStep step)
        where TCell : struct, IRecurrentCell
    {
        switch (width)
        {
            case VectorWidth.Scalar: Forward<TCell, ScalarLane>(width, step); break;
            case VectorWidth.Vector128: Forward<TCell, Lanes4>(width, step); break;
            case VectorWidth.Vector256: Forward<TCell, Lanes8>(width, step); break;
            case VectorWidth.Vector512: Forward<TCell, Lanes16>(width, step); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>Gates become deltas; what is carried goes one step back.</summary>
    public static void Backward<TCell>(VectorWidth width, in CellStep step)
        where TCell : struct, IRecurrentCell
    {
        switch (width)
        {
            case VectorWidth.Scalar: Backward<TCell, ScalarLane>(step); break;
            case VectorWidth.Vector128: Backward<TCell, Lanes4>(step); break;
            case VectorWidth.Vector256: Backward<TCell, Lanes8>(step); break;
            case VectorWidth.Vector512: Backward<TCell, Lanes16>(step); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    private static void Forward<TCell, T>(VectorWidth width, in CellStep step)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        for (int row = 0; row < step.Rows; row++)
        {
            if (step.IsMasked(row))
            {
                step.SkipForward(row);
                continue;
            }

            TCell.Activate(width, step.GatesOf(row), step.FromStateOf(row));
            ForwardUnits<TCell, T>(step.RowOf(row), 0);
        }
    }

    private static void Backward<TCell, T>(in CellStep step)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        for (int row = 0; row < step.Rows; row++)
        {
            if (step.IsMasked(row))
            {
                step.SkipBackward(row);
                continue;
            }

            BackwardUnits<TCell, T>(step.RowOf(row), 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ForwardUnits<TCell, T>(in CellRow row, nint start)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        nint i = start;
        for (; i <= row.Hidden - T.Count; i += T.Count)
        {
            TCell.Forward<T>(row, i);
        }

        if (i < row.Hidden)
        {
            ForwardUnits<TCell, ScalarLane>(row, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void BackwardUnits<TCell, T>(in CellRow row, nint start)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        nint i = start;
        for (; i <= row.Hidden - T.Count; i += T.Count)
        {
            TCell.Backward<T>(row, i);
        }

        if (i < row.Hidden)
        {
            BackwardUnits<TCell, ScalarLane>(row, i);
        }
    }
}

/// <summary>Where one step of all rows lies: row r of each begins at r times its pitch.</summary>
/// <remarks>See <see cref="CellRow"/>; what the cell or the pass does not use is empty.</remarks>
internal readonly ref struct CellStep
{
    public required int Rows { get; init; }

    /// <summary>H.</summary>
    public required int Hidden { get; init; }

    /// <summary>G H.</summary>
    public required int GatesSize { get; init; }

    /// <summary>At the pitch of <see cref="GatesPitch"/>.</summary>
    public required Span<float> Gates { get; init; }

    public required int GatesPitch { get; init; }

    /// <summary>At the pitch of <see cref="GatesSize"/>.</summary>
    public Span<float> FromState { get; init; }

    /// <summary>At the pitch of <see cref="GatesPitch"/>.</summary>
    public Span<float> StateDeltas { get; init; }

    /// <summary>At the pitch of <see cref="BeforePitch"/>.</summary>
    public required Span<float> Before { get; init; }

    public required int BeforePitch { get; init; }

    /// <summary>At the pitch of <see cref="AfterPitch"/>.</summary>
    public Span<float> After { get; init; }

    public int AfterPitch { get; init; }

    /// <summary>At the pitch of <see cref="Hidden"/>.</summary>
    public Span<float> Carried { get; init; }

    /// <summary>At the pitch of <see cref="MemoryPitch"/>.</summary>
    public Span<float> Memory { get; init; }

    public int MemoryPitch { get; init; }

    /// <summary>At the pitch of <see cref="MemoryPitch"/>.</summary>
    public Span<float> MemoryGradient { get; init; }

    /// <summary>At the pitch of <see cref="MaskPitch"/>: 0 where a row has no such step; empty when all have.</summary>
    public ReadOnlySpan<float> Mask { get; init; }

    public int MaskPitch { get; init; }

    public bool IsMasked(int row) => !Mask.IsEmpty && Mask[row * MaskPitch] == 0;

    public Span<float> GatesOf(int row) => Gates.Slice(row * GatesPitch, GatesSize);

    public ReadOnlySpan<float> FromStateOf(int row) => FromState.Slice(row * GatesSize, GatesSize);

    public CellRow RowOf(int row) => new(
        ref FirstOf(Gates, row, GatesPitch, GatesSize),
        ref FirstOf(FromState, row, GatesSize, GatesSize),
        ref FirstOf(StateDeltas, row, GatesPitch, GatesSize),
        ref FirstOf(Before, row, BeforePitch, Hidden),
        ref FirstOf(After, row, AfterPitch, Hidden),
        ref FirstOf(Carried, row, Hidden, Hidden),
        ref FirstOf(Memory, row, MemoryPitch, 2 * Hidden),
        ref FirstOf(MemoryGradient, row, MemoryPitch, Hidden))
    {
        Hidden = Hidden,
    };

    /// <summary>State and memory stay as they are.</summary>
    public void SkipForward(int row)
    {
        Before.Slice(row * BeforePitch, Hidden).CopyTo(After[(row * AfterPitch)..]);
        if (!Memory.IsEmpty)
        {
            Span<float> memory = Memory.Slice(row * MemoryPitch, 2 * Hidden);
            memory[..Hidden].CopyTo(memory[Hidden..]);
        }
    }

    /// <summary>What is carried stays as it is, and no parameter had a part in it.</summary>
    public void SkipBackward(int row)
    {
        GatesOf(row).Clear();
        if (!StateDeltas.IsEmpty)
        {
            StateDeltas.Slice(row * GatesPitch, GatesSize).Clear();
        }
    }

    private static ref float FirstOf(Span<float> floats, int row, int pitch, int size) =>
        ref MemoryMarshal.GetReference(floats.IsEmpty ? floats : floats.Slice(row * pitch, size));
}
