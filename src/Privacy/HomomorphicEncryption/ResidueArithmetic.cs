using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Residues of one prime, position by position. The same words on every processor, in constant time.</summary>
internal static class ResidueArithmetic
{
    /// <summary>sum ← sum + addend mod q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add(Span<ulong> sum, ReadOnlySpan<ulong> addend, Modulus modulus)
    {
        unchecked
        {
            int i = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                Vector512<ulong> prime = Vector512.Create(modulus.Value);
                ref ulong left = ref MemoryMarshal.GetReference(sum);
                ref ulong right = ref MemoryMarshal.GetReference(addend);
                for (; i <= addend.Length - 8; i += 8)
                {
                    Vector512<ulong> total =
                        Vector512.LoadUnsafe(ref left, (nuint)i) + Vector512.LoadUnsafe(ref right, (nuint)i);
                    Vector512.Min(total, total - prime).StoreUnsafe(ref left, (nuint)i);
                }
            }

            for (; i < addend.Length; i++)
            {
                sum[i] = modulus.Add(sum[i], addend[i]);
            }
        }
    }

    /// <summary>sum ← sum + left·right mod q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddProduct(
        Span<ulong> sum, ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right, NttTables tables)
    {
        unchecked
        {
            int i = 0;
            if (Avx512DQ.IsSupported && tables.Fused is not null)
            {
                FusedArithmetic512 arithmetic = FusedArithmetic512.For(tables);
                ref ulong total = ref MemoryMarshal.GetReference(sum);
                ref ulong a = ref MemoryMarshal.GetReference(left);
                ref ulong b = ref MemoryMarshal.GetReference(right);
                for (; i <= left.Length - 8; i += 8)
                {
                    nuint at = (nuint)i;
                    Vector512<ulong> product = arithmetic.Product(
                        arithmetic.Enter(Vector512.LoadUnsafe(ref a, at)),
                        arithmetic.Enter(Vector512.LoadUnsafe(ref b, at)));
                    arithmetic.Leave(arithmetic.Sum(product, arithmetic.Enter(Vector512.LoadUnsafe(ref total, at))))
                        .StoreUnsafe(ref total, at);
                }
            }
            else if (Avx2.IsSupported && Fma.IsSupported && tables.Fused is not null)
            {
                FusedArithmetic256 arithmetic = FusedArithmetic256.For(tables);
                ref ulong total = ref MemoryMarshal.GetReference(sum);
                ref ulong a = ref MemoryMarshal.GetReference(left);
                ref ulong b = ref MemoryMarshal.GetReference(right);
                for (; i <= left.Length - 4; i += 4)
                {
                    nuint at = (nuint)i;
                    Vector256<ulong> product = arithmetic.Product(
                        arithmetic.Enter(Vector256.LoadUnsafe(ref a, at)),
                        arithmetic.Enter(Vector256.LoadUnsafe(ref b, at)));
                    arithmetic.Leave(arithmetic.Sum(product, arithmetic.Enter(Vector256.LoadUnsafe(ref total, at))))
                        .StoreUnsafe(ref total, at);
                }
            }

            Modulus modulus = tables.Modulus;
            for (; i < left.Length; i++)
            {
                sum[i] = modulus.Reduce(((UInt128)left[i] * right[i]) + sum[i]);
            }
        }
    }

    /// <summary>values ← values·factor + addend mod q, for a factor below q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ScaleAndAdd(Span<ulong> values, ulong factor, ReadOnlySpan<ulong> addend, NttTables tables)
    {
        unchecked
        {
            int i = 0;
            if (Avx512DQ.IsSupported && tables.Fused is not null)
            {
                FusedArithmetic512 arithmetic = FusedArithmetic512.For(tables);
                Vector512<ulong> constant = arithmetic.Enter(Vector512.Create(factor));
                ref ulong value = ref MemoryMarshal.GetReference(values);
                ref ulong other = ref MemoryMarshal.GetReference(addend);
                for (; i <= values.Length - 8; i += 8)
                {
                    nuint at = (nuint)i;
                    Vector512<ulong> product =
                        arithmetic.Product(arithmetic.Enter(Vector512.LoadUnsafe(ref value, at)), constant);
                    arithmetic.Leave(arithmetic.Sum(product, arithmetic.Enter(Vector512.LoadUnsafe(ref other, at))))
                        .StoreUnsafe(ref value, at);
                }
            }

            Modulus modulus = tables.Modulus;
            for (; i < values.Length; i++)
            {
                values[i] = modulus.Reduce(((UInt128)values[i] * factor) + addend[i]);
            }
        }
    }

    /// <summary>values ← −values mod q.</summary>
    internal static void Negate(Span<ulong> values, Modulus modulus)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = modulus.Subtract(0, values[i]);
        }
    }

    /// <summary>residues ← small, for integers of magnitude below q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Spread(ReadOnlySpan<int> small, Span<ulong> residues, Modulus modulus)
    {
        unchecked
        {
            int i = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                Vector512<long> prime = Vector512.Create((long)modulus.Value);
                ref int source = ref MemoryMarshal.GetReference(small);
                ref ulong destination = ref MemoryMarshal.GetReference(residues);
                for (; i <= small.Length - 16; i += 16)
                {
                    (Vector512<long> low, Vector512<long> high) =
                        Vector512.Widen(Vector512.LoadUnsafe(ref source, (nuint)i));
                    (low + (prime & (low >> 63))).AsUInt64().StoreUnsafe(ref destination, (nuint)i);
                    (high + (prime & (high >> 63))).AsUInt64().StoreUnsafe(ref destination, (nuint)i + 8);
                }
            }

            for (; i < small.Length; i++)
            {
                long value = small[i];
                residues[i] = (ulong)(value + ((long)modulus.Value & (value >> 63)));
            }
        }
    }

    /// <summary>residues ← large, for integers of magnitude below 2^62.</summary>
    internal static void Spread(ReadOnlySpan<long> large, Span<ulong> residues, Modulus modulus)
    {
        for (int i = 0; i < large.Length; i++)
        {
            residues[i] = modulus.FromSigned(large[i]);
        }
    }
}
