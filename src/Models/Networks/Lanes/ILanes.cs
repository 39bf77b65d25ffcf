namespace DigitalTwin.Models.Networks.Lanes;

/// <summary>Some floats that are worked on side by side: the one difference between the paths of a kernel.</summary>
/// <remarks>
/// Kernels are written once against this interface and compiled once per width, so the paths agree to the bit by
/// construction: a lane is an independent output and never meets another lane, and every operation below rounds as
/// IEEE 754 says. Comparisons give a mask of all ones or zeros per lane. Every loop over lanes is a method that is not
/// inlined: past a budget the runtime stops inlining, and an operation that is called takes ten times as long.
/// </remarks>
internal interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Floats side by side.</summary>
    public static abstract int Count { get; }

    public static abstract TSelf operator +(TSelf a, TSelf b);

    public static abstract TSelf operator -(TSelf a, TSelf b);

    public static abstract TSelf operator *(TSelf a, TSelf b);

    public static abstract TSelf operator /(TSelf a, TSelf b);

    public static abstract TSelf operator -(TSelf a);

    public static abstract TSelf operator >(TSelf a, TSelf b);

    public static abstract TSelf operator <(TSelf a, TSelf b);

    /// <summary>Reads <see cref="Count"/> floats at <paramref name="offset"/> floats from the reference.</summary>
    public static abstract TSelf Load(ref readonly float source, nint offset);

    /// <summary>The same float in every lane.</summary>
    public static abstract TSelf Broadcast(float value);

    /// <summary>a b + c, rounded once.</summary>
    public static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    public static abstract TSelf SquareRoot(TSelf a);

    /// <summary>|a|, by clearing the sign.</summary>
    public static abstract TSelf Magnitude(TSelf a);

    /// <summary>Lane by lane, <paramref name="chosen"/> where the mask is set, else the other.</summary>
    public static abstract TSelf Select(TSelf mask, TSelf chosen, TSelf other);

    /// <summary>The bits of each lane shifted left, into the field of the exponent.</summary>
    public static abstract TSelf ShiftBitsLeft(TSelf a, int bits);

    /// <summary>Writes <see cref="Count"/> floats.</summary>
    public void Store(ref float target, nint offset);
}
