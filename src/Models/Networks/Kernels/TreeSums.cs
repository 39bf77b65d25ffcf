using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>Sums over one array, in an order that every width can follow.</summary>
/// <remarks>
/// Entry i goes to partial sum i mod 16; the 16 partial sums are then added in pairs (l and l + 8, then l and l + 4,
/// and so on). A scalar processor walks the same tree, so the bits are the same.
/// </remarks>
internal static class TreeSums
{
    private const int Partials = (int)VectorWidth.Vector512;

    /// <summary>Σ a b with one FMA per entry; the two are of one length.</summary>
    public static float Dot(VectorWidth width, ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
        {
            throw new ArgumentException($"Expected {a.Length} floats, got {b.Length}.", nameof(b));
        }

        return width switch
        {
            VectorWidth.Scalar => DotLanes<ScalarLane>(a, b),
            VectorWidth.Vector128 => DotLanes<Lanes4>(a, b),
            VectorWidth.Vector256 => DotLanes<Lanes8>(a, b),
            VectorWidth.Vector512 => DotLanes<Lanes16>(a, b),
            _ => throw VectorWidths.Unknown(width),
        };
    }

    /// <summary>Σ a².</summary>
    public static float SquaredNorm(VectorWidth width, ReadOnlySpan<float> a) => Dot(width, a, a);

    /// <summary>Σ a.</summary>
    public static float Sum(ReadOnlySpan<float> a)
    {
        Span<float> partials = stackalloc float[Partials];
        partials.Clear();
        for (int i = 0; i < a.Length; i++)
        {
            partials[i % Partials] += a[i];
        }

        return AddInPairs(partials);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float DotLanes<T>(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        where T : struct, ILanes<T>
    {
        Span<float> partials = stackalloc float[Partials];
        ref float partial = ref MemoryMarshal.GetReference(partials);
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float y = ref MemoryMarshal.GetReference(b);
        int whole = a.Length - (a.Length % Partials);
        for (int lane = 0; lane < Partials; lane += T.Count)
        {
            T sum = T.Broadcast(0f);
            for (int i = lane; i < whole; i += Partials)
            {
                sum = T.Fma(T.Load(in x, i), T.Load(in y, i), sum);
            }

            sum.Store(ref partial, lane);
        }

        for (int i = whole; i < a.Length; i++)
        {
            partials[i - whole] = MathF.FusedMultiplyAdd(a[i], b[i], partials[i - whole]);
        }

        return AddInPairs(partials);
    }

    private static float AddInPairs(Span<float> partials)
    {
        for (int half = Partials / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++)
            {
                partials[i] += partials[i + half];
            }
        }

        return partials[0];
    }
}
