using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>Slots, words of Z/2^b, as they travel: b bits each, without a gap.</summary>
/// <remarks>
/// Bit j of slot i is bit i·b + j of the stream, and bit k of the stream is bit k mod 8, counted from the least
/// significant, of byte ⌊k/8⌋. The bits of the last byte that no slot reaches are zero and are checked, so a vector has
/// one encoding and its hash names it. With b = 64 the bytes are those of <see cref="WordCodec"/>.
/// </remarks>
// The loops are compiled with all optimisations at once: a round calls them a few times only, on a whole vector.
public static class SlotCodec
{
    /// <summary>The widest slot.</summary>
    public const int MaximumBits = 64;

    /// <summary>Bytes that <paramref name="count"/> slots take: ⌈count · b / 8⌉.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// b is not from 1 to 64, or count is negative or beyond 2^57 − 1.
    /// </exception>
    public static long BytesFor(long count, int slotBits)
    {
        RequireBits(slotBits);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, long.MaxValue / MaximumBits);
        return ((count * slotBits) + 7) / 8;
    }

    /// <summary>The bytes of <paramref name="slots"/>.</summary>
    /// <exception cref="ArgumentException">
    /// A slot is 2^b or more: its surplus bits would be added to its neighbour.
    /// </exception>
    public static byte[] Pack(ReadOnlySpan<ulong> slots, int slotBits)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)BytesFor(slots.Length, slotBits)));
        ulong seen = PackBits(slots, slotBits, bytes);
        if ((seen & ~Mask(slotBits)) != 0)
        {
            // Slots may be secret: neither value nor place is told.
            throw new ArgumentException($"A slot takes more than {slotBits} bits.", nameof(slots));
        }

        return bytes;
    }

    /// <summary>Exactly <paramref name="count"/> slots.</summary>
    /// <exception cref="ArgumentException">
    /// <paramref name="bytes"/> has another length, or a bit after the last slot is set.
    /// </exception>
    public static ulong[] Unpack(ReadOnlySpan<byte> bytes, int count, int slotBits)
    {
        // Before the allocation: a peer's length field must not decide how much memory is taken.
        if (bytes.Length != BytesFor(count, slotBits))
        {
            throw new ArgumentException(
                $"Expected {count} slots of {slotBits} bits, got {bytes.Length} bytes.", nameof(bytes));
        }

        int usedInLastByte = (int)((long)count * slotBits % 8);
        if (usedInLastByte != 0 && bytes[^1] >> usedInLastByte != 0)
        {
            throw new ArgumentException("The bits after the last slot are not zero.", nameof(bytes));
        }

        ulong[] slots = GC.AllocateUninitializedArray<ulong>(count);
        if (slotBits % 8 == 0)
        {
            UnpackBytes(bytes, slotBits / 8, slots);
        }
        else
        {
            UnpackBits(bytes, slotBits, slots);
        }

        return slots;
    }

    /// <summary>
    /// The integer from −2^(b−1) to 2^(b−1) − 1 that <paramref name="slot"/> is congruent to modulo 2^b.
    /// </summary>
    public static long Centred(ulong slot, int slotBits)
    {
        RequireBits(slotBits);
        int unused = MaximumBits - slotBits;
        return unchecked((long)(slot << unused)) >> unused;
    }

    /// <summary>The slot from 0 to 2^b − 1 that <paramref name="value"/> is congruent to modulo 2^b.</summary>
    public static ulong Reduced(long value, int slotBits)
    {
        RequireBits(slotBits);
        return unchecked((ulong)value) & Mask(slotBits);
    }

    internal static ulong Mask(int slotBits) => ulong.MaxValue >> (MaximumBits - slotBits);

    internal static void RequireBits(int slotBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotBits, MaximumBits);
    }

    /// <summary>Returns the union of all slots.</summary>
    /// <remarks>Whole words at a time, which serves slots of whole bytes as well as a loop of their own.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong PackBits(ReadOnlySpan<ulong> slots, int slotBits, Span<byte> bytes)
    {
        ulong seen = 0;
        ulong pending = 0;
        int filled = 0;
        int offset = 0;
        foreach (ulong slot in slots)
        {
            seen |= slot;
            pending |= slot << filled;
            filled += slotBits;
            if (filled >= MaximumBits)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(offset, sizeof(ulong)), pending);
                offset += sizeof(ulong);
                filled -= MaximumBits;

                // In two steps, because a shift by all 64 bits is a shift by none.
                pending = slot >> (slotBits - filled - 1) >> 1;
            }
        }

        for (; offset < bytes.Length; offset++)
        {
            bytes[offset] = (byte)(pending & byte.MaxValue);
            pending >>= 8;
        }

        return seen;
    }

    /// <summary>Widths of whole bytes: a slot begins with a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackBytes(ReadOnlySpan<byte> bytes, int width, Span<ulong> slots)
    {
        ulong mask = Mask(width * 8);
        int offset = 0;
        int i = 0;
        for (; i < slots.Length && offset <= bytes.Length - sizeof(ulong); i++)
        {
            slots[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(offset, sizeof(ulong))) & mask;
            offset += width;
        }

        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (; i < slots.Length; i++)
        {
            word.Clear();
            bytes.Slice(offset, width).CopyTo(word);
            slots[i] = BinaryPrimitives.ReadUInt64LittleEndian(word);
            offset += width;
        }
    }

    /// <summary>All other widths.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackBits(ReadOnlySpan<byte> bytes, int slotBits, Span<ulong> slots)
    {
        ulong mask = Mask(slotBits);
        long bit = 0;
        int i = 0;

        // A slot starts somewhere in its first byte and so touches up to nine.
        for (; i < slots.Length && (bit >> 3) + sizeof(ulong) < bytes.Length; i++)
        {
            slots[i] = SlotAt(bytes, (int)(bit >> 3), (int)(bit & 7)) & mask;
            bit += slotBits;
        }

        Span<byte> padded = stackalloc byte[sizeof(ulong) + 1];
        for (; i < slots.Length; i++)
        {
            padded.Clear();
            bytes[(int)(bit >> 3)..].CopyTo(padded);
            slots[i] = SlotAt(padded, 0, (int)(bit & 7)) & mask;
            bit += slotBits;
        }
    }

    /// <summary>64 bits from bit <paramref name="shift"/> of byte <paramref name="offset"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SlotAt(ReadOnlySpan<byte> bytes, int offset, int shift)
    {
        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(offset, sizeof(ulong))) >> shift;
        ulong high = (ulong)bytes[offset + sizeof(ulong)] << (MaximumBits - 1 - shift) << 1;
        return low | high;
    }
}
