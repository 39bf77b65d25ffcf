using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: a sum of words comes back exactly through slots narrower than a word. Method: limbs written out by hand, then
// the worst and seeded words of as many addends as are allowed, summed modulo 2^b.
public sealed class ExactHeaderTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];

    [Fact]
    public void A_word_is_cut_from_its_least_significant_end()
    {
        // 64 addends carry six bits: eleven of 17 are left, and 64 bits make six limbs.
        ExactHeader header = new(words: 1, addends: 64, slotBits: 17);
        ulong[] slots = new ulong[header.Slots];

        header.Encode([0b0101_01010101011_00000000001_10000000000_00000000000_111_1111_1111ul], slots);

        Assert.Equal((11, 6, 6), (header.LimbBits, header.LimbsPerWord, header.Slots));
        Assert.Equal([0x7FFul, 0, 0x400, 1, 0b01010101011, 0b0101], slots);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 17)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 17)]
    [InlineData(5, 17)]
    [InlineData(64, 17)]
    [InlineData(65, 17)]
    [InlineData(128, 24)]
    [InlineData(128, 63)]
    [InlineData(128, 64)]
    [InlineData(1000, 11)]
    public void Sums_of_any_words_come_back_modulo_two_to_the_64(int addends, int slotBits)
    {
        ExactHeader header = new(words: 3, addends, slotBits);
        using SeededRandomBits bits = new(Key, $"{addends} in {slotBits}");
        ulong[] expected = new ulong[3];
        ulong[] sum = new ulong[header.Slots];
        ulong[] slots = new ulong[header.Slots];
        for (int addend = 0; addend < addends; addend++)
        {
            ulong[] words = [ulong.MaxValue, bits.NextUInt64(), unchecked((ulong)-addend)];
            header.Encode(words, slots);
            for (int i = 0; i < slots.Length; i++)
            {
                sum[i] = SlotCodec.Reduced(unchecked((long)(sum[i] + slots[i])), slotBits);
            }

            for (int i = 0; i < words.Length; i++)
            {
                expected[i] = unchecked(expected[i] + words[i]);
            }
        }

        Assert.Equal(expected, header.Decode(sum));
    }

    [Fact]
    public void Weights_and_losses_keep_all_their_bits()
    {
        const int Addends = 16;
        FixedPoint grid = new(36, Addends);
        ExactHeader header = new(words: 2, Addends, slotBits: 17);
        ulong[] words = new ulong[2];
        ulong[] slots = new ulong[header.Slots];
        ulong[] sum = new ulong[header.Slots];
        for (int i = 1; i <= Addends; i++)
        {
            grid.Encode([100_003.0 * i, -i / 1024.0], words);
            header.Encode(words, slots);
            for (int slot = 0; slot < sum.Length; slot++)
            {
                sum[slot] += slots[slot];
            }
        }

        // Both sums are multiples of the grid: 136 is 1 + … + 16.
        Assert.All(sum, slot => Assert.InRange(slot, 0ul, (1ul << 17) - 1));
        Assert.Equal([100_003.0 * 136, -136 / 1024.0], grid.Decode(header.Decode(sum)));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    [InlineData(1 << 17, 17)]
    public void Slots_without_room_for_the_carry_are_refused(int addends, int slotBits)
    {
        Assert.Throws<ArgumentException>(() => new ExactHeader(1, addends, slotBits));
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        ExactHeader header = new(2, 4, 17);
        Assert.Throws<ArgumentException>(() => header.Encode([1], new ulong[header.Slots]));
        Assert.Throws<ArgumentException>(() => header.Encode([1, 2], new ulong[header.Slots + 1]));
        Assert.Throws<ArgumentException>(() => header.Decode(new ulong[header.Slots - 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactHeader(-1, 4, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactHeader(1, 0, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactHeader(1, 1, 65));
    }
}
