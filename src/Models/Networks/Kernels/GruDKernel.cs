using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>One step of GRU-D for one row: the gates r and z, the new state n, the faded state ĥ; H each.</summary>
internal static class GruDKernel
{
    /// <summary>Gates become r and z; writes r ĥ.</summary>
    public static void Reset(VectorWidth width, Span<float> gates, ReadOnlySpan<float> faded, Span<float> reset)
    {
        Elementwise.Forward<SigmoidCurve>(width, gates, gates);
        Multiply(width, gates[..faded.Length], faded, reset);
    }

    /// <summary>product = a · b entry by entry, of one length.</summary>
    public static void Multiply(
        VectorWidth width, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> product)
    {
        switch (width)
        {
            case VectorWidth.Scalar: MultiplyLanes<ScalarLane>(a, b, product, 0); break;
            case VectorWidth.Vector128: MultiplyLanes<Lanes4>(a, b, product, 0); break;
            case VectorWidth.Vector256: MultiplyLanes<Lanes8>(a, b, product, 0); break;
            case VectorWidth.Vector512: MultiplyLanes<Lanes16>(a, b, product, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary><paramref name="fresh"/> becomes n; writes h' = (1 − z) ĥ + z n.</summary>
    public static void Forward(
        VectorWidth width,
        ReadOnlySpan<float> gates,
        Span<float> fresh,
        ReadOnlySpan<float> faded,
        Span<float> after)
    {
        Elementwise.Forward<TanhCurve>(width, fresh, fresh);
        switch (width)
        {
            case VectorWidth.Scalar: ForwardLanes<ScalarLane>(gates, fresh, faded, after, 0); break;
            case VectorWidth.Vector128: ForwardLanes<Lanes4>(gates, fresh, faded, after, 0); break;
            case VectorWidth.Vector256: ForwardLanes<Lanes8>(gates, fresh, faded, after, 0); break;
            case VectorWidth.Vector512: ForwardLanes<Lanes16>(gates, fresh, faded, after, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>
    /// n and z become their deltas; <paramref name="carried"/> goes from dL/dh' to (1 − z) dL/dh'.
    /// </summary>
    public static void Backward(
        VectorWidth width, Span<float> gates, Span<float> fresh, ReadOnlySpan<float> faded, Span<float> carried)
    {
        switch (width)
        {
            case VectorWidth.Scalar: BackwardLanes<ScalarLane>(gates, fresh, faded, carried, 0); break;
            case VectorWidth.Vector128: BackwardLanes<Lanes4>(gates, fresh, faded, carried, 0); break;
            case VectorWidth.Vector256: BackwardLanes<Lanes8>(gates, fresh, faded, carried, 0); break;
            case VectorWidth.Vector512: BackwardLanes<Lanes16>(gates, fresh, faded, carried, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>r becomes its delta; <paramref name="carried"/> takes what comes through r ĥ.</summary>
    /// <param name="resetGradient">dL/d(r ĥ).</param>
    public static void BackwardReset(
        VectorWidth width,
        Span<float> gates,
        ReadOnlySpan<float> resetGradient,
        ReadOnlySpan<float> faded,
        Span<float> carried)
    {
        switch (width)
        {
            case VectorWidth.Scalar: ResetLanes<ScalarLane>(gates, resetGradient, faded, carried, 0); break;
            case VectorWidth.Vector128: ResetLanes<Lanes4>(gates, resetGradient, faded, carried, 0); break;
            case VectorWidth.Vector256: ResetLanes<Lanes8>(gates, resetGradient, faded, carried, 0); break;
            case VectorWidth.Vector512: ResetLanes<Lanes16>(gates, resetGradient, faded, carried, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    private static void MultiplyLanes<T>(
        ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> product, int start)
        where T : struct, ILanes<T>
    {
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float y = ref MemoryMarshal.GetReference(b[..a.Length]);
        ref float to = ref MemoryMarshal.GetReference(product[..a.Length]);
        int i = start;
        for (; i <= a.Length - T.Count; i += T.Count)
        {
            (T.Load(in x, i) * T.Load(in y, i)).Store(ref to, i);
        }

        if (i < a.Length)
        {
            MultiplyLanes<ScalarLane>(a, b, product, i);
        }
    }

    private static void ForwardLanes<T>(
        ReadOnlySpan<float> gates,
        ReadOnlySpan<float> fresh,
        ReadOnlySpan<float> faded,
        Span<float> after,
        int start)
        where T : struct, ILanes<T>
    {
        int hidden = faded.Length;
        ref float z = ref MemoryMarshal.GetReference(gates.Slice(hidden, hidden));
        ref float n = ref MemoryMarshal.GetReference(fresh[..hidden]);
        ref float h = ref MemoryMarshal.GetReference(faded);
        ref float next = ref MemoryMarshal.GetReference(after[..hidden]);
        int i = start;
        for (; i <= hidden - T.Count; i += T.Count)
        {
            T before = T.Load(in h, i);
            T.Fma(T.Load(in z, i), T.Load(in n, i) - before, before).Store(ref next, i);
        }

        if (i < hidden)
        {
            ForwardLanes<ScalarLane>(gates, fresh, faded, after, i);
        }
    }

    private static void BackwardLanes<T>(
        Span<float> gates, Span<float> fresh, ReadOnlySpan<float> faded, Span<float> carried, int start)
        where T : struct, ILanes<T>
    {
        int hidden = faded.Length;
        ref float zs = ref MemoryMarshal.GetReference(gates.Slice(hidden, hidden));
        ref float ns = ref MemoryMarshal.GetReference(fresh[..hidden]);
        ref float h = ref MemoryMarshal.GetReference(faded);
        ref float dh = ref MemoryMarshal.GetReference(carried[..hidden]);
        T one = T.Broadcast(1f);
        int i = start;
        for (; i <= hidden - T.Count; i += T.Count)
        {
            T z = T.Load(in zs, i);
            T n = T.Load(in ns, i);
            T d = T.Load(in dh, i);
            (d * (n - T.Load(in h, i)) * (z * (one - z))).Store(ref zs, i);
            (d * z * T.Fma(-n, n, one)).Store(ref ns, i);
            (d * (one - z)).Store(ref dh, i);
        }

        if (i < hidden)
        {
            BackwardLanes<ScalarLane>(gates, fresh, faded, carried, i);
        }
    }

    private static void ResetLanes<T>(
        Span<float> gates,
        ReadOnlySpan<float> resetGradient,
        ReadOnlySpan<float> faded,
        Span<float> carried,
        int start)
        where T : struct, ILanes<T>
    {
        int hidden = faded.Length;
        ref float rs = ref MemoryMarshal.GetReference(gates[..hidden]);
        ref float through = ref MemoryMarshal.GetReference(resetGradient[..hidden]);
        ref float h = ref MemoryMarshal.GetReference(faded);
        ref float dh = ref MemoryMarshal.GetReference(carried[..hidden]);
        T one = T.Broadcast(1f);
        int i = start;
        for (; i <= hidden - T.Count; i += T.Count)
        {
            T r = T.Load(in rs, i);
            T d = T.Load(in through, i);
            (d * T.Load(in h, i) * (r * (one - r))).Store(ref rs, i);
            T.Fma(d, r, T.Load(in dh, i)).Store(ref dh, i);
        }

        if (i < hidden)
        {
            ResetLanes<ScalarLane>(gates, resetGradient, faded, carried, i);
        }
    }
}
