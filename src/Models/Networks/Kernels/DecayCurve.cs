using System.Runtime.CompilerServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>y = e^(−max(0, x)), dy/dx = −y where x is positive: what fades with the time since it was seen.</summary>
/// <remarks>
/// Che et al., "Recurrent neural networks for multivariate time series with missing values", Scientific Reports 8:6085,
/// 2018, equation 10. A decay that has not begun, y = 1, has the derivative 0.
/// </remarks>
internal readonly struct DecayCurve : ICurve
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Forward<T>(T x)
        where T : struct, ILanes<T> => LaneMath.Exp(-T.Select(x > T.Broadcast(0f), x, T.Broadcast(0f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Backward<T>(T x, T y, T outputGradient)
        where T : struct, ILanes<T> =>
        T.Select(y < T.Broadcast(1f), -(outputGradient * y), T.Broadcast(0f));
}
