namespace DigitalTwin.Models.Networks.Threads;

/// <summary>One of some equal shares of work.</summary>
/// <param name="Index">From 0 to below <paramref name="Count"/>.</param>
/// <param name="Count">All shares.</param>
internal readonly record struct WorkShare(int Index, int Count)
{
    /// <summary>All of the work.</summary>
    public static WorkShare Whole => new(0, 1);

    public bool IsFirst => Index == 0;

    /// <summary>Where this share of a length begins, at a multiple of the grain.</summary>
    public int Begin(int length, int grain) => BoundaryOf(Index, length, grain);

    /// <summary>Where it ends (exclusive), which is where the next one begins.</summary>
    public int End(int length, int grain) => BoundaryOf(Index + 1, length, grain);

    private int BoundaryOf(int index, int length, int grain) =>
        index == Count ? length : (int)((long)length * index / Count / grain * grain);
}
