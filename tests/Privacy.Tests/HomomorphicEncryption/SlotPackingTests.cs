using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: signed slots survive packing, adding and unpacking. Method: extreme and mixed slots of every width against
// BigInteger's definition of the packing and integer sums.
public sealed class SlotPackingTests
{
    public static TheoryData<int, int> Shapes => new()
    {
        { 1, 164 }, { 2, 80 }, { 17, 9 }, { 24, 7 }, { 24, 6 }, { 33, 5 }, { 63, 2 }, { 64, 2 }, { 64, 3 }, { 48, 4 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_coefficient_is_the_signed_sum_of_shifted_slots(int slotBits, int perCoefficient)
    {
        ulong[] slots = Slots((3 * perCoefficient) - 1, slotBits, divisor: 1);
        ulong[] plain = new ulong[4 * PlaintextScaling.PlainWords];

        SlotPacking.Pack(slots, slotBits, perCoefficient, plain);

        for (int coefficient = 0; coefficient < 4; coefficient++)
        {
            BigInteger expected = BigInteger.Zero;
            for (int j = 0; j < perCoefficient && (coefficient * perCoefficient) + j < slots.Length; j++)
            {
                expected += (BigInteger)Signed(slots[(coefficient * perCoefficient) + j], slotBits) << (slotBits * j);
            }

            Assert.Equal(
                expected & ((BigInteger.One << 192) - 1),
                SumOfWords(plain.AsSpan(coefficient * PlaintextScaling.PlainWords, PlaintextScaling.PlainWords)));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_sum_of_packings_unpacks_to_the_sum_of_slots(int slotBits, int perCoefficient)
    {
        const int Addends = 3;
        int count = (5 * perCoefficient) - (perCoefficient > 1 ? 1 : 0);
        ulong mask = ulong.MaxValue >> (64 - slotBits);
        BigInteger modulus = (BigInteger.One << (slotBits * perCoefficient)) - 1;
        ulong[] expected = new ulong[count];
        BigInteger[] sums = new BigInteger[5];
        for (int addend = 0; addend < Addends; addend++)
        {
            ulong[] slots = Slots(count, slotBits, divisor: Addends);
            ulong[] plain = new ulong[5 * PlaintextScaling.PlainWords];
            SlotPacking.Pack(slots, slotBits, perCoefficient, plain);
            for (int i = 0; i < count; i++)
            {
                expected[i] = unchecked(expected[i] + slots[i]) & mask;
            }

            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += SumOfWords(plain.AsSpan(i * PlaintextScaling.PlainWords, PlaintextScaling.PlainWords));
            }
        }

        // Only the bits of the slots exist in Z/2^k: what is above them is cut off.
        ulong[] summed = [.. sums.SelectMany(sum => Enumerable.Range(0, PlaintextScaling.PlainWords)
            .Select(word => (ulong)(((sum & modulus) >> (64 * word)) & ulong.MaxValue)))];
        ulong[] unpacked = new ulong[count];
        SlotPacking.Unpack(summed, slotBits, perCoefficient, unpacked);

        Assert.Equal(expected, unpacked);
    }

    [Fact]
    public void A_slot_that_overflows_is_reduced_and_puts_only_the_next_one_off()
    {
        ulong[] most = [0, (1ul << 23) - 1, 5, 7];
        ulong[] plain = new ulong[PlaintextScaling.PlainWords];
        SlotPacking.Pack(most, 24, 4, plain);
        BigInteger doubled = 2 * SumOfWords(plain);
        ulong[] slots = new ulong[4];

        ulong[] words = [.. Enumerable.Range(0, 3).Select(word => (ulong)((doubled >> (64 * word)) & ulong.MaxValue))];
        SlotPacking.Unpack(words, 24, 4, slots);

        Assert.Equal([0ul, (1ul << 24) - 2, 11, 14], slots);
    }

    private static BigInteger SumOfWords(ReadOnlySpan<ulong> words)
    {
        BigInteger sum = BigInteger.Zero;
        for (int word = words.Length - 1; word >= 0; word--)
        {
            sum = (sum << 64) | words[word];
        }

        return sum;
    }

    private static long Signed(ulong slot, int slotBits) =>
        unchecked((long)(slot << (64 - slotBits)) >> (64 - slotBits));

    private static ulong[] Slots(int count, int slotBits, int divisor)
    {
        long low = (long.MinValue >> (64 - slotBits)) / divisor;
        long high = (long.MaxValue >> (64 - slotBits)) / divisor;
        ulong mask = ulong.MaxValue >> (64 - slotBits);
        using AesCounterStream stream = new(SHA256.HashData("slots"u8));
        byte[] bytes = new byte[count * sizeof(ulong)];
        stream.Fill(bytes);
        return [.. Enumerable.Range(0, count).Select(i => unchecked((ulong)((i % 4) switch
        {
            0 => low,
            1 => high,
            2 => (long)(BitConverter.ToUInt64(bytes, i * sizeof(ulong)) % ((ulong)high + 1)),
            _ => low < 0 ? -1 / divisor : 0,
        }) & mask))];
    }
}
