using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>Loops over arrays in which every entry stands for itself.</summary>
internal static class Elementwise
{
    /// <summary>output = curve(input), of one length.</summary>
    public static void Forward<TCurve>(VectorWidth width, ReadOnlySpan<float> input, Span<float> output)
        where TCurve : struct, ICurve
    {
        RequireLength(input.Length, output.Length);
        switch (width)
        {
            case VectorWidth.Scalar: ForwardLanes<TCurve, ScalarLane>(input, output, 0); break;
            case VectorWidth.Vector128: ForwardLanes<TCurve, Lanes4>(input, output, 0); break;
            case VectorWidth.Vector256: ForwardLanes<TCurve, Lanes8>(input, output, 0); break;
            case VectorWidth.Vector512: ForwardLanes<TCurve, Lanes16>(input, output, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>target = curve(target + addend), of one length.</summary>
    public static void AddForward<TCurve>(VectorWidth width, ReadOnlySpan<float> addend, Span<float> target)
        where TCurve : struct, ICurve
    {
        RequireLength(addend.Length, target.Length);
        switch (width)
        {
            case VectorWidth.Scalar: AddForwardLanes<TCurve, ScalarLane>(addend, target, 0); break;
            case VectorWidth.Vector128: AddForwardLanes<TCurve, Lanes4>(addend, target, 0); break;
            case VectorWidth.Vector256: AddForwardLanes<TCurve, Lanes8>(addend, target, 0); break;
            case VectorWidth.Vector512: AddForwardLanes<TCurve, Lanes16>(addend, target, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>inputGradient = outputGradient · curve'(input), all four of one length.</summary>
    public static void Backward<TCurve>(
        VectorWidth width,
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> output,
        ReadOnlySpan<float> outputGradient,
        Span<float> inputGradient)
        where TCurve : struct, ICurve
    {
        RequireLength(input.Length, output.Length);
        RequireLength(input.Length, outputGradient.Length);
        RequireLength(input.Length, inputGradient.Length);
        switch (width)
        {
            case VectorWidth.Scalar:
                BackwardLanes<TCurve, ScalarLane>(input, output, outputGradient, inputGradient, 0);
                break;
            case VectorWidth.Vector128:
                BackwardLanes<TCurve, Lanes4>(input, output, outputGradient, inputGradient, 0);
                break;
            case VectorWidth.Vector256:
                BackwardLanes<TCurve, Lanes8>(input, output, outputGradient, inputGradient, 0);
                break;
            case VectorWidth.Vector512:
                BackwardLanes<TCurve, Lanes16>(input, output, outputGradient, inputGradient, 0);
                break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>target = target + source.</summary>
    public static void Add(VectorWidth width, ReadOnlySpan<float> source, Span<float> target) =>
        AddScaled(width, 1f, source, target);

    /// <summary>target = fma(factor, source, target), of one length.</summary>
    public static void AddScaled(VectorWidth width, float factor, ReadOnlySpan<float> source, Span<float> target)
    {
        RequireLength(source.Length, target.Length);
        switch (width)
        {
            case VectorWidth.Scalar: AddScaledLanes<ScalarLane>(factor, source, target, 0); break;
            case VectorWidth.Vector128: AddScaledLanes<Lanes4>(factor, source, target, 0); break;
            case VectorWidth.Vector256: AddScaledLanes<Lanes8>(factor, source, target, 0); break;
            case VectorWidth.Vector512: AddScaledLanes<Lanes16>(factor, source, target, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>values = factor · values.</summary>
    public static void Scale(VectorWidth width, float factor, Span<float> values)
    {
        switch (width)
        {
            case VectorWidth.Scalar: ScaleLanes<ScalarLane>(factor, values, 0); break;
            case VectorWidth.Vector128: ScaleLanes<Lanes4>(factor, values, 0); break;
            case VectorWidth.Vector256: ScaleLanes<Lanes8>(factor, values, 0); break;
            case VectorWidth.Vector512: ScaleLanes<Lanes16>(factor, values, 0); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    // What is left after the last whole register goes through the same code one float at a time.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ForwardLanes<TCurve, T>(ReadOnlySpan<float> input, Span<float> output, int start)
        where TCurve : struct, ICurve
        where T : struct, ILanes<T>
    {
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        int i = start;
        for (; i <= input.Length - T.Count; i += T.Count)
        {
            TCurve.Forward(T.Load(in x, i)).Store(ref y, i);
        }

        if (i < input.Length)
        {
            ForwardLanes<TCurve, ScalarLane>(input, output, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddForwardLanes<TCurve, T>(ReadOnlySpan<float> addend, Span<float> target, int start)
        where TCurve : struct, ICurve
        where T : struct, ILanes<T>
    {
        ref float from = ref MemoryMarshal.GetReference(addend);
        ref float to = ref MemoryMarshal.GetReference(target);
        int i = start;
        for (; i <= addend.Length - T.Count; i += T.Count)
        {
            TCurve.Forward(T.Load(in to, i) + T.Load(in from, i)).Store(ref to, i);
        }

        if (i < addend.Length)
        {
            AddForwardLanes<TCurve, ScalarLane>(addend, target, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void BackwardLanes<TCurve, T>(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> output,
        ReadOnlySpan<float> outputGradient,
        Span<float> inputGradient,
        int start)
        where TCurve : struct, ICurve
        where T : struct, ILanes<T>
    {
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float dy = ref MemoryMarshal.GetReference(outputGradient);
        ref float dx = ref MemoryMarshal.GetReference(inputGradient);
        int i = start;
        for (; i <= input.Length - T.Count; i += T.Count)
        {
            TCurve.Backward(T.Load(in x, i), T.Load(in y, i), T.Load(in dy, i)).Store(ref dx, i);
        }

        if (i < input.Length)
        {
            BackwardLanes<TCurve, ScalarLane>(input, output, outputGradient, inputGradient, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddScaledLanes<T>(float factor, ReadOnlySpan<float> source, Span<float> target, int start)
        where T : struct, ILanes<T>
    {
        ref float from = ref MemoryMarshal.GetReference(source);
        ref float to = ref MemoryMarshal.GetReference(target);
        T factors = T.Broadcast(factor);
        int i = start;
        for (; i <= source.Length - T.Count; i += T.Count)
        {
            T.Fma(factors, T.Load(in from, i), T.Load(in to, i)).Store(ref to, i);
        }

        if (i < source.Length)
        {
            AddScaledLanes<ScalarLane>(factor, source, target, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ScaleLanes<T>(float factor, Span<float> values, int start)
        where T : struct, ILanes<T>
    {
        ref float at = ref MemoryMarshal.GetReference(values);
        T factors = T.Broadcast(factor);
        int i = start;
        for (; i <= values.Length - T.Count; i += T.Count)
        {
            (factors * T.Load(in at, i)).Store(ref at, i);
        }

        if (i < values.Length)
        {
            ScaleLanes<ScalarLane>(factor, values, i);
        }
    }

    private static void RequireLength(int expected, int length)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} floats, got {length}.");
        }
    }
}
