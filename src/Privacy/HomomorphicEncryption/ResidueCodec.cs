using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Residues as a little-endian stream of bits, without gaps; the last byte is filled up with zeros.</summary>
/// <remarks>
/// Eight residues of w bits are w bytes. Up to 57 bits a residue lies within eight bytes from the one it starts in, so
/// one permutation of bytes and one shift a lane take eight of them out.
/// </remarks>
internal static class ResidueCodec
{
    /// <summary>Widest residue that lies within a word from its first byte on, whatever bit it starts at.</summary>
    private const int MostWordBits = 57;

    private const int Lanes = 8;
    private const int BlockBytes = 64;

    /// <summary>Bytes of <paramref name="count"/> residues of <paramref name="bits"/> bits.</summary>
    internal static int PackedBytes(int count, int bits) => checked((int)((((long)count * bits) + 7) / 8));

    /// <summary>
    /// Writes <paramref name="bits"/> bits of each residue from bit <paramref name="dropped"/> on; there are no higher
    /// ones. The destination has the packed length.
    /// </summary>
    internal static void Write(Span<byte> destination, ReadOnlySpan<ulong> residues, int bits, int dropped = 0)
    {
        unchecked
        {
            ulong pending = 0;
            int filled = 0;
            int position = 0;
            foreach (ulong whole in residues)
            {
                ulong residue = whole >> dropped;
                pending |= residue << filled;
                filled += bits;
                if (filled >= 64)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(destination[position..], pending);
                    position += sizeof(ulong);
                    filled -= 64;
                    pending = residue >> (bits - filled);
                }
            }

            for (; position < destination.Length; position++)
            {
                destination[position] = (byte)pending;
                pending >>= 8;
            }
        }
    }

    /// <summary>The inverse of <see cref="Write"/>: the dropped low bits are zero.</summary>
    /// <returns>Whether all are below <paramref name="bound"/> and the filling is zero.</returns>
    internal static bool TryRead(
        ReadOnlySpan<byte> source, Span<ulong> residues, int bits, ulong bound, int dropped = 0)
    {
        residues.Clear();
        return Check(source, residues.Length, bits, bound, dropped)
            && Accumulate(source, residues, bits, bound, dropped);
    }

    /// <summary>Whether <paramref name="count"/> residues are below the bound and the filling is zero.</summary>
    internal static bool Check(ReadOnlySpan<byte> source, int count, int bits, ulong bound, int dropped = 0)
    {
        int last = source.Length - 1;
        int filling = (8 * source.Length) - checked(count * bits);
        return source[last] >> (8 - filling) == 0
            && Pass(source, default, count, bits, bound, dropped);
    }

    /// <summary>sum ← sum + the packed residues, mod <paramref name="prime"/>; both are below it.</summary>
    internal static bool Accumulate(
        ReadOnlySpan<byte> source, Span<ulong> sum, int bits, ulong prime, int dropped = 0) =>
        Pass(source, sum, sum.Length, bits, prime, dropped);

    /// <summary>One pass over packed residues, which adds them where there is something to add to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Pass(
        ReadOnlySpan<byte> source, Span<ulong> sum, int count, int bits, ulong prime, int dropped)
    {
        unchecked
        {
            int i = 0;
            ulong excess = 0;
            if (Avx512Vbmi.IsSupported && bits <= MostWordBits)
            {
                (Vector512<byte> bytes, Vector512<ulong> shifts) = LanesOf(bits);
                Vector512<ulong> mask = Vector512.Create((1ul << bits) - 1);
                Vector512<ulong> modulus = Vector512.Create(prime);
                Vector512<ulong> most = Vector512.Create(prime - 1);
                Vector512<ulong> beyond = Vector512<ulong>.Zero;
                ref byte start = ref MemoryMarshal.GetReference(source);
                ref ulong total = ref MemoryMarshal.GetReference(sum);
                int position = 0;
                bool adds = !sum.IsEmpty;
                for (; i <= count - Lanes && position <= source.Length - BlockBytes; i += Lanes, position += bits)
                {
                    Vector512<byte> block = Vector512.LoadUnsafe(ref start, (nuint)position);
                    Vector512<ulong> words = Avx512Vbmi.PermuteVar64x8(block, bytes).AsUInt64();
                    Vector512<ulong> residues = (Avx512F.ShiftRightLogicalVariable(words, shifts) & mask) << dropped;
                    beyond |= most - residues;
                    if (adds)
                    {
                        Vector512<ulong> added = Vector512.LoadUnsafe(ref total, (nuint)i) + residues;
                        Vector512.Min(added, added - modulus).StoreUnsafe(ref total, (nuint)i);
                    }
                }

                excess = Vector512.GreaterThanAny(beyond >> 63, Vector512<ulong>.Zero) ? ulong.MaxValue : 0;
            }

            Modulus scalar = new(prime);
            for (; i < count; i++)
            {
                ulong residue = ReadOne(source, (long)i * bits, bits) << dropped;
                excess |= prime - 1 - residue;
                if (!sum.IsEmpty)
                {
                    sum[i] = scalar.Add(sum[i], residue);
                }
            }

            // prime − 1 − residue is negative exactly where a residue is out of range: all are below 2^60.
            return excess >> 63 == 0;
        }
    }

    /// <summary>Which bytes each lane takes, and by how much it shifts them.</summary>
    private static (Vector512<byte> Bytes, Vector512<ulong> Shifts) LanesOf(int bits)
    {
        Span<byte> bytes = stackalloc byte[BlockBytes];
        Span<ulong> shifts = stackalloc ulong[Lanes];
        for (int lane = 0; lane < Lanes; lane++)
        {
            int bit = lane * bits;
            shifts[lane] = (ulong)(bit & 7);
            for (int i = 0; i < sizeof(ulong); i++)
            {
                bytes[(lane * sizeof(ulong)) + i] = (byte)((bit >> 3) + i);
            }
        }

        return (Vector512.Create<byte>(bytes), Vector512.Create<ulong>(shifts));
    }

    private static ulong ReadOne(ReadOnlySpan<byte> source, long bit, int bits)
    {
        unchecked
        {
            int position = (int)(bit >> 3);
            int shift = (int)(bit & 7);
            ReadOnlySpan<byte> rest = source[position..];
            ulong mask = (1ul << bits) - 1;
            if (rest.Length > sizeof(ulong))
            {
                ulong low = BinaryPrimitives.ReadUInt64LittleEndian(rest) >> shift;
                ulong high = shift == 0 ? 0 : (ulong)rest[sizeof(ulong)] << (64 - shift);
                return (low | high) & mask;
            }

            UInt128 word = 0;
            for (int i = rest.Length - 1; i >= 0; i--)
            {
                word = (word << 8) | rest[i];
            }

            return (ulong)(word >> shift) & mask;
        }
    }
}
