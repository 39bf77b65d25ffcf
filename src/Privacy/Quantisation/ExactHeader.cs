using System.Numerics;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>Words of Z/2^64 in narrower slots, such that the sum of n of them comes back exactly.</summary>
/// <remarks>
/// For the few values beside a compact vector that must not be rounded: weights, counts, losses, as words of
/// <see cref="FixedPoint"/>. A word is cut into limbs of l = b − ⌈log2 n⌉ bits, least significant first. n limbs sum to
/// at most n·(2^l − 1) &lt; 2^b, so no slot wraps, and Σ_j 2^(l·j)·(sum of limbs j) modulo 2^64 is the sum of the
/// words. Slots of 64 bits wrap as the words do and hold one each.
/// </remarks>
public sealed class ExactHeader
{
    private const int WordBits = 64;

    private readonly ulong _mask;

    /// <param name="words">Number of words of one addend.</param>
    /// <param name="addends">n: number of addends at most.</param>
    /// <param name="slotBits">b, from 1 to 64.</param>
    /// <exception cref="ArgumentException">⌈log2 n⌉ ≥ b: a sum of single bits would not fit.</exception>
    public ExactHeader(int words, int addends, int slotBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(words);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(addends);
        SlotCodec.RequireBits(slotBits);
        int carryBits = slotBits == WordBits ? 0 : WordBits - BitOperations.LeadingZeroCount((ulong)addends - 1);
        if (carryBits >= slotBits)
        {
            throw new ArgumentException($"{slotBits} bits hold no exact sum of {addends} addends.", nameof(slotBits));
        }

        Words = words;
        LimbBits = slotBits - carryBits;
        LimbsPerWord = (WordBits + LimbBits - 1) / LimbBits;
        Slots = words * LimbsPerWord;
        _mask = SlotCodec.Mask(slotBits);
    }

    /// <summary>Words of one addend.</summary>
    public int Words { get; }

    /// <summary>l.</summary>
    public int LimbBits { get; }

    /// <summary>⌈64 / l⌉.</summary>
    public int LimbsPerWord { get; }

    /// <summary>Slots of one addend.</summary>
    public int Slots { get; }

    /// <summary>Writes <see cref="Words"/> words as <see cref="Slots"/> slots.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void Encode(ReadOnlySpan<ulong> words, Span<ulong> slots)
    {
        RequireLength(words.Length, Words, nameof(words));
        RequireLength(slots.Length, Slots, nameof(slots));
        ulong limb = SlotCodec.Mask(LimbBits);
        for (int i = 0; i < slots.Length; i++)
        {
            (int word, int place) = Math.DivRem(i, LimbsPerWord);
            slots[i] = (words[word] >> (place * LimbBits)) & limb;
        }
    }

    /// <summary>The sum, modulo 2^64, of the words whose slots were summed modulo 2^b.</summary>
    /// <exception cref="ArgumentException">The length is not <see cref="Slots"/>.</exception>
    public ulong[] Decode(ReadOnlySpan<ulong> sum)
    {
        RequireLength(sum.Length, Slots, nameof(sum));
        ulong[] words = new ulong[Words];
        for (int i = 0; i < sum.Length; i++)
        {
            (int word, int place) = Math.DivRem(i, LimbsPerWord);
            words[word] = unchecked(words[word] + ((sum[i] & _mask) << (place * LimbBits)));
        }

        return words;
    }

    private static void RequireLength(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} words, got {length}.", name);
        }
    }
}
