using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: a threshold of parties opens exactly the sum, and nobody opens anything else. Method: whole ceremonies with
// seeded secrets, vectors of extreme and of mixed slots over the wire, every opening compared with integer addition.
public sealed class ThresholdEncryptionTests
{
    private const int SlotBits = 24;

    [Theory]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(16, 11)]
    public void The_sum_of_all_vectors_is_exact(int parties, int threshold)
    {
        using Ceremony ceremony = new(parties, threshold, addends: parties);
        int slots = parties == 4 ? 60_000 : 3_001;
        ulong[][] vectors = [.. Enumerable.Range(0, parties).Select(party => Vector(party, parties, slots, SlotBits))];

        EncryptedVector sum = ceremony.SumOf(vectors, SlotBits);
        ulong[] opened = ceremony.Open(sum, ceremony.Parties[^threshold..], slots, SlotBits);

        Assert.Equal(SumOf(vectors, SlotBits), opened);
    }

    [Theory]
    [InlineData(64, 4)]
    [InlineData(128, 3)]
    public void Many_parties_and_addends_open_one_ciphertext_exactly(int parties, int threshold)
    {
        using Ceremony ceremony = new(parties, threshold, addends: parties, holders: threshold);
        ulong[][] vectors = [.. Enumerable.Range(0, parties).Select(party => Vector(party, parties, 100, SlotBits))];

        EncryptedVector sum = ceremony.SumOf(vectors, SlotBits);
        ulong[] opened = ceremony.Open(sum, ceremony.Holders, 100, SlotBits);

        Assert.Equal(SumOf(vectors, SlotBits), opened);
    }

    private static ulong[] SumOf(ulong[][] vectors, int slotBits)
    {
        ulong mask = ulong.MaxValue >> (64 - slotBits);
        ulong[] sum = new ulong[vectors[0].Length];
        foreach (ulong[] vector in vectors)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] = unchecked(sum[i] + vector[i]) & mask;
            }
        }

        return sum;
    }

    /// <summary>Slots as extreme as the sum allows, in turn with small ones of both signs.</summary>
    private static ulong[] Vector(int party, int parties, int slots, int slotBits)
    {
        long most = ((1L << (slotBits - 1)) / parties) - 1;
        ulong mask = ulong.MaxValue >> (64 - slotBits);
        return [.. Enumerable.Range(0, slots).Select(i => unchecked((ulong)((i % 5) switch
        {
            0 => most,
            1 => -most,
            2 => -1L,
            3 => (i * 7919L % most) * (party % 2 == 0 ? 1 : -1),
            _ => 0L,
        }) & mask))];
    }
}
