using System.Security.Cryptography;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: the coordinator learns the sum and nothing else. Method: one vector from an independent implementation pins
// the bytes; cohorts with secrets derived in the test then check the algebra (cancellation, round separation).
public sealed class PairwiseMaskTests
{
    private const ulong Round = 7;

    [Fact]
    public void First_words_agree_with_an_independent_shake256()
    {
        // Python: shake_256(b"DigitalTwin/secagg/pairwise-mask/v1" + pack("<Q", 7) + bytes(range(32))).digest(24)
        byte[] secret = [.. Enumerable.Range(0, PairwiseMask.SecretSize).Select(i => (byte)i)];
        ulong[] update = new ulong[3];

        PairwiseMask.Apply(update, secret, Round, MaskSign.Add);

        Assert.Equal([0x1108314b860bd440ul, 0xaef6ae0fa374b22ful, 0x4303fc05b524e9eeul], update);
    }

    [Theory]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(5000)]
    public void A_mask_longer_than_one_chunk_is_one_stream(int words)
    {
        byte[] secret = SecretOf(1, 2);
        ulong[] update = new ulong[words];

        PairwiseMask.Apply(update, secret, Round, MaskSign.Add);

        byte[] seed = [.. "DigitalTwin/secagg/pairwise-mask/v1"u8, (byte)Round, 0, 0, 0, 0, 0, 0, 0, .. secret];
        Assert.Equal(WordCodec.FromBytes(Shake256.HashData(seed, words * 8), words), update);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void Masks_of_a_whole_cohort_cancel_in_the_sum(int nodes)
    {
        ulong sum = 0;
        for (int node = 0; node < nodes; node++)
        {
            sum = unchecked(sum + MaskedUpdateOf(node, nodes, plain: 100));
        }

        Assert.Equal(100ul * (ulong)nodes, sum);
    }

    [Fact]
    public void A_missing_node_leaves_the_sum_masked()
    {
        ulong sum = unchecked(MaskedUpdateOf(0, nodes: 3, plain: 100) + MaskedUpdateOf(1, nodes: 3, plain: 100));

        Assert.NotEqual(200ul, sum);
    }

    [Fact]
    public void Another_round_gives_another_mask()
    {
        ulong[] first = new ulong[4];
        ulong[] second = new ulong[4];

        PairwiseMask.Apply(first, SecretOf(0, 1), Round, MaskSign.Add);
        PairwiseMask.Apply(second, SecretOf(0, 1), Round + 1, MaskSign.Add);

        Assert.All(first.Zip(second), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(PairwiseMask.SecretSize - 1)]
    [InlineData(PairwiseMask.SecretSize + 1)]
    public void A_secret_of_another_size_is_refused_and_the_update_left_alone(int size)
    {
        ulong[] update = [42];

        Assert.Throws<ArgumentException>(() => PairwiseMask.Apply(update, new byte[size], Round, MaskSign.Add));
        Assert.Equal([42ul], update);
    }

    [Fact]
    public void A_sign_that_is_neither_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => PairwiseMask.Apply(new ulong[1], SecretOf(0, 1), Round, (MaskSign)2));
    }

    private static ulong MaskedUpdateOf(int node, int nodes, ulong plain)
    {
        ulong[] update = [plain];
        foreach (int peer in Enumerable.Range(0, nodes).Where(peer => peer != node))
        {
            MaskSign sign = node < peer ? MaskSign.Add : MaskSign.Subtract;
            PairwiseMask.Apply(update, SecretOf(int.Min(node, peer), int.Max(node, peer)), Round, sign);
        }

        return update[0];
    }

    private static byte[] SecretOf(int lower, int higher) => SHA256.HashData([(byte)lower, (byte)higher]);
}
