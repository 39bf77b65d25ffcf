using System.Runtime.CompilerServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>The gated recurrent unit: gates r, z, n.</summary>
internal readonly struct GruCell : IRecurrentCell
{
    public static int Gates => 3;

    public static bool HasMemory => false;

    /// <summary>The reset gate stands between the state's part of n and the sum.</summary>
    public static bool SharesDeltas => false;

    public static void Activate(VectorWidth width, Span<float> gates, ReadOnlySpan<float> fromState)
    {
        int two = 2 * (gates.Length / Gates);
        Elementwise.AddForward<SigmoidCurve>(width, fromState[..two], gates[..two]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forward<T>(in CellRow row, nint i)
        where T : struct, ILanes<T>
    {
        nint hidden = row.Hidden;
        ref float x = ref Unsafe.Add(ref row.Gates, i);
        T fromState = T.Load(in row.FromState, (2 * hidden) + i);
        T n = LaneMath.Tanh(T.Fma(T.Load(in x, 0), fromState, T.Load(in x, 2 * hidden)));
        n.Store(ref x, 2 * hidden);

        // The backward pass needs it for r, and writes the delta in its place.
        fromState.Store(ref row.StateDeltas, (2 * hidden) + i);
        T.Fma(T.Load(in x, hidden), T.Load(in row.Before, i) - n, n).Store(ref row.After, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward<T>(in CellRow row, nint i)
        where T : struct, ILanes<T>
    {
        nint hidden = row.Hidden;
        ref float x = ref Unsafe.Add(ref row.Gates, i);
        ref float u = ref Unsafe.Add(ref row.StateDeltas, i);
        T one = T.Broadcast(1f);
        T r = T.Load(in x, 0);
        T z = T.Load(in x, hidden);
        T n = T.Load(in x, 2 * hidden);
        T d = T.Load(in row.Carried, i);
        T dn = d * (one - z) * T.Fma(-n, n, one);
        T dz = d * (T.Load(in row.Before, i) - n) * (z * (one - z));
        T dr = dn * T.Load(in u, 2 * hidden) * (r * (one - r));
        dr.Store(ref x, 0);
        dz.Store(ref x, hidden);
        dn.Store(ref x, 2 * hidden);
        dr.Store(ref u, 0);
        dz.Store(ref u, hidden);
        (dn * r).Store(ref u, 2 * hidden);
        (d * z).Store(ref row.Carried, i);
    }
}
