namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Signed slots side by side in the coefficients of a plaintext mod 2^k.</summary>
/// <remarks>
/// A coefficient holds Σ x_j·2^(slotBits·j) with the x_j centred, so a negative slot borrows from the next one and sums
/// of coefficients are sums of slots. Taking out the lowest slot, centred, and dividing gives them back if every summed
/// slot lies in [−2^(slotBits−1), 2^(slotBits−1)). A slot whose sum leaves that range comes out reduced mod 2^slotBits
/// and puts the slot above it off by the carry; no other coefficient is touched.
/// </remarks>
internal static class SlotPacking
{
    /// <summary>The widest slot: a word.</summary>
    internal const int MostSlotBits = 64;

    private const int Words = PlaintextScaling.PlainWords;

    /// <summary>Packs slots, <paramref name="perCoefficient"/> to a coefficient of three words mod 2^192.</summary>
    internal static void Pack(ReadOnlySpan<ulong> slots, int slotBits, int perCoefficient, Span<ulong> plain)
    {
        unchecked
        {
            plain.Clear();
            int unused = 64 - slotBits;
            for (int start = 0, at = 0; start < slots.Length; start += perCoefficient, at += Words)
            {
                ReadOnlySpan<ulong> coefficient = slots.Slice(start, int.Min(perCoefficient, slots.Length - start));
                (ulong low, ulong middle, ulong high) = (0, 0, 0);

                // From the top slot down: shift, then add the slot with its sign in all the words above.
                for (int j = coefficient.Length - 1; j >= 0; j--)
                {
                    long value = (long)(coefficient[j] << unused) >> unused;
                    if (slotBits == 64)
                    {
                        (high, middle, low) = (middle, low, 0);
                    }
                    else
                    {
                        high = (high << slotBits) | (middle >> unused);
                        middle = (middle << slotBits) | (low >> unused);
                        low <<= slotBits;
                    }

                    ulong sign = (ulong)(value >> 63);
                    UInt128 sum = (UInt128)low + (ulong)value;
                    low = (ulong)sum;
                    sum = (sum >> 64) + middle + sign;
                    middle = (ulong)sum;
                    high += (ulong)(sum >> 64) + sign;
                }

                (plain[at], plain[at + 1], plain[at + 2]) = (low, middle, high);
            }
        }
    }

    /// <summary>The slots of summed coefficients, as words in Z/2^slotBits.</summary>
    internal static void Unpack(ReadOnlySpan<ulong> plain, int slotBits, int perCoefficient, Span<ulong> slots)
    {
        unchecked
        {
            int unused = 64 - slotBits;
            ulong mask = ulong.MaxValue >> unused;
            for (int start = 0, at = 0; start < slots.Length; start += perCoefficient, at += Words)
            {
                Span<ulong> coefficient = slots.Slice(start, int.Min(perCoefficient, slots.Length - start));
                (ulong low, ulong middle, ulong high) = (plain[at], plain[at + 1], plain[at + 2]);
                for (int j = 0; j < coefficient.Length; j++)
                {
                    coefficient[j] = low & mask;

                    // A negative slot had borrowed one from the rest: give it back after the shift.
                    ulong borrowed = (low >> (slotBits - 1)) & 1;
                    if (slotBits == 64)
                    {
                        (low, middle, high) = (middle, high, 0);
                    }
                    else
                    {
                        low = (low >> slotBits) | (middle << unused);
                        middle = (middle >> slotBits) | (high << unused);
                        high >>= slotBits;
                    }

                    UInt128 sum = (UInt128)low + borrowed;
                    low = (ulong)sum;
                    sum = (sum >> 64) + middle;
                    middle = (ulong)sum;
                    high += (ulong)(sum >> 64);
                }
            }
        }
    }
}
