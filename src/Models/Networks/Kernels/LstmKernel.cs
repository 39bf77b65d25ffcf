using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>One step of long short-term memory for one row: gates i, f, g, o of H floats each.</summary>
internal static class LstmKernel
{
    /// <summary>Gates become i, f, g, o in <paramref name="fromInput"/>.</summary>
    public static void Forward(
        VectorWidth width,
        Span<float> fromInput,
        ReadOnlySpan<float> fromState,
        ReadOnlySpan<float> memoryBefore,
        Span<float> memoryAfter,
        Span<float> after)
    {
        int hidden = memoryBefore.Length;
        Elementwise.AddForward<SigmoidCurve>(width, fromState[..(2 * hidden)], fromInput[..(2 * hidden)]);
        Elementwise.AddForward<TanhCurve>(
            width, fromState.Slice(2 * hidden, hidden), fromInput.Slice(2 * hidden, hidden));
        Elementwise.AddForward<SigmoidCurve>(
            width, fromState.Slice(3 * hidden, hidden), fromInput.Slice(3 * hidden, hidden));
        switch (width)
        {
            case VectorWidth.Scalar:
                ForwardLanes<ScalarLane>(fromInput, memoryBefore, memoryAfter, after, 0);
                break;
            case VectorWidth.Vector128:
                ForwardLanes<Lanes4>(fromInput, memoryBefore, memoryAfter, after, 0);
                break;
            case VectorWidth.Vector256:
                ForwardLanes<Lanes8>(fromInput, memoryBefore, memoryAfter, after, 0);
                break;
            case VectorWidth.Vector512:
                ForwardLanes<Lanes16>(fromInput, memoryBefore, memoryAfter, after, 0);
                break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>
    /// Gates become deltas, the same in both; <paramref name="memoryGradient"/> goes from dL/dc' to dL/dc, and
    /// <paramref name="carried"/> from dL/dh' to 0, as all of it passes through the gates.
    /// </summary>
    public static void Backward(
        VectorWidth width,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> memoryBefore,
        ReadOnlySpan<float> memoryAfter,
        Span<float> memoryGradient,
        Span<float> carried)
    {
        Memories memories = new(memoryBefore, memoryAfter, memoryGradient);
        switch (width)
        {
            case VectorWidth.Scalar: BackwardLanes<ScalarLane>(fromInput, memories, carried, 0); break;
            case VectorWidth.Vector128: BackwardLanes<Lanes4>(fromInput, memories, carried, 0); break;
            case VectorWidth.Vector256: BackwardLanes<Lanes8>(fromInput, memories, carried, 0); break;
            case VectorWidth.Vector512: BackwardLanes<Lanes16>(fromInput, memories, carried, 0); break;
            default: throw VectorWidths.Unknown(width);
        }

        fromInput.CopyTo(fromState);
        carried.Clear();
    }

    private static void ForwardLanes<T>(
        Span<float> fromInput,
        ReadOnlySpan<float> memoryBefore,
        Span<float> memoryAfter,
        Span<float> after,
        int start)
        where T : struct, ILanes<T>
    {
        int hidden = memoryBefore.Length;
        ref float x = ref MemoryMarshal.GetReference(fromInput[..(4 * hidden)]);
        ref float c = ref MemoryMarshal.GetReference(memoryBefore);
        ref float cNext = ref MemoryMarshal.GetReference(memoryAfter[..hidden]);
        ref float hNext = ref MemoryMarshal.GetReference(after[..hidden]);
        int k = start;
        for (; k <= hidden - T.Count; k += T.Count)
        {
            T entered = T.Load(in x, k) * T.Load(in x, (2 * hidden) + k);
            T memory = T.Fma(T.Load(in x, hidden + k), T.Load(in c, k), entered);
            memory.Store(ref cNext, k);
            (T.Load(in x, (3 * hidden) + k) * LaneMath.Tanh(memory)).Store(ref hNext, k);
        }

        if (k < hidden)
        {
            ForwardLanes<ScalarLane>(fromInput, memoryBefore, memoryAfter, after, k);
        }
    }

    private static void BackwardLanes<T>(Span<float> fromInput, Memories memories, Span<float> carried, int start)
        where T : struct, ILanes<T>
    {
        int hidden = memories.Before.Length;
        ref float x = ref MemoryMarshal.GetReference(fromInput[..(4 * hidden)]);
        ref float c = ref MemoryMarshal.GetReference(memories.Before);
        ref float cNext = ref MemoryMarshal.GetReference(memories.After[..hidden]);
        ref float dc = ref MemoryMarshal.GetReference(memories.Gradient[..hidden]);
        ref float dh = ref MemoryMarshal.GetReference(carried[..hidden]);
        T one = T.Broadcast(1f);
        int k = start;
        for (; k <= hidden - T.Count; k += T.Count)
        {
            T i = T.Load(in x, k);
            T f = T.Load(in x, hidden + k);
            T g = T.Load(in x, (2 * hidden) + k);
            T o = T.Load(in x, (3 * hidden) + k);
            T bent = LaneMath.Tanh(T.Load(in cNext, k));
            T d = T.Load(in dh, k);
            T dMemory = T.Fma(d * o, T.Fma(-bent, bent, one), T.Load(in dc, k));
            (dMemory * g * (i * (one - i))).Store(ref x, k);
            (dMemory * T.Load(in c, k) * (f * (one - f))).Store(ref x, hidden + k);
            (dMemory * i * T.Fma(-g, g, one)).Store(ref x, (2 * hidden) + k);
            (d * bent * (o * (one - o))).Store(ref x, (3 * hidden) + k);
            (dMemory * f).Store(ref dc, k);
        }

        if (k < hidden)
        {
            BackwardLanes<ScalarLane>(fromInput, memories, carried, k);
        }
    }

    private readonly ref struct Memories(
        ReadOnlySpan<float> before, ReadOnlySpan<float> after, Span<float> gradient)
    {
        public readonly ReadOnlySpan<float> Before = before;

        public readonly ReadOnlySpan<float> After = after;

        public readonly Span<float> Gradient = gradient;
    }
}
