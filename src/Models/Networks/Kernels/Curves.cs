using System.Runtime.CompilerServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>A function of one number that stands between layers, and the product with its derivative.</summary>
internal interface ICurve
{
    /// <summary>y of x.</summary>
    public static abstract T Forward<T>(T x)
        where T : struct, ILanes<T>;

    /// <summary>dL/dx from x, y and dL/dy.</summary>
    public static abstract T Backward<T>(T x, T y, T outputGradient)
        where T : struct, ILanes<T>;
}

/// <summary>y = max(x, 0), with derivative 0 at the kink.</summary>
internal readonly struct ReluCurve : ICurve
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Forward<T>(T x)
        where T : struct, ILanes<T> => T.Select(x > T.Broadcast(0f), x, T.Broadcast(0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Backward<T>(T x, T y, T outputGradient)
        where T : struct, ILanes<T> => T.Select(y > T.Broadcast(0f), outputGradient, T.Broadcast(0f));
}

/// <summary>y = tanh x, dy/dx = 1 − y².</summary>
internal readonly struct TanhCurve : ICurve
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Forward<T>(T x)
        where T : struct, ILanes<T> => LaneMath.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Backward<T>(T x, T y, T outputGradient)
        where T : struct, ILanes<T> => outputGradient * T.Fma(-y, y, T.Broadcast(1f));
}

/// <summary>y = 1 / (1 + e^−x), dy/dx = y (1 − y).</summary>
internal readonly struct SigmoidCurve : ICurve
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Forward<T>(T x)
        where T : struct, ILanes<T> => LaneMath.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Backward<T>(T x, T y, T outputGradient)
        where T : struct, ILanes<T> => outputGradient * (y * (T.Broadcast(1f) - y));
}

/// <summary>y = x Φ(x), dy/dx = Φ(x) + x φ(x): Hendrycks and Gimpel 2016, the exact form with erf.</summary>
internal readonly struct GeluCurve : ICurve
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Forward<T>(T x)
        where T : struct, ILanes<T> => x * LaneMath.Normal(x).Distribution;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Backward<T>(T x, T y, T outputGradient)
        where T : struct, ILanes<T>
    {
        (T distribution, T density) = LaneMath.Normal(x);
        return outputGradient * T.Fma(x, density, distribution);
    }
}

/// <summary>y = e^x, dy/dx = y.</summary>
internal readonly struct ExponentialCurve : ICurve
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Forward<T>(T x)
        where T : struct, ILanes<T> => LaneMath.Exp(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Backward<T>(T x, T y, T outputGradient)
        where T : struct, ILanes<T> => outputGradient * y;
}
