using System.Runtime.CompilerServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>Elementary functions of float lanes, with the same bits at every width and on every processor.</summary>
/// <remarks>
/// <see cref="MathF"/> and the vector functions of the runtime may differ in the last bit between widths and machines.
/// These use only operations that IEEE 754 rounds in one way; a NaN stays a NaN, but which one is the processor's
/// choice. The tests hold the relative errors below 1.5e-7 (exp), 2.5e-7 (tanh) and 3e-7 (sigmoid), against doubles.
/// </remarks>
internal static class LaneMath
{
    // The largest range in which 2^n of the reduction is a normal float; beyond it Exp keeps the value of the end.
    private const float LargestExponent = 88.37626f;
    private const float SmallestExponent = -87.33654f;

    private const float InverseLn2 = 1.44269504f;

    // ln 2 = Ln2High + Ln2Low; Ln2High has 9 bits (Cephes 2.8, expf.c), so a small integer times it is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // Adding 1.5 2^23 leaves the nearest integer in the low bits of the significand, ties to even.
    private const float IntegerAligner = 12582912f;
    private const float ExponentBias = 127f;
    private const int MantissaBits = 23;

    private const float InverseSquareRootOfTwo = 0.70710678f;
    private const float InverseSquareRootOfTwoPi = 0.39894228f;

    /// <summary>e^x; beyond −87.3 and 88.4 the value of that end, NaN for NaN.</summary>
    /// <remarks>Cephes 2.8, expf.c (Moshier 1992): reduction by ln 2 in two parts, a polynomial of degree 5.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : struct, ILanes<T>
    {
        x = AtMost(AtLeast(x, SmallestExponent), LargestExponent);
        T aligner = T.Broadcast(IntegerAligner);
        T n = T.Fma(x, T.Broadcast(InverseLn2), aligner) - aligner;
        T r = T.Fma(n, T.Broadcast(-Ln2High), x);
        r = T.Fma(n, T.Broadcast(-Ln2Low), r);

        T p = T.Broadcast(1.9875691500e-4f);
        p = T.Fma(p, r, T.Broadcast(1.3981999507e-3f));
        p = T.Fma(p, r, T.Broadcast(8.3334519073e-3f));
        p = T.Fma(p, r, T.Broadcast(4.1665795894e-2f));
        p = T.Fma(p, r, T.Broadcast(1.6666665459e-1f));
        p = T.Fma(p, r, T.Broadcast(5.0000001201e-1f));
        T y = T.Fma(p, r * r, r) + T.Broadcast(1f);
        return y * PowerOfTwo(n);
    }

    /// <summary>1 / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x)
        where T : struct, ILanes<T>
    {
        T one = T.Broadcast(1f);
        return one / (one + Exp(-x));
    }

    /// <summary>The hyperbolic tangent.</summary>
    /// <remarks>Cephes 2.8, tanhf.c: an odd polynomial below 0.625, 1 − 2 / (e^2|x| + 1) above.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : struct, ILanes<T>
    {
        T one = T.Broadcast(1f);
        T magnitude = T.Magnitude(x);
        T tail = one - (T.Broadcast(2f) / (Exp(magnitude + magnitude) + one));
        tail = T.Select(x < T.Broadcast(0f), -tail, tail);

        T s = x * x;
        T p = T.Broadcast(-5.70498872745e-3f);
        p = T.Fma(p, s, T.Broadcast(2.06390887954e-2f));
        p = T.Fma(p, s, T.Broadcast(-5.37397155531e-2f));
        p = T.Fma(p, s, T.Broadcast(1.33314422036e-1f));
        p = T.Fma(p, s, T.Broadcast(-3.33332819422e-1f));
        T near = T.Fma(p * s, x, x);
        return T.Select(magnitude < T.Broadcast(0.625f), near, tail);
    }

    /// <summary>Φ(x) and φ(x) of the standard normal law.</summary>
    /// <remarks>
    /// Abramowitz and Stegun 1964, equation 7.1.26: erf z = 1 − (a1 t + ... + a5 t^5) e^−z², t = 1 / (1 + p z), within
    /// 1.5e-7; with z = |x| / √2 its exponential is √(2π) φ(x).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (T Distribution, T Density) Normal<T>(T x)
        where T : struct, ILanes<T>
    {
        T one = T.Broadcast(1f);
        T half = T.Broadcast(0.5f);
        T exponential = Exp(-(x * x * half));
        T t = one / T.Fma(T.Magnitude(x), T.Broadcast(0.3275911f * InverseSquareRootOfTwo), one);
        T p = T.Broadcast(1.061405429f);
        p = T.Fma(p, t, T.Broadcast(-1.453152027f));
        p = T.Fma(p, t, T.Broadcast(1.421413741f));
        p = T.Fma(p, t, T.Broadcast(-0.284496736f));
        p = T.Fma(p, t, T.Broadcast(0.254829592f));
        T upperTail = half * (p * t * exponential);
        T distribution = T.Select(x < T.Broadcast(0f), upperTail, one - upperTail);
        return (distribution, exponential * T.Broadcast(InverseSquareRootOfTwoPi));
    }

    // Not the hardware's minimum, whose treatment of NaN and of the two zeros differs between processors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T AtMost<T>(T x, float bound)
        where T : struct, ILanes<T> => T.Select(x > T.Broadcast(bound), T.Broadcast(bound), x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T AtLeast<T>(T x, float bound)
        where T : struct, ILanes<T> => T.Select(x < T.Broadcast(bound), T.Broadcast(bound), x);

    /// <summary>2^n for whole n in [−126, 127]: n + bias in the low bits, moved into the exponent's field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T PowerOfTwo<T>(T n)
        where T : struct, ILanes<T> =>
        T.ShiftBitsLeft(n + T.Broadcast(IntegerAligner + ExponentBias), MantissaBits);
}
