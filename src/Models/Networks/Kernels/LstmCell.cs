using System.Runtime.CompilerServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>Long short-term memory: gates i, f, g, o.</summary>
internal readonly struct LstmCell : IRecurrentCell
{
    public static int Gates => 4;

    public static bool HasMemory => true;

    public static bool SharesDeltas => true;

    public static void Activate(VectorWidth width, Span<float> gates, ReadOnlySpan<float> fromState)
    {
        int hidden = gates.Length / Gates;
        int two = 2 * hidden;
        Elementwise.AddForward<SigmoidCurve>(width, fromState[..two], gates[..two]);
        Elementwise.AddForward<TanhCurve>(width, fromState.Slice(two, hidden), gates.Slice(two, hidden));
        Elementwise.AddForward<SigmoidCurve>(width, fromState[(3 * hidden)..], gates[(3 * hidden)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forward<T>(in CellRow row, nint i)
        where T : struct, ILanes<T>
    {
        nint hidden = row.Hidden;
        ref float x = ref Unsafe.Add(ref row.Gates, i);
        T entered = T.Load(in x, 0) * T.Load(in x, 2 * hidden);
        T memory = T.Fma(T.Load(in x, hidden), T.Load(in row.Memory, i), entered);
        memory.Store(ref row.Memory, hidden + i);
        (T.Load(in x, 3 * hidden) * LaneMath.Tanh(memory)).Store(ref row.After, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward<T>(in CellRow row, nint i)
        where T : struct, ILanes<T>
    {
        nint hidden = row.Hidden;
        ref float x = ref Unsafe.Add(ref row.Gates, i);
        T one = T.Broadcast(1f);
        T enter = T.Load(in x, 0);
        T forget = T.Load(in x, hidden);
        T fresh = T.Load(in x, 2 * hidden);
        T leave = T.Load(in x, 3 * hidden);
        T bent = LaneMath.Tanh(T.Load(in row.Memory, hidden + i));
        T d = T.Load(in row.Carried, i);
        T dMemory = T.Fma(d * leave, T.Fma(-bent, bent, one), T.Load(in row.MemoryGradient, i));
        (dMemory * fresh * (enter * (one - enter))).Store(ref x, 0);
        (dMemory * T.Load(in row.Memory, i) * (forget * (one - forget))).Store(ref x, hidden);
        (dMemory * enter * T.Fma(-fresh, fresh, one)).Store(ref x, 2 * hidden);
        (d * bent * (leave * (one - leave))).Store(ref x, 3 * hidden);
        (dMemory * forget).Store(ref row.MemoryGradient, i);

        // All of it passes through the gates.
        T.Broadcast(0f).Store(ref row.Carried, i);
    }
}
