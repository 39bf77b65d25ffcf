using System.Runtime.Intrinsics;

namespace DigitalTwin.Models.Networks.Lanes;

/// <summary>How many floats a kernel works on at once. The results do not depend on it, only the time does.</summary>
internal enum VectorWidth
{
    Scalar = 1,
    Vector128 = 4,
    Vector256 = 8,
    Vector512 = 16,
}

/// <summary>The width that this processor is fastest with.</summary>
internal static class VectorWidths
{
    public static VectorWidth Widest { get; } =
        Vector512.IsHardwareAccelerated ? VectorWidth.Vector512
        : Vector256.IsHardwareAccelerated ? VectorWidth.Vector256
        : Vector128.IsHardwareAccelerated ? VectorWidth.Vector128
        : VectorWidth.Scalar;

    public static ArgumentOutOfRangeException Unknown(VectorWidth width) =>
        new(nameof(width), width, "Expected 1, 4, 8 or 16 floats.");
}
