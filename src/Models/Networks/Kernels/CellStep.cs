using System.Runtime.InteropServices;

namespace DigitalTwin.Models.Networks.Kernels;

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
