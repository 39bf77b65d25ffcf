using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The order of the butterflies for vectors of four words, whatever the arithmetic inside them.</summary>
/// <remarks>
/// Wide layers go two at a time, so that a polynomial passes through the cache half as often; the last two layers,
/// whose partners lie within one pair of vectors, are done in registers.
/// </remarks>
internal static class NttBlocks256
{
    private const int Lanes = 4;
    private const byte LowHalves = 0x20;
    private const byte HighHalves = 0x31;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Forward<TArithmetic>(Span<ulong> values, NttTables tables, NttRoots roots)
        where TArithmetic : struct, IArithmetic256<TArithmetic>
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
                    arithmetic.Enter(Vector256.LoadUnsafe(ref start, i)).StoreUnsafe(ref start, i);
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
        where TArithmetic : struct, IArithmetic256<TArithmetic>
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
        where TArithmetic : struct, IArithmetic256<TArithmetic>
    {
        unchecked
        {
            Vector256<ulong> root = Spread(roots.Forward, position);
            Vector256<ulong> quotient = Spread(roots.ForwardQuotients, position);
            Vector256<ulong> leftRoot = Spread(roots.Forward, 2 * position);
            Vector256<ulong> leftQuotient = Spread(roots.ForwardQuotients, 2 * position);
            Vector256<ulong> rightRoot = Spread(roots.Forward, (2 * position) + 1);
            Vector256<ulong> rightQuotient = Spread(roots.ForwardQuotients, (2 * position) + 1);
            nuint half = gap / 2;
            for (nuint i = 0; i < half; i += Lanes)
            {
                Vector256<ulong> a = Vector256.LoadUnsafe(ref start, i);
                Vector256<ulong> b = Vector256.LoadUnsafe(ref start, i + half);
                Vector256<ulong> c = Vector256.LoadUnsafe(ref start, i + gap);
                Vector256<ulong> d = Vector256.LoadUnsafe(ref start, i + gap + half);
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
        where TArithmetic : struct, IArithmetic256<TArithmetic>
    {
        Vector256<ulong> x = Vector256.LoadUnsafe(ref start);
        Vector256<ulong> y = Vector256.LoadUnsafe(ref start, Lanes);
        arithmetic.Forward(ref x, ref y, Spread(roots.Forward, position), Spread(roots.ForwardQuotients, position));
        x.StoreUnsafe(ref start);
        y.StoreUnsafe(ref start, Lanes);
    }

    /// <summary>Two layers on two neighbouring groups of 2·gap words: gap first, then twice of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InversePair<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint gap, NttRoots roots, nuint groups, nuint pair)
        where TArithmetic : struct, IArithmetic256<TArithmetic>
    {
        unchecked
        {
            nuint position = groups + (2 * pair);
            Vector256<ulong> leftRoot = Spread(roots.Inverse, position);
            Vector256<ulong> leftQuotient = Spread(roots.InverseQuotients, position);
            Vector256<ulong> rightRoot = Spread(roots.Inverse, position + 1);
            Vector256<ulong> rightQuotient = Spread(roots.InverseQuotients, position + 1);
            Vector256<ulong> root = Spread(roots.Inverse, position / 2);
            Vector256<ulong> quotient = Spread(roots.InverseQuotients, position / 2);
            for (nuint i = 0; i < gap; i += Lanes)
            {
                Vector256<ulong> a = Vector256.LoadUnsafe(ref start, i);
                Vector256<ulong> b = Vector256.LoadUnsafe(ref start, i + gap);
                Vector256<ulong> c = Vector256.LoadUnsafe(ref start, i + (2 * gap));
                Vector256<ulong> d = Vector256.LoadUnsafe(ref start, i + (3 * gap));
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
        where TArithmetic : struct, IArithmetic256<TArithmetic>
    {
        unchecked
        {
            Vector256<ulong> root = Spread(roots.Inverse, position);
            Vector256<ulong> quotient = Spread(roots.InverseQuotients, position);
            for (nuint i = 0; i < gap; i += Lanes)
            {
                Vector256<ulong> x = Vector256.LoadUnsafe(ref start, i);
                Vector256<ulong> y = Vector256.LoadUnsafe(ref start, i + gap);
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
        where TArithmetic : struct, IArithmetic256<TArithmetic>
    {
        unchecked
        {
            Vector256<ulong> degree = Vector256.Create(roots.InverseDegree);
            Vector256<ulong> degreeQuotient = Vector256.Create(roots.InverseDegreeQuotient);
            Vector256<ulong> root = Vector256.Create(roots.LastInverse);
            Vector256<ulong> quotient = Vector256.Create(roots.LastInverseQuotient);
            for (nuint i = 0; i < gap; i += Lanes)
            {
                Vector256<ulong> x = Vector256.LoadUnsafe(ref start, i);
                Vector256<ulong> y = Vector256.LoadUnsafe(ref start, i + gap);
                Vector256<ulong> sum = arithmetic.Sum(x, y);
                Vector256<ulong> difference = arithmetic.Difference(x, y);
                arithmetic.Leave(arithmetic.Product(sum, degree, degreeQuotient)).StoreUnsafe(ref start, i);
                arithmetic.Leave(arithmetic.Product(difference, root, quotient)).StoreUnsafe(ref start, i + gap);
            }
        }
    }

    /// <summary>The layers of gap 2 and 1 on blocks of 8 words, and the reduction to residues.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardTail<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint length, NttRoots roots)
        where TArithmetic : struct, IArithmetic256<TArithmetic>
    {
        unchecked
        {
            for (nuint i = 0; i < length; i += 2 * Lanes)
            {
                Vector256<ulong> a = Vector256.LoadUnsafe(ref start, i);
                Vector256<ulong> b = Vector256.LoadUnsafe(ref start, i + Lanes);
                Vector256<ulong> x = Avx2.Permute2x128(a, b, LowHalves);
                Vector256<ulong> y = Avx2.Permute2x128(a, b, HighHalves);
                nuint position = (length + i) / 4;
                arithmetic.Forward(
                    ref x, ref y, SpreadTwo(roots.Forward, position), SpreadTwo(roots.ForwardQuotients, position));

                a = Avx2.UnpackLow(x, y);
                b = Avx2.UnpackHigh(x, y);
                position *= 2;
                arithmetic.Forward(
                    ref a, ref b, LoadFour(roots.Forward, position), LoadFour(roots.ForwardQuotients, position));

                a = arithmetic.Leave(a);
                b = arithmetic.Leave(b);
                x = Avx2.UnpackLow(a, b);
                y = Avx2.UnpackHigh(a, b);
                Avx2.Permute2x128(x, y, LowHalves).StoreUnsafe(ref start, i);
                Avx2.Permute2x128(x, y, HighHalves).StoreUnsafe(ref start, i + Lanes);
            }
        }
    }

    /// <summary>The layers of gap 1 and 2 on blocks of 8 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseHead<TArithmetic>(
        TArithmetic arithmetic, ref ulong start, nuint length, NttRoots roots)
        where TArithmetic : struct, IArithmetic256<TArithmetic>
    {
        unchecked
        {
            for (nuint i = 0; i < length; i += 2 * Lanes)
            {
                Vector256<ulong> a = arithmetic.Enter(Vector256.LoadUnsafe(ref start, i));
                Vector256<ulong> b = arithmetic.Enter(Vector256.LoadUnsafe(ref start, i + Lanes));
                Vector256<ulong> x = Avx2.Permute2x128(a, b, LowHalves);
                Vector256<ulong> y = Avx2.Permute2x128(a, b, HighHalves);
                a = Avx2.UnpackLow(x, y);
                b = Avx2.UnpackHigh(x, y);
                nuint position = (length + i) / 2;
                arithmetic.Inverse(
                    ref a, ref b, LoadFour(roots.Inverse, position), LoadFour(roots.InverseQuotients, position));

                x = Avx2.UnpackLow(a, b);
                y = Avx2.UnpackHigh(a, b);
                position /= 2;
                arithmetic.Inverse(
                    ref x, ref y, SpreadTwo(roots.Inverse, position), SpreadTwo(roots.InverseQuotients, position));

                Avx2.Permute2x128(x, y, LowHalves).StoreUnsafe(ref start, i);
                Avx2.Permute2x128(x, y, HighHalves).StoreUnsafe(ref start, i + Lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> LoadFour(ulong[] words, nuint position) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(words), position);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> SpreadTwo(ulong[] words, nuint position) => Avx2.Permute4x64(
        Vector128.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(words), position).ToVector256Unsafe(),
        0b01_01_00_00);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Spread(ulong[] words, nuint position) =>
        Vector256.Create(Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(words), position));
}
