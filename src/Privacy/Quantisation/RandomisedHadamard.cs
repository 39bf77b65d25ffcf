using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>
/// A public random rotation, y = H·D·x / √P: random signs, then the Walsh–Hadamard transform, orthonormal.
/// </summary>
/// <remarks>
/// <para>The vector is padded with zeros to P = 2^m. D holds signs that every member derives from one public seed: bit
/// i of SHAKE256(domain ‖ seed), least significant first, is set where coordinate i changes sign. It can be inverted by
/// everybody and hides nothing; it spreads.</para>
/// <para><b>Flattening.</b> For a vector chosen without knowledge of the seed, each coordinate of y is a sum of P
/// independent terms ±x_j / √P, so it is sub-Gaussian with variance ‖x‖²/P (Hoeffding's lemma, 1963; the use in a fast
/// rotation is Ailon and Chazelle, STOC 2006): P(|y_i| ≥ t) ≤ 2·exp(−t²·P / 2‖x‖²). A member who knows the seed can
/// choose a vector for which this fails, but only that member's addend.</para>
/// <para><b>Same bits everywhere.</b> Each of the m stages replaces pairs by sum and difference, in the order of
/// distances 1, 2, 4 …, and no multiplication is fused into an addition. Vector width and cache blocks decide only
/// which pairs come first, so every processor gets the same doubles.</para>
/// <para><b>Rounding.</b> A stage is √2 times an orthogonal map and each of its results has relative error at most
/// u = 2^-53, so the error of the whole is at most ((1 + u)^(m+2) − 1)·‖x‖ in L2 norm, the last two factors being the
/// constant 1/√P and the product with it; see <see cref="RelativeError"/>.</para>
/// </remarks>
// The loops are compiled with all optimisations at once: a round calls them a few times only, on a whole vector.
public sealed class RandomisedHadamard
{
    /// <summary>Length of the public seed in bytes.</summary>
    public const int SeedSize = 32;

    /// <summary>2^26 coordinates take half a gigabyte as doubles.</summary>
    public const int MaximumDimension = 1 << 26;

    // 32 KiB of doubles: the stages within a block run in the first-level cache.
    private const int BlockLength = 4096;

    // One cache line of doubles is the least that a column of blocks is read by.
    private const int LineLength = 8;

    private readonly ulong[] _signs;
    private readonly double _scale;

    /// <param name="publicSeed32">32 bytes that all members of a round know.</param>
    /// <param name="dimension">Coordinates that are used, from 1 to <see cref="MaximumDimension"/>.</param>
    /// <exception cref="ArgumentException">The seed has another length.</exception>
    public RandomisedHadamard(ReadOnlySpan<byte> publicSeed32, int dimension)
    {
        if (publicSeed32.Length != SeedSize)
        {
            throw new ArgumentException($"Expected {SeedSize} bytes, got {publicSeed32.Length}.", nameof(publicSeed32));
        }

        Dimension = dimension;
        PaddedDimension = Padded(dimension);
        int stages = BitOperations.Log2((uint)PaddedDimension);

        // √½ to the nearest double; a power of two is exact.
        const double HalfRoot = 0.70710678118654752440;
        _scale = Math.ScaleB(stages % 2 == 0 ? 1 : HalfRoot, -(stages / 2));
        _signs = Signs(publicSeed32, PaddedDimension);
    }

    /// <summary>Coordinates that are used; the others are zero.</summary>
    public int Dimension { get; }

    /// <summary>P: the smallest power of two from <see cref="Dimension"/> on.</summary>
    public int PaddedDimension { get; }

    /// <summary>
    /// Bound on ‖computed − exact‖ / ‖x‖ of either direction in L2 norm: (m + 3)·2^-53, where the last 2^-53 covers
    /// the powers of (1 + 2^-53) above the first.
    /// </summary>
    public double RelativeError => RelativeErrorOf(PaddedDimension);

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/quantisation/hadamard-signs/v1"u8;

    /// <summary>The smallest power of two that is not below <paramref name="dimension"/>.</summary>
    public static int Padded(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, MaximumDimension);
        return (int)BitOperations.RoundUpToPowerOf2((uint)dimension);
    }

    /// <summary>Rotates in place.</summary>
    /// <exception cref="ArgumentException">The length is not <see cref="PaddedDimension"/>.</exception>
    public void Forward(Span<double> values)
    {
        RequireLength(values);
        FlipSigns(values);
        Transform(values);
        Scale(values, _scale);
    }

    /// <summary>Rotates back in place.</summary>
    /// <exception cref="ArgumentException">The length is not <see cref="PaddedDimension"/>.</exception>
    public void Inverse(Span<double> values)
    {
        RequireLength(values);
        Transform(values);
        Scale(values, _scale);
        FlipSigns(values);
    }

    internal static double RelativeErrorOf(int paddedDimension) =>
        Math.ScaleB(BitOperations.Log2((uint)paddedDimension) + 3, -53);

    /// <summary>The transform without its factor 1/√P; the length is a power of two.</summary>
    internal static void Transform(Span<double> values)
    {
        int blockLength = int.Min(values.Length, BlockLength);
        for (int start = 0; start < values.Length; start += blockLength)
        {
            Span<double> block = values.Slice(start, blockLength);
            FirstStages(block);
            Stages(block, int.Min(LineLength, blockLength));
        }

        if (values.Length > blockLength)
        {
            StagesAcrossBlocks(values, values.Length / blockLength);
        }
    }

    /// <summary>The same sums and differences, one pair at a time: what <see cref="Transform"/> is tested by.</summary>
    internal static void TransformByPairs(Span<double> values)
    {
        for (int distance = 1; distance < values.Length; distance *= 2)
        {
            StageOfPairs(values, distance);
        }
    }

    private static ulong[] Signs(ReadOnlySpan<byte> publicSeed32, int count)
    {
        byte[] seed = [.. Domain, .. publicSeed32];
        using ShakeStream stream = new(seed);
        ulong[] signs = new ulong[(count + 63) / 64];
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < signs.Length; i++)
        {
            stream.Fill(word);
            signs[i] = BinaryPrimitives.ReadUInt64LittleEndian(word);
        }

        return signs;
    }

    private static void StageOfPairs(Span<double> values, int distance)
    {
        for (int start = 0; start < values.Length; start += 2 * distance)
        {
            for (int i = start; i < start + distance; i++)
            {
                (double a, double b) = (values[i], values[i + distance]);
                values[i] = a + b;
                values[i + distance] = a - b;
            }
        }
    }

    /// <summary>Distances 1, 2 and 4, eight values at a time; fewer values by pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FirstStages(Span<double> values)
    {
        if (values.Length < LineLength)
        {
            TransformByPairs(values);
            return;
        }

        for (int start = 0; start < values.Length; start += LineLength)
        {
            Span<double> v = values.Slice(start, LineLength);
            (double a0, double a1) = (v[0] + v[1], v[0] - v[1]);
            (double a2, double a3) = (v[2] + v[3], v[2] - v[3]);
            (double a4, double a5) = (v[4] + v[5], v[4] - v[5]);
            (double a6, double a7) = (v[6] + v[7], v[6] - v[7]);
            (double b0, double b1, double b2, double b3) = (a0 + a2, a1 + a3, a0 - a2, a1 - a3);
            (double b4, double b5, double b6, double b7) = (a4 + a6, a5 + a7, a4 - a6, a5 - a7);
            (v[0], v[1], v[2], v[3]) = (b0 + b4, b1 + b5, b2 + b6, b3 + b7);
            (v[4], v[5], v[6], v[7]) = (b0 - b4, b1 - b5, b2 - b6, b3 - b7);
        }
    }

    /// <summary>All stages from <paramref name="distance"/>, at least 8 or the length, on: two per pass.</summary>
    private static void Stages(Span<double> values, int distance)
    {
        for (; distance * 2 < values.Length; distance *= 4)
        {
            TwoStages(values, distance);
        }

        if (distance < values.Length)
        {
            OneStage(values, distance);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoStages(Span<double> values, int distance)
    {
        for (int start = 0; start < values.Length; start += 4 * distance)
        {
            Span<Vector<double>> first = Vectors(values, start, distance);
            Span<Vector<double>> second = Vectors(values, start + distance, distance);
            Span<Vector<double>> third = Vectors(values, start + (2 * distance), distance);
            Span<Vector<double>> fourth = Vectors(values, start + (3 * distance), distance);
            for (int i = 0; i < first.Length && i < second.Length && i < third.Length && i < fourth.Length; i++)
            {
                (Vector<double> a, Vector<double> b) = (first[i] + second[i], first[i] - second[i]);
                (Vector<double> c, Vector<double> d) = (third[i] + fourth[i], third[i] - fourth[i]);
                first[i] = a + c;
                second[i] = b + d;
                third[i] = a - c;
                fourth[i] = b - d;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneStage(Span<double> values, int distance)
    {
        for (int start = 0; start < values.Length; start += 2 * distance)
        {
            Span<Vector<double>> lower = Vectors(values, start, distance);
            Span<Vector<double>> upper = Vectors(values, start + distance, distance);
            for (int i = 0; i < lower.Length && i < upper.Length; i++)
            {
                (Vector<double> a, Vector<double> b) = (lower[i], upper[i]);
                lower[i] = a + b;
                upper[i] = a - b;
            }
        }
    }

    private static Span<Vector<double>> Vectors(Span<double> values, int start, int length) =>
        MemoryMarshal.Cast<double, Vector<double>>(values.Slice(start, length));

    /// <summary>
    /// The distances of whole blocks: some columns at a time are copied together, which reads the memory once for all
    /// stages instead of once for each.
    /// </summary>
    private static void StagesAcrossBlocks(Span<double> values, int blocks)
    {
        int width = int.Max(LineLength, BlockLength / blocks);
        double[] columns = GC.AllocateUninitializedArray<double>(blocks * width, pinned: true);
        for (int start = 0; start < BlockLength; start += width)
        {
            for (int block = 0; block < blocks; block++)
            {
                values.Slice((block * BlockLength) + start, width).CopyTo(columns.AsSpan(block * width));
            }

            Stages(columns, width);
            for (int block = 0; block < blocks; block++)
            {
                columns.AsSpan(block * width, width).CopyTo(values[((block * BlockLength) + start)..]);
            }
        }

        // The values may be a patient's.
        Array.Clear(columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(Span<double> values, double factor)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= factor;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FlipSigns(Span<double> values)
    {
        // The sign of a double is its highest bit.
        Span<ulong> words = MemoryMarshal.Cast<double, ulong>(values);
        for (int i = 0; i < words.Length; i++)
        {
            words[i] ^= _signs[i >> 6] >> (i & 63) << 63;
        }
    }

    private void RequireLength(ReadOnlySpan<double> values)
    {
        if (values.Length != PaddedDimension)
        {
            throw new ArgumentException($"Expected {PaddedDimension} values, got {values.Length}.", nameof(values));
        }
    }
}
