using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The order of the butterflies for vectors of eight words, whatever the arithmetic inside them.</summary>
/// <remarks>
/// Wide layers go two at a time, so that a polynomial passes through the cache half as often; the last three layers,
/// whose partners lie within one pair of vectors, are done in registers.
/// </remarks>
internal static class NttBlocks512
{
    private const int Lanes = 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Forward<TArithmetic>(Span<ulong> values, NttTables tables, NttRoots roots)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            TArithmetic arithmetic = TArithmetic.For(tables);
            ref ulong start = ref MemoryMarshal.GetReference(values);
            nuint length = (nuint)values.Length;
            if (TArithmetic.Converts)
            {
                for (nuint i = 0; i < length; i += Lanes)
                {
                    arithmetic.Enter(Vector512.LoadUnsafe(ref start, i)).StoreUnsafe(ref start, i);
                }
            }

            nuint groups = 1;
            nuint gap = length / 2;
            for (; gap >= 2 * Lanes; gap /= 4, groups *= 4)
            {
                for (nuint group = 0; group < groups; group++)
                {
                    ForwardPair(arithmetic, ref Unsafe.Add(ref start, 2 * group * gap), gap, roots, groups + group);
                }
            }

            if (gap == Lanes)
            {
                for (nuint group = 0; group < groups; group++)
                {
                    ForwardSingle(arithmetic, ref Unsafe.Add(ref start, 2 * group * gap), roots, groups + group);
                }
            }

            ForwardTail(arithmetic, ref start, length, roots);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Inverse<TArithmetic>(Span<ulong> values, NttTables tables, NttRoots roots)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            TArithmetic arithmetic = TArithmetic.For(tables);
            ref ulong start = ref MemoryMarshal.GetReference(values);
            nuint length = (nuint)values.Length;
            InverseHead(arithmetic, ref start, length, roots);

            nuint groups = length / (2 * Lanes);
            nuint gap = Lanes;
            for (; groups >= 4; groups /= 4, gap *= 4)
            {
                for (nuint group = 0; group < groups / 2; group++)
                {
                    InversePair(arithmetic, ref Unsafe.Add(ref start, 4 * group * gap), gap, roots, groups, group);
                }
            }

            if (groups == 2)
            {
                InverseSingle(arithmetic, ref start, gap, roots, 2);
                InverseSingle(arithmetic, ref Unsafe.Add(ref start, 2 * gap), gap, roots, 3);
            }

            InverseLast(arithmetic, ref start, length / 2, roots);
        }
    }

    /// <summary>Two layers on the 2·gap words of one group: gap first, then half of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardPair<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint gap, NttRoots roots, nuint position)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            Vector512<ulong> root = Spread(roots.Forward, position);
            Vector512<ulong> quotient = Spread(roots.ForwardQuotients, position);
            Vector512<ulong> leftRoot = Spread(roots.Forward, 2 * position);
            Vector512<ulong> leftQuotient = Spread(roots.ForwardQuotients, 2 * position);
            Vector512<ulong> rightRoot = Spread(roots.Forward, (2 * position) + 1);
            Vector512<ulong> rightQuotient = Spread(roots.ForwardQuotients, (2 * position) + 1);
            nuint half = gap / 2;
            for (nuint i = 0; i < half; i += Lanes)
            {
                Vector512<ulong> a = Vector512.LoadUnsafe(ref start, i);
                Vector512<ulong> b = Vector512.LoadUnsafe(ref start, i + half);
                Vector512<ulong> c = Vector512.LoadUnsafe(ref start, i + gap);
                Vector512<ulong> d = Vector512.LoadUnsafe(ref start, i + gap + half);
                arithmetic.Forward(ref a, ref c, root, quotient);
                arithmetic.Forward(ref b, ref d, root, quotient);
                arithmetic.Forward(ref a, ref b, leftRoot, leftQuotient);
                arithmetic.Forward(ref c, ref d, rightRoot, rightQuotient);
                a.StoreUnsafe(ref start, i);
                b.StoreUnsafe(ref start, i + half);
                c.StoreUnsafe(ref start, i + gap);
                d.StoreUnsafe(ref start, i + gap + half);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardSingle<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, NttRoots roots, nuint position)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        Vector512<ulong> x = Vector512.LoadUnsafe(ref start);
        Vector512<ulong> y = Vector512.LoadUnsafe(ref start, Lanes);
        arithmetic.Forward(ref x, ref y, Spread(roots.Forward, position), Spread(roots.ForwardQuotients, position));
        x.StoreUnsafe(ref start);
        y.StoreUnsafe(ref start, Lanes);
    }

    /// <summary>Two layers on two neighbouring groups of 2·gap words: gap first, then twice of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InversePair<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint gap, NttRoots roots, nuint groups, nuint pair)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            nuint position = groups + (2 * pair);
            Vector512<ulong> leftRoot = Spread(roots.Inverse, position);
            Vector512<ulong> leftQuotient = Spread(roots.InverseQuotients, position);
            Vector512<ulong> rightRoot = Spread(roots.Inverse, position + 1);
            Vector512<ulong> rightQuotient = Spread(roots.InverseQuotients, position + 1);
            Vector512<ulong> root = Spread(roots.Inverse, position / 2);
            Vector512<ulong> quotient = Spread(roots.InverseQuotients, position / 2);
            for (nuint i = 0; i < gap; i += Lanes)
            {
                Vector512<ulong> a = Vector512.LoadUnsafe(ref start, i);
                Vector512<ulong> b = Vector512.LoadUnsafe(ref start, i + gap);
                Vector512<ulong> c = Vector512.LoadUnsafe(ref start, i + (2 * gap));
                Vector512<ulong> d = Vector512.LoadUnsafe(ref start, i + (3 * gap));
                arithmetic.Inverse(ref a, ref b, leftRoot, leftQuotient);
                arithmetic.Inverse(ref c, ref d, rightRoot, rightQuotient);
                arithmetic.Inverse(ref a, ref c, root, quotient);
                arithmetic.Inverse(ref b, ref d, root, quotient);
                a.StoreUnsafe(ref start, i);
                b.StoreUnsafe(ref start, i + gap);
                c.StoreUnsafe(ref start, i + (2 * gap));
                d.StoreUnsafe(ref start, i + (3 * gap));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseSingle<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint gap, NttRoots roots, nuint position)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            Vector512<ulong> root = Spread(roots.Inverse, position);
            Vector512<ulong> quotient = Spread(roots.InverseQuotients, position);
            for (nuint i = 0; i < gap; i += Lanes)
            {
                Vector512<ulong> x = Vector512.LoadUnsafe(ref start, i);
                Vector512<ulong> y = Vector512.LoadUnsafe(ref start, i + gap);
                arithmetic.Inverse(ref x, ref y, root, quotient);
                x.StoreUnsafe(ref start, i);
                y.StoreUnsafe(ref start, i + gap);
            }
        }
    }

    /// <summary>The layer of one group, which also divides by N and reduces to residues.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseLast<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint gap, NttRoots roots)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            Vector512<ulong> degree = Vector512.Create(roots.InverseDegree);
            Vector512<ulong> degreeQuotient = Vector512.Create(roots.InverseDegreeQuotient);
            Vector512<ulong> root = Vector512.Create(roots.LastInverse);
            Vector512<ulong> quotient = Vector512.Create(roots.LastInverseQuotient);
            for (nuint i = 0; i < gap; i += Lanes)
            {
                Vector512<ulong> x = Vector512.LoadUnsafe(ref start, i);
                Vector512<ulong> y = Vector512.LoadUnsafe(ref start, i + gap);
                Vector512<ulong> sum = arithmetic.Sum(x, y);
                Vector512<ulong> difference = arithmetic.Difference(x, y);
                arithmetic.Leave(arithmetic.Product(sum, degree, degreeQuotient)).StoreUnsafe(ref start, i);
                arithmetic.Leave(arithmetic.Product(difference, root, quotient)).StoreUnsafe(ref start, i + gap);
            }
        }
    }

    /// <summary>The layers of gap 4, 2 and 1 on blocks of 16 words, and the reduction to residues.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardTail<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint length, NttRoots roots)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            Vector512<ulong> fours = Vector512.Create(0ul, 1, 2, 3, 8, 9, 10, 11);
            Vector512<ulong> otherFours = Vector512.Create(4ul, 5, 6, 7, 12, 13, 14, 15);
            Vector512<ulong> twos = Vector512.Create(0ul, 1, 8, 9, 4, 5, 12, 13);
            Vector512<ulong> otherTwos = Vector512.Create(2ul, 3, 10, 11, 6, 7, 14, 15);
            Vector512<ulong> low = Vector512.Create(0ul, 8, 1, 9, 2, 10, 3, 11);
            Vector512<ulong> high = Vector512.Create(4ul, 12, 5, 13, 6, 14, 7, 15);
            for (nuint i = 0; i < length; i += 2 * Lanes)
            {
                Vector512<ulong> a = Vector512.LoadUnsafe(ref start, i);
                Vector512<ulong> b = Vector512.LoadUnsafe(ref start, i + Lanes);
                Vector512<ulong> x = Avx512F.PermuteVar8x64x2(a, fours, b);
                Vector512<ulong> y = Avx512F.PermuteVar8x64x2(a, otherFours, b);
                nuint position = (length + i) / 8;
                arithmetic.Forward(
                    ref x, ref y, SpreadTwo(roots.Forward, position), SpreadTwo(roots.ForwardQuotients, position));

                a = Avx512F.PermuteVar8x64x2(x, twos, y);
                b = Avx512F.PermuteVar8x64x2(x, otherTwos, y);
                position *= 2;
                arithmetic.Forward(
                    ref a, ref b, SpreadFour(roots.Forward, position), SpreadFour(roots.ForwardQuotients, position));

                x = Avx512F.UnpackLow(a, b);
                y = Avx512F.UnpackHigh(a, b);
                position *= 2;
                arithmetic.Forward(
                    ref x, ref y, LoadEight(roots.Forward, position), LoadEight(roots.ForwardQuotients, position));

                x = arithmetic.Leave(x);
                y = arithmetic.Leave(y);
                Avx512F.PermuteVar8x64x2(x, low, y).StoreUnsafe(ref start, i);
                Avx512F.PermuteVar8x64x2(x, high, y).StoreUnsafe(ref start, i + Lanes);
            }
        }
    }

    /// <summary>The layers of gap 1, 2 and 4 on blocks of 16 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseHead<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint length, NttRoots roots)
        where TArithmetic : struct, IArithmetic512<TArithmetic>
    {
        unchecked
        {
            Vector512<ulong> even = Vector512.Create(0ul, 2, 4, 6, 8, 10, 12, 14);
            Vector512<ulong> odd = Vector512.Create(1ul, 3, 5, 7, 9, 11, 13, 15);
            Vector512<ulong> twos = Vector512.Create(0ul, 1, 8, 9, 4, 5, 12, 13);
            Vector512<ulong> otherTwos = Vector512.Create(2ul, 3, 10, 11, 6, 7, 14, 15);
            Vector512<ulong> fours = Vector512.Create(0ul, 1, 2, 3, 8, 9, 10, 11);
            Vector512<ulong> otherFours = Vector512.Create(4ul, 5, 6, 7, 12, 13, 14, 15);
            for (nuint i = 0; i < length; i += 2 * Lanes)
            {
                Vector512<ulong> a = arithmetic.Enter(Vector512.LoadUnsafe(ref start, i));
                Vector512<ulong> b = arithmetic.Enter(Vector512.LoadUnsafe(ref start, i + Lanes));
                Vector512<ulong> x = Avx512F.PermuteVar8x64x2(a, even, b);
                Vector512<ulong> y = Avx512F.PermuteVar8x64x2(a, odd, b);
                nuint position = (length + i) / 2;
                arithmetic.Inverse(
                    ref x, ref y, LoadEight(roots.Inverse, position), LoadEight(roots.InverseQuotients, position));

                a = Avx512F.UnpackLow(x, y);
                b = Avx512F.UnpackHigh(x, y);
                position /= 2;
                arithmetic.Inverse(
                    ref a, ref b, SpreadFour(roots.Inverse, position), SpreadFour(roots.InverseQuotients, position));

                x = Avx512F.PermuteVar8x64x2(a, twos, b);
                y = Avx512F.PermuteVar8x64x2(a, otherTwos, b);
                position /= 2;
                arithmetic.Inverse(
                    ref x, ref y, SpreadTwo(roots.Inverse, position), SpreadTwo(roots.InverseQuotients, position));

                Avx512F.PermuteVar8x64x2(x, fours, y).StoreUnsafe(ref start, i);
                Avx512F.PermuteVar8x64x2(x, otherFours, y).StoreUnsafe(ref start, i + Lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> LoadEight(ulong[] words, nuint position) =>
        Vector512.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(words), position);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> SpreadFour(ulong[] words, nuint position) => Avx512F.PermuteVar8x64(
        Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(words), position).ToVector512Unsafe(),
        Vector512.Create(0ul, 0, 1, 1, 2, 2, 3, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> SpreadTwo(ulong[] words, nuint position) => Avx512F.PermuteVar8x64(
        Vector128.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(words), position)
            .ToVector256Unsafe().ToVector512Unsafe(),
        Vector512.Create(0ul, 0, 0, 0, 1, 1, 1, 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Spread(ulong[] words, nuint position) =>
        Vector512.Create(Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(words), position));
}
