using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>One step of a gated recurrent unit for one row: gates r, z, n of H floats each.</summary>
internal static class GruKernel
{
    /// <summary>
    /// Gates become r, z, n in <paramref name="fromInput"/>; h_n stays in <paramref name="fromState"/>.
    /// </summary>
    public static void Forward(
        VectorWidth width,
        Span<float> fromInput,
        ReadOnlySpan<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> after)
    {
        int hidden = before.Length;
        Elementwise.AddForward<SigmoidCurve>(width, fromState[..(2 * hidden)], fromInput[..(2 * hidden)]);
        switch (width)
        {
            case VectorWidth.Scalar: ForwardLanes<ScalarLane>(fromInput, fromState, before, after, 0); break;
            case VectorWidth.Vector128: ForwardLanes<Lanes4>(fromInput, fromState, before, after, 0); break;
            case VectorWidth.Vector256: ForwardLanes<Lanes8>(fromInput, fromState, before, after, 0); break;
            case VectorWidth.Vector512: ForwardLanes<Lanes16>(fromInput, fromState, before, after, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>
    /// Gates become deltas; <paramref name="carried"/> goes from dL/dh' to the part of dL/dh past the gates, z dL/dh'.
    /// </summary>
    public static void Backward(
        VectorWidth width,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> carried)
    {
        switch (width)
        {
            case VectorWidth.Scalar: BackwardLanes<ScalarLane>(fromInput, fromState, before, carried, 0); break;
            case VectorWidth.Vector128: BackwardLanes<Lanes4>(fromInput, fromState, before, carried, 0); break;
            case VectorWidth.Vector256: BackwardLanes<Lanes8>(fromInput, fromState, before, carried, 0); break;
            case VectorWidth.Vector512: BackwardLanes<Lanes16>(fromInput, fromState, before, carried, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    private static void ForwardLanes<T>(
        Span<float> fromInput,
        ReadOnlySpan<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> after,
        int start)
        where T : struct, ILanes<T>
    {
        int hidden = before.Length;
        ref float x = ref MemoryMarshal.GetReference(fromInput[..(3 * hidden)]);
        ref float u = ref MemoryMarshal.GetReference(fromState[..(3 * hidden)]);
        ref float h = ref MemoryMarshal.GetReference(before);
        ref float next = ref MemoryMarshal.GetReference(after[..hidden]);
        int i = start;
        for (; i <= hidden - T.Count; i += T.Count)
        {
            T n = LaneMath.Tanh(
                T.Fma(T.Load(in x, i), T.Load(in u, (2 * hidden) + i), T.Load(in x, (2 * hidden) + i)));
            n.Store(ref x, (2 * hidden) + i);
            T.Fma(T.Load(in x, hidden + i), T.Load(in h, i) - n, n).Store(ref next, i);
        }

        if (i < hidden)
        {
            ForwardLanes<ScalarLane>(fromInput, fromState, before, after, i);
        }
    }

    private static void BackwardLanes<T>(
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> carried,
        int start)
        where T : struct, ILanes<T>
    {
        int hidden = before.Length;
        ref float x = ref MemoryMarshal.GetReference(fromInput[..(3 * hidden)]);
        ref float u = ref MemoryMarshal.GetReference(fromState[..(3 * hidden)]);
        ref float h = ref MemoryMarshal.GetReference(before);
        ref float dh = ref MemoryMarshal.GetReference(carried[..hidden]);
        T one = T.Broadcast(1f);
        int i = start;
        for (; i <= hidden - T.Count; i += T.Count)
        {
            T r = T.Load(in x, i);
            T z = T.Load(in x, hidden + i);
            T n = T.Load(in x, (2 * hidden) + i);
            T d = T.Load(in dh, i);
            T dn = d * (one - z) * T.Fma(-n, n, one);
            T dz = d * (T.Load(in h, i) - n) * (z * (one - z));
            T dr = dn * T.Load(in u, (2 * hidden) + i) * (r * (one - r));
            dr.Store(ref x, i);
            dz.Store(ref x, hidden + i);
            dn.Store(ref x, (2 * hidden) + i);
            dr.Store(ref u, i);
            dz.Store(ref u, hidden + i);
            (dn * r).Store(ref u, (2 * hidden) + i);
            (d * z).Store(ref dh, i);
        }

        if (i < hidden)
        {
            BackwardLanes<ScalarLane>(fromInput, fromState, before, carried, i);
        }
    }
}
