namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>Where one step of one row lies. What a pass or a cell does not use is a null reference.</summary>
internal readonly ref struct CellRow
{
    /// <summary>H.</summary>
    public required nint Hidden { get; init; }

    /// <summary>G H sums from the input, then gates, then deltas of the input's product.</summary>
    public readonly ref float Gates;

    /// <summary>G H sums from the state, in the forward pass.</summary>
    public readonly ref float FromState;

    /// <summary>G H deltas of the state's product, unless they are shared.</summary>
    public readonly ref float StateDeltas;

    /// <summary>H, the state before.</summary>
    public readonly ref float Before;

    /// <summary>H, the state after, in the forward pass.</summary>
    public readonly ref float After;

    /// <summary>H, the gradient carried back.</summary>
    public readonly ref float Carried;

    /// <summary>H floats of memory before, then H after.</summary>
    public readonly ref float Memory;

    /// <summary>H, dL/d(memory after), which becomes dL/d(memory before).</summary>
    public readonly ref float MemoryGradient;

    public CellRow(
        ref float gates,
        ref float fromState,
        ref float stateDeltas,
        ref float before,
        ref float after,
        ref float carried,
        ref float memory,
        ref float memoryGradient)
    {
        Gates = ref gates;
        FromState = ref fromState;
        StateDeltas = ref stateDeltas;
        Before = ref before;
        After = ref after;
        Carried = ref carried;
        Memory = ref memory;
        MemoryGradient = ref memoryGradient;
    }
}
