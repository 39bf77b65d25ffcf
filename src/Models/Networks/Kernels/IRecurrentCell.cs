using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>The equations of a gated cell for some of its H units; <see cref="CellLoop"/> walks over all.</summary>
internal interface IRecurrentCell
{
    /// <summary>G: gates per unit. Gate g of unit i is at g H + i.</summary>
    public static abstract int Gates { get; }

    /// <summary>Whether the cell has a memory beside its state.</summary>
    public static abstract bool HasMemory { get; }

    /// <summary>Whether a gate's input and state are only added up, so that one delta serves both.</summary>
    public static abstract bool SharesDeltas { get; }

    /// <summary>Turns sums into gates, but for a gate that needs another one first.</summary>
    /// <remarks>
    /// Apart from <see cref="Forward"/>, as the runtime stops inlining in a method with that many exponentials.
    /// </remarks>
    /// <param name="width">The path to run.</param>
    /// <param name="gates">G H: in the sums from the input, out the gates.</param>
    /// <param name="fromState">G H, the sums from the state.</param>
    public static abstract void Activate(VectorWidth width, Span<float> gates, ReadOnlySpan<float> fromState);

    /// <summary>What comes after, from the gates, for the units from <paramref name="i"/> on.</summary>
    public static abstract void Forward<T>(in CellRow row, nint i)
        where T : struct, ILanes<T>;

    /// <summary>
    /// Deltas from gates and from dL/d(state after) in <see cref="CellRow.Carried"/>, which becomes the part of
    /// dL/d(state before) that does not pass through the gates.
    /// </summary>
    public static abstract void Backward<T>(in CellRow row, nint i)
        where T : struct, ILanes<T>;
}
