using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Signed integers packed into the coefficients of a plaintext modulo t = 2^k, k at most 59.</summary>
/// <remarks>The layout, and what a slot that overflows does, are those of <see cref="SlotPacking"/>.</remarks>
internal static class SealSlots
{
    /// <summary>A plaintext of the given slots.</summary>
    /// <param name="slotBits">Bits of a slot of the sum, sign included.</param>
    /// <param name="perCoefficient">Slots in a coefficient.</param>
    /// <exception cref="SealFormatException">t is no power of two, or the slots do not fit.</exception>
    internal static SealPlaintext Pack(
        SealParameters parameters,
        ReadOnlySpan<long> slots,
        int slotBits,
        int perCoefficient)
    {
        RequireFit(parameters, slots.Length, slotBits, perCoefficient);
        ulong[] words = new ulong[slots.Length];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = unchecked((ulong)slots[i]);
        }

        int coefficients = (slots.Length + perCoefficient - 1) / perCoefficient;
        ulong[] wide = new ulong[coefficients * PlaintextScaling.PlainWords];
        SlotPacking.Pack(words, slotBits, perCoefficient, wide);
        ulong[] packed = new ulong[coefficients];
        for (int i = 0; i < packed.Length; i++)
        {
            packed[i] = wide[i * PlaintextScaling.PlainWords] & (parameters.PlainModulus - 1);
        }

        return SealPlaintext.Of(parameters, packed);
    }

    /// <summary>The first <paramref name="count"/> slots of a sum.</summary>
    /// <exception cref="SealFormatException">t is no power of two, or the slots do not fit.</exception>
    internal static long[] Unpack(SealPlaintext plaintext, int count, int slotBits, int perCoefficient)
    {
        RequireFit(plaintext.Parameters, count, slotBits, perCoefficient);
        int coefficients = (count + perCoefficient - 1) / perCoefficient;
        ulong[] wide = new ulong[coefficients * PlaintextScaling.PlainWords];
        for (int i = 0; i < int.Min(coefficients, plaintext.Words.Length); i++)
        {
            wide[i * PlaintextScaling.PlainWords] = plaintext.Words[i];
        }

        ulong[] words = new ulong[count];
        SlotPacking.Unpack(wide, slotBits, perCoefficient, words);
        int unused = 64 - slotBits;
        return [.. words.Select(word => unchecked((long)(word << unused) >> unused))];
    }

    private static void RequireFit(SealParameters parameters, int slots, int slotBits, int perCoefficient)
    {
        ulong t = parameters.PlainModulus;
        bool fits = BitOperations.IsPow2(t)
            && slotBits > 1
            && perCoefficient > 0
            && (long)slotBits * perCoefficient <= BitOperations.Log2(t)
            && slots <= (long)perCoefficient * parameters.Degree;
        if (!fits)
        {
            throw new SealFormatException(
                $"{slots} slots of {slotBits} bits, {perCoefficient} to a coefficient, do not fit t = {t}.");
        }
    }
}
