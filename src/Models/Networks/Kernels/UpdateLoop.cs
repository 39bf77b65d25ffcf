using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>The numbers of one optimiser step; what a rule does not use is 0.</summary>
internal readonly record struct UpdateFactors
{
    /// <summary>Step per unit of direction.</summary>
    public float Rate { get; init; }

    /// <summary>What stays of the first memory.</summary>
    public float Memory1 { get; init; }

    /// <summary>What comes into the first memory.</summary>
    public float Fresh1 { get; init; }

    /// <summary>What stays of the second memory.</summary>
    public float Memory2 { get; init; }

    /// <summary>What comes into the second memory.</summary>
    public float Fresh2 { get; init; }

    /// <summary>Factor of the root of the second memory.</summary>
    public float RootScale { get; init; }

    /// <summary>Keeps a division finite.</summary>
    public float Epsilon { get; init; }

    /// <summary>Share of the parameter that joins the gradient.</summary>
    public float Ridge { get; init; }

    /// <summary>What stays of the parameter before the step.</summary>
    public float Shrink { get; init; }
}

/// <summary>How one parameter moves.</summary>
internal interface IUpdateRule
{
    /// <summary>The new parameter; both memories are updated.</summary>
    public static abstract T Update<T>(T parameter, T gradient, ref T first, ref T second, in UpdateFactors factors)
        where T : struct, ILanes<T>;
}

/// <summary>m = μ m + g, x = x − η m.</summary>
internal readonly struct MomentumRule : IUpdateRule
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Update<T>(T parameter, T gradient, ref T first, ref T second, in UpdateFactors factors)
        where T : struct, ILanes<T>
    {
        first = T.Fma(T.Broadcast(factors.Memory1), first, gradient);
        return T.Fma(T.Broadcast(-factors.Rate), first, parameter);
    }
}

/// <summary>Adam with both kinds of decay.</summary>
internal readonly struct AdamRule : IUpdateRule
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Update<T>(T parameter, T gradient, ref T first, ref T second, in UpdateFactors factors)
        where T : struct, ILanes<T>
    {
        gradient = T.Fma(T.Broadcast(factors.Ridge), parameter, gradient);
        first = T.Fma(T.Broadcast(factors.Fresh1), gradient, T.Broadcast(factors.Memory1) * first);
        second = T.Fma(T.Broadcast(factors.Fresh2), gradient * gradient, T.Broadcast(factors.Memory2) * second);
        T root = T.Fma(T.SquareRoot(second), T.Broadcast(factors.RootScale), T.Broadcast(factors.Epsilon));
        return T.Fma(T.Broadcast(-factors.Rate), first / root, T.Broadcast(factors.Shrink) * parameter);
    }
}

/// <summary>Adam whose second memory moves by the gradient's square, not towards it.</summary>
internal readonly struct YogiRule : IUpdateRule
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Update<T>(T parameter, T gradient, ref T first, ref T second, in UpdateFactors factors)
        where T : struct, ILanes<T>
    {
        T square = gradient * gradient;
        T change = T.Broadcast(factors.Fresh2) * square;
        first = T.Fma(T.Broadcast(factors.Fresh1), gradient, T.Broadcast(factors.Memory1) * first);
        second = T.Select(second < square, second + change, T.Select(second > square, second - change, second));
        return T.Fma(
            T.Broadcast(-factors.Rate), first / (T.SquareRoot(second) + T.Broadcast(factors.Epsilon)), parameter);
    }
}

/// <summary>v = v + g², x = x − η g / (sqrt v + ε).</summary>
internal readonly struct AdagradRule : IUpdateRule
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Update<T>(T parameter, T gradient, ref T first, ref T second, in UpdateFactors factors)
        where T : struct, ILanes<T>
    {
        second = T.Fma(gradient, gradient, second);
        return T.Fma(
            T.Broadcast(-factors.Rate), gradient / (T.SquareRoot(second) + T.Broadcast(factors.Epsilon)), parameter);
    }
}

/// <summary>One optimiser step over a parameter vector.</summary>
internal static class UpdateLoop
{
    /// <summary>All four vectors are of one length; parameters and memories change.</summary>
    public static void Run<TRule>(
        VectorWidth width,
        Span<float> parameters,
        ReadOnlySpan<float> gradient,
        Span<float> first,
        Span<float> second,
        in UpdateFactors factors)
        where TRule : struct, IUpdateRule
    {
        switch (width)
        {
            case VectorWidth.Scalar:
                Run<TRule, ScalarLane>(parameters, gradient, first, second, factors, 0);
                break;
            case VectorWidth.Vector128:
                Run<TRule, Lanes4>(parameters, gradient, first, second, factors, 0);
                break;
            case VectorWidth.Vector256:
                Run<TRule, Lanes8>(parameters, gradient, first, second, factors, 0);
                break;
            case VectorWidth.Vector512:
                Run<TRule, Lanes16>(parameters, gradient, first, second, factors, 0);
                break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRule, T>(
        Span<float> parameters,
        ReadOnlySpan<float> gradient,
        Span<float> first,
        Span<float> second,
        in UpdateFactors factors,
        int start)
        where TRule : struct, IUpdateRule
        where T : struct, ILanes<T>
    {
        ref float x = ref MemoryMarshal.GetReference(parameters);
        ref float g = ref MemoryMarshal.GetReference(gradient);
        ref float m = ref MemoryMarshal.GetReference(first);
        ref float v = ref MemoryMarshal.GetReference(second);
        int i = start;
        for (; i <= parameters.Length - T.Count; i += T.Count)
        {
            T memory1 = T.Load(in m, i);
            T memory2 = T.Load(in v, i);
            T moved = TRule.Update(T.Load(in x, i), T.Load(in g, i), ref memory1, ref memory2, factors);
            moved.Store(ref x, i);
            memory1.Store(ref m, i);
            memory2.Store(ref v, i);
        }

        if (i < parameters.Length)
        {
            Run<TRule, ScalarLane>(parameters, gradient, first, second, factors, i);
        }
    }
}
