using System.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: one encoding of slots of any width, the same on every machine. Method: bytes of an independent big-integer
// packing, round trips of every width and of lengths around word borders, wrong lengths, padding and surplus bits.
public sealed class SlotCodecTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];

    public static TheoryData<int> EveryWidth => [.. Enumerable.Range(1, 64)];

    // Python: v = [(i + 1) * 0x9E3779B97F4A7C15 % 2**64 >> (64 - b) for i in range(5)];
    //         sum(x << (b * i) for i, x in enumerate(v)).to_bytes((5 * b + 7) // 8, "little").hex()
    [Theory]
    [InlineData(1, "05")]
    [InlineData(5, "f3ec2700")]
    [InlineData(17, "6e3cbbf130d5de8da7e202")]
    [InlineData(24, "79379ef36e3c6da6dae6dd78601517")]
    [InlineData(57, "f894fe72f36e3ce153facbcdbbf1a0fbee636933d5069fd25f6ede8d878d8eef13ace202")]
    [InlineData(63, "0a3ea5bfdcbc1bcf0a3ea5bfdcbc1bcf87eebb8fa5cd545b059fd25f6ede8d4763a3e3fb04abb800")]
    public void Bytes_agree_with_an_independent_packing(int slotBits, string hex)
    {
        ulong[] slots = [.. Enumerable.Range(1, 5)
            .Select(i => unchecked((ulong)i * 0x9E3779B97F4A7C15) >> (64 - slotBits))];

        Assert.Equal(hex, Convert.ToHexStringLower(SlotCodec.Pack(slots, slotBits)));
    }

    [Theory]
    [MemberData(nameof(EveryWidth))]
    public void Slots_of_every_width_come_back(int slotBits)
    {
        using SeededRandomBits bits = new(Key, $"slots of {slotBits}");
        foreach (int count in (int[])[0, 1, 2, 7, 8, 9, 63, 64, 65, 1001])
        {
            ulong[] slots = [.. Enumerable.Range(0, count).Select(_ => bits.NextUInt64() >> (64 - slotBits))];

            byte[] bytes = SlotCodec.Pack(slots, slotBits);

            Assert.Equal(((long)count * slotBits + 7) / 8, bytes.Length);
            Assert.Equal(bytes.Length, SlotCodec.BytesFor(count, slotBits));
            Assert.Equal(Reference(slots, slotBits), new BigInteger(bytes, isUnsigned: true));
            Assert.Equal(slots, SlotCodec.Unpack(bytes, count, slotBits));
        }
    }

    [Fact]
    public void Sixty_four_bits_are_the_words_of_the_word_codec()
    {
        using SeededRandomBits bits = new(Key, "words");
        ulong[] words = [.. Enumerable.Range(0, 1000).Select(_ => bits.NextUInt64())];

        byte[] bytes = SlotCodec.Pack(words, 64);

        Assert.Equal(WordCodec.ToBytes(words), bytes);
        Assert.Equal(WordCodec.FromBytes(bytes, words.Length), SlotCodec.Unpack(bytes, words.Length, 64));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(17, 1ul << 17)]
    [InlineData(24, 1ul << 24)]
    [InlineData(24, ulong.MaxValue)]
    [InlineData(63, 1ul << 63)]
    public void A_slot_that_would_reach_its_neighbour_is_refused(int slotBits, ulong slot)
    {
        for (int place = 0; place < 9; place++)
        {
            ulong[] slots = new ulong[9];
            slots[place] = slot;

            Assert.Throws<ArgumentException>(() => SlotCodec.Pack(slots, slotBits));
        }
    }

    [Theory]
    [InlineData(0, 1, 17)]
    [InlineData(2, 1, 17)]
    [InlineData(4, 1, 17)]
    [InlineData(4, 1, 24)]
    [InlineData(1, 0, 24)]
    [InlineData(8, int.MaxValue, 64)]
    public void Another_length_is_refused_before_memory_is_taken(int bytes, int count, int slotBits)
    {
        Assert.Throws<ArgumentException>(() => SlotCodec.Unpack(new byte[bytes], count, slotBits));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(63)]
    public void Bits_after_the_last_slot_are_refused_one_by_one(int slotBits)
    {
        byte[] bytes = SlotCodec.Pack([1, 1, 1], slotBits);
        for (int bit = 3 * slotBits; bit < bytes.Length * 8; bit++)
        {
            byte[] changed = [.. bytes];
            changed[bit / 8] |= (byte)(1 << (bit % 8));

            Assert.Throws<ArgumentException>(() => SlotCodec.Unpack(changed, 3, slotBits));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(65)]
    public void A_width_outside_a_word_is_refused(int slotBits)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotCodec.Pack([0], slotBits));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotCodec.Unpack([0], 1, slotBits));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotCodec.BytesFor(1, slotBits));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotCodec.Centred(1, slotBits));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotCodec.Reduced(1, slotBits));
    }

    [Fact]
    public void Counts_whose_bits_no_integer_holds_are_refused()
    {
        Assert.Equal(long.MaxValue / 8, SlotCodec.BytesFor(long.MaxValue / 64, 64) + 7);
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotCodec.BytesFor((long.MaxValue / 64) + 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlotCodec.BytesFor(-1, 1));
    }

    [Theory]
    [InlineData(0, 17, 0)]
    [InlineData(65535, 17, 65535)]
    [InlineData(65536, 17, -65536)]
    [InlineData(131071, 17, -1)]
    [InlineData(1, 1, -1)]
    [InlineData(ulong.MaxValue, 64, -1)]
    [InlineData(1ul << 63, 64, long.MinValue)]
    public void The_upper_half_of_a_slot_is_negative(ulong slot, int slotBits, long value)
    {
        Assert.Equal(value, SlotCodec.Centred(slot, slotBits));
        Assert.Equal(slot, SlotCodec.Reduced(value, slotBits));
    }

    private static BigInteger Reference(ulong[] slots, int slotBits)
    {
        BigInteger stream = 0;
        for (int i = slots.Length - 1; i >= 0; i--)
        {
            stream = (stream << slotBits) | slots[i];
        }

        return stream;
    }
}
