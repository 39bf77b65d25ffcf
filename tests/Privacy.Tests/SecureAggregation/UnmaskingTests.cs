using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: whoever drops out after the shares are dealt, the sum of the survivors is exact, and nothing else opens.
// Method: whole rounds with real keys and slots at their largest; every subset of drop-outs for small cohorts, drawn
// ones for large; what is left of a lost node's late addend.
public sealed class UnmaskingTests
{
    [Theory]
    [InlineData(3, 17, 0, 0)]
    [InlineData(3, 24, 0, 0)]
    [InlineData(3, 64, 0, 0)]
    [InlineData(4, 17, 1, 0)]
    [InlineData(4, 24, 1, 1)]
    [InlineData(4, 64, 0, 0)]
    [InlineData(16, 17, 5, 2)]
    [InlineData(16, 24, 5, 0)]
    [InlineData(16, 32, 3, 3)]
    [InlineData(16, 33, 3, 0)]
    [InlineData(16, 64, 0, 0)]
    [InlineData(64, 64, 20, 12)]
    [InlineData(128, 24, 42, 37)]
    public void The_sum_of_drawn_survivors_is_exact_with_slots_at_their_largest(
        int nodes,
        int slotBits,
        int lost,
        int lostBeforeDealing)
    {
        string[] drawn =
        [
            .. MaskedRound.Names(Enumerable.Range(0, nodes))
                .OrderBy(name => Convert.ToHexString(SHA256.HashData([.. name.Select(c => (byte)c), (byte)slotBits])),
                    StringComparer.Ordinal),
        ];
        using MaskedRound round = new MaskedRound(nodes).Dealt(drawn.Take(lostBeforeDealing), drawn.Take(lost));
        string[] survivors = drawn[lost..];
        ulong[] plain = Extremes(slotBits);
        ulong[] sum = round.MaskedSum(survivors, plain, slotBits);

        // The least number of holders that will do: as many more may be lost while they reveal.
        int threshold = SharingGraph.Of(round.Context).Threshold;
        round.Unmask(sum, slotBits, survivors, round.Reveal(survivors, silent: survivors.Skip(threshold)));

        Assert.Equal(Times(plain, survivors.Length, slotBits), sum);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public void Every_subset_of_drop_outs_up_to_the_threshold_leaves_an_exact_sum(int nodes)
    {
        using MaskedRound round = new MaskedRound(nodes).Dealt();
        int threshold = SharingGraph.Of(round.Context).Threshold;
        Dictionary<string, ulong[]> masked = MaskedOnce(round);
        int subsets = 0;
        for (int subset = 0; subset < 1 << nodes; subset++)
        {
            string[] survivors = [.. round.Dealers.Where((_, i) => ((subset >> i) & 1) == 1)];
            if (survivors.Length >= threshold)
            {
                RequireExact(round, masked, survivors);
                subsets++;
            }
            else
            {
                Assert.Throws<UnmaskingException>(
                    () => round.Unmask(new ulong[1], 24, survivors, new Dictionary<string, byte[]>()));
            }
        }

        Assert.True(subsets > nodes);
    }

    [Fact]
    public void In_a_sparse_graph_every_survivor_set_that_is_not_refused_gives_an_exact_sum()
    {
        // Nine nodes, four neighbours each: no protection, but all the workings.
        using MaskedRound round = new MaskedRound(9, new SparseGraphBounds(4, 3, 1)).Dealt();
        Dictionary<string, ulong[]> masked = MaskedOnce(round);
        int opened = 0;
        int refused = 0;
        for (int subset = 0; subset < 1 << 9; subset++)
        {
            string[] survivors = [.. round.Dealers.Where((_, i) => ((subset >> i) & 1) == 1)];
            try
            {
                SurvivorSet.Of(round.Context, round.Dealers, survivors);
            }
            catch (CohortException)
            {
                refused++;
                continue;
            }

            RequireExact(round, masked, survivors);
            opened++;
        }

        Assert.True(opened > 10 && refused > 10, $"{opened} sets opened and {refused} refused");
    }

    [Fact]
    public void A_sum_that_lacks_a_survivors_addend_stays_masked()
    {
        using MaskedRound round = new MaskedRound(4).Dealt();
        ulong[] sum = round.MaskedSum([.. round.Dealers.Skip(1)], new ulong[500], 64);

        round.Unmask(sum, 64, round.Dealers, round.Reveal(round.Dealers));

        Assert.DoesNotContain(0ul, sum);
    }

    [Fact]
    public void The_late_addend_of_a_lost_node_stays_masked_though_its_mask_key_is_known()
    {
        using MaskedRound round = new MaskedRound(4).Dealt();
        string lost = MaskedRound.Name(0);
        string[] survivors = [.. round.Dealers.Skip(1)];
        ulong[] late = round.Masked(lost, new ulong[500], 64);

        // What the coordinator knows once the survivors have revealed: the private mask key of the lost node. The share
        // of the first dealer stands first, after the header and its kind.
        Dictionary<string, byte[]> revealed = round.Reveal(survivors);
        const int At = RevealedShares.HeaderBytes + 1;
        byte[] scalar = Shamir.Combine([2, 3, 4], [.. survivors.SelectMany(name => revealed[name][At..(At + 32)])]);
        using ECDiffieHellman key = P256.FromScalar(scalar)!;
        Assert.Equal(round.Context.Keys[lost].MaskKey, key.ExportSubjectPublicKeyInfo());
        using MaskSet pairs = new();
        foreach (string peer in survivors)
        {
            byte[] shared = MaskKey.OfPair(
                key, round.Context.Keys[peer].MaskKey, lost, peer, round.Context.Digest());
            pairs.Add(shared, MaskKey.SignOf(peer, lost));
        }

        pairs.Apply(late, 64);

        // The second mask is still on: a word is zero by chance once in 2^64.
        Assert.DoesNotContain(0ul, late);
    }

    [Fact]
    public void Whoever_has_the_same_bytes_gets_the_same_sum_in_whatever_order_and_from_whichever_holders()
    {
        using MaskedRound round = new MaskedRound(7).Dealt();
        string[] survivors = [.. round.Dealers.Take(6)];
        ulong[] masked = round.MaskedSum(survivors, Extremes(24), 24);
        Dictionary<string, byte[]> revealed = round.Reveal(survivors);
        ulong[] expected = Times(Extremes(24), 6, 24);
        foreach (string leftOut in survivors)
        {
            ulong[] sum = [.. masked];
            Dictionary<string, byte[]> others = revealed
                .Where(pair => pair.Key != leftOut)
                .Reverse()
                .ToDictionary();

            Unmasking.Remove(
                sum, 24, round.Context, round.Bundles.Reverse().ToDictionary(), [.. survivors.Reverse()], others);

            Assert.Equal(expected, sum);
        }
    }

    [Fact]
    public void Words_beyond_the_slot_are_reduced()
    {
        using MaskedRound round = new MaskedRound(3).Dealt();
        ulong[] sum = round.MaskedSum(round.Dealers, [ulong.MaxValue], 17);

        round.Unmask(sum, 17, round.Dealers, round.Reveal(round.Dealers));

        Assert.Equal([(1ul << 17) - 3], sum);
    }

    private static ulong[] Extremes(int slotBits)
    {
        ulong largest = ulong.MaxValue >> (64 - slotBits);
        return [largest, 0, 1, largest - 1, largest >> 1, (largest >> 1) + 1, .. Enumerable.Repeat(largest, 30)];
    }

    private static ulong[] Times(ulong[] plain, int nodes, int slotBits) =>
        [.. plain.Select(word => unchecked(word * (ulong)nodes) & (ulong.MaxValue >> (64 - slotBits)))];

    private static Dictionary<string, ulong[]> MaskedOnce(MaskedRound round) =>
        round.Dealers.ToDictionary(name => name, name => round.Masked(name, Extremes(24), 24));

    private static void RequireExact(MaskedRound round, Dictionary<string, ulong[]> masked, string[] survivors)
    {
        ulong[] sum = new ulong[Extremes(24).Length];
        foreach (string name in survivors)
        {
            AddendSum.Add(sum, masked[name]);
        }

        round.Unmask(sum, 24, survivors, round.RevealFromCopies(survivors));

        Assert.Equal(Times(Extremes(24), survivors.Length, 24), sum);
    }
}
