using System.Numerics;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: a node deals, accepts and masks only where that protects it. Method: whole rounds, then every context, cohort,
// set of dealers and bundle that a dishonest coordinator or dealer could offer.
public sealed class MaskingSecretsTests
{
    private const int SlotBits = 24;

    [Fact]
    public void No_word_of_a_masked_update_is_readable()
    {
        using MaskedRound round = new MaskedRound(3).Dealt();
        ulong[] plain = [.. Enumerable.Range(0, 700).Select(i => (ulong)i)];

        ulong[] masked = round.Masked(MaskedRound.Name(0), plain, 64);

        // A word agrees by chance once in 2^64.
        Assert.All(plain.Zip(masked), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Fact]
    public void Masked_words_are_uniform()
    {
        // χ² of the upper byte of 65,536 masked zeros: 256 expected per value. With 255 degrees of freedom, 391.8 is
        // exceeded with probability below 10^-7.
        using MaskedRound round = new MaskedRound(3).Dealt();
        int[] counts = new int[256];
        foreach (ulong word in round.Masked(MaskedRound.Name(1), new ulong[65_536], SlotBits))
        {
            counts[word >> 16]++;
        }

        Assert.True(counts.Sum(count => (count - 256.0) * (count - 256.0) / 256.0) < 391.8);
    }

    [Fact]
    public void The_masks_of_two_rounds_have_nothing_in_common()
    {
        using MaskedRound first = new MaskedRound(3, round: 1).Dealt();
        using MaskedRound second = new MaskedRound(3, round: 2).Dealt();
        ulong[] one = first.Masked(MaskedRound.Name(0), new ulong[4000], 64);
        ulong[] other = second.Masked(MaskedRound.Name(0), new ulong[4000], 64);

        // Differences of 256,000 bits: half of them are set, within 3000 but for a probability below 10^-30.
        int set = one.Zip(other).Sum(pair => BitOperations.PopCount(pair.First ^ pair.Second));
        Assert.InRange(set, 128_000 - 3000, 128_000 + 3000);
    }

    [Fact]
    public void Nodes_that_were_shown_different_models_cannot_use_each_others_shares()
    {
        using MaskedRound round = new(3);
        RoundContext trap = round.Context with { BaseModel = "trap" };
        Dictionary<string, byte[]> bundles = new()
        {
            [MaskedRound.Name(0)] = round.Secrets(0).Deal(round.Context),
            [MaskedRound.Name(1)] = round.Secrets(1).Deal(trap),
            [MaskedRound.Name(2)] = round.Secrets(2).Deal(round.Context),
        };

        CohortException refused = Assert.Throws<CohortException>(
            () => round.Secrets(0).Accept(round.Context, bundles));

        Assert.Contains(MaskedRound.Name(1), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_deal_in_one_context_and_the_same_bytes_again()
    {
        using MaskedRound round = new(4);

        byte[] bundle = round.Secrets(0).Deal(round.Context);

        Assert.Equal(bundle, round.Secrets(0).Deal(round.Context with { }));
        Assert.Throws<CohortException>(() => round.Secrets(0).Deal(round.Context with { Attempt = 1 }));
        Assert.Equal(ShareBundle.MostBytes(4), bundle.Length);
    }

    [Fact]
    public void Nothing_is_dealt_to_a_cohort_of_two_or_under_other_keys_than_the_nodes_own()
    {
        using MaskedRound two = new(2);
        using MaskedRound four = new(4);
        using var stranger = MaskingSecrets.Generate(MaskedRound.Name(0));
        using var nobody = MaskingSecrets.Generate("nobody");
        Dictionary<string, PublicRoundKeys> substituted = four.Keys();
        substituted[MaskedRound.Name(0)] = stranger.PublicKeys;

        Assert.Throws<CohortException>(() => two.Secrets(0).Deal(two.Context));
        Assert.Throws<CohortException>(() => four.Secrets(0).Deal(four.Context with { Keys = substituted }));
        Assert.Throws<CohortException>(() => nobody.Deal(four.Context));
    }

    [Theory]
    [InlineData("the dealer's sealed share")]
    [InlineData("a digest of a share")]
    [InlineData("the version")]
    [InlineData("a byte more")]
    [InlineData("a byte less")]
    [InlineData("another dealer's")]
    public void An_altered_bundle_is_refused_and_its_dealer_named(string what)
    {
        using MaskedRound round = new(4);
        Dictionary<string, byte[]> bundles = AllBundles(round);
        string dealer = MaskedRound.Name(2);
        byte[] bundle = bundles[dealer];

        // Node 0 is the first holder; its entry follows version and commitment: 80 bytes sealed, then the digests.
        switch (what)
        {
            case "the dealer's sealed share":
                bundle[33] ^= 1;
                break;
            case "a digest of a share":
                bundle[33 + 80 + 32] ^= 1;
                break;
            case "the version":
                bundle[0]++;
                break;
            case "a byte more":
                bundles[dealer] = [.. bundle, 0];
                break;
            case "a byte less":
                bundles[dealer] = bundle[..^1];
                break;
            default:
                bundles[dealer] = bundles[MaskedRound.Name(1)];
                break;
        }

        CohortException refused = Assert.Throws<CohortException>(
            () => round.Secrets(0).Accept(round.Context, bundles));

        Assert.Contains(dealer, refused.Message, StringComparison.Ordinal);

        // The honest bundles are still taken afterwards.
        bundles[dealer] = round.Secrets(2).Deal(round.Context);
        round.Secrets(0).Accept(round.Context, bundles).Dispose();
    }

    [Theory]
    [InlineData("below the threshold")]
    [InlineData("without itself")]
    [InlineData("a stranger")]
    [InlineData("its own altered")]
    [InlineData("another attempt")]
    public void Dealers_that_could_not_open_the_sum_are_refused(string what)
    {
        using MaskedRound round = new(5);
        Dictionary<string, byte[]> bundles = AllBundles(round);
        RoundContext context = round.Context;
        switch (what)
        {
            case "below the threshold":
                bundles.Remove(MaskedRound.Name(1));
                bundles.Remove(MaskedRound.Name(2));
                break;
            case "without itself":
                bundles.Remove(MaskedRound.Name(0));
                break;
            case "a stranger":
                bundles.Add("stranger", bundles[MaskedRound.Name(1)]);
                break;
            case "its own altered":
                bundles[MaskedRound.Name(0)][^1] ^= 1;
                break;
            default:
                context = context with { Attempt = 1 };
                break;
        }

        Assert.Throws<CohortException>(() => round.Secrets(0).Accept(context, bundles));
    }

    [Fact]
    public void Shares_are_accepted_once()
    {
        using MaskedRound round = new MaskedRound(4).Dealt();

        Assert.Throws<CohortException>(() => round.Secrets(0).Accept(round.Context, round.Bundles));
    }

    [Fact]
    public void Secrets_mask_once()
    {
        using MaskedRound round = new MaskedRound(3).Dealt();
        round.Masked(MaskedRound.Name(0), [1, 2], SlotBits);
        ulong[] again = [1, 2];

        Assert.Throws<CohortException>(() => round.Secrets(0).Mask(again, SlotBits, round.Context, round.Dealers));
        Assert.Equal([1ul, 2ul], again);
    }

    [Theory]
    [InlineData("two")]
    [InlineData("below the threshold")]
    [InlineData("without itself")]
    [InlineData("one twice")]
    [InlineData("a stranger")]
    [InlineData("a name in another case")]
    [InlineData("not those accepted")]
    [InlineData("another context")]
    [InlineData("no slot")]
    public void Nothing_is_masked_where_it_would_not_protect_and_the_update_is_left_alone(string what)
    {
        using MaskedRound round = new MaskedRound(5).Dealt();
        string[] all = MaskedRound.Names(Enumerable.Range(0, 5));
        string[] dealers = what switch
        {
            "two" => all[..2],
            "below the threshold" => all[..3],
            "without itself" => all[1..],
            "one twice" => [.. all[..4], all[1]],
            "a stranger" => [.. all, "stranger"],
            "a name in another case" => [.. all[..4], all[4].ToUpperInvariant()],
            "not those accepted" => all[..4],
            _ => all,
        };
        RoundContext context = what == "another context" ? round.Context with { Round = 9 } : round.Context;
        ulong[] update = [ulong.MaxValue, 2, 3];

        Assert.ThrowsAny<Exception>(
            () => round.Secrets(0).Mask(update, what == "no slot" ? 0 : SlotBits, context, dealers));
        Assert.Equal([ulong.MaxValue, 2, 3], update);

        // The refusal has not used the secrets up.
        round.Secrets(0).Mask(update, SlotBits, round.Context, all);
        Assert.NotEqual(ulong.MaxValue, update[0]);
    }

    [Fact]
    public void Secrets_that_have_not_dealt_do_not_mask_and_disposed_ones_do_nothing()
    {
        using MaskedRound round = new(3);
        string[] all = MaskedRound.Names(Enumerable.Range(0, 3));

        Assert.Throws<CohortException>(() => round.Secrets(0).Mask(new ulong[1], SlotBits, round.Context, all));

        round.Secrets(1).Dispose();
        Assert.Throws<ObjectDisposedException>(() => round.Secrets(1).Deal(round.Context));
    }

    [Fact]
    public void Public_keys_are_a_copy()
    {
        using var secrets = MaskingSecrets.Generate("a");

        secrets.PublicKeys.MaskKey[^1] ^= 1;

        Assert.Equal(secrets.PublicKeys, secrets.PublicKeys);
        Assert.NotEqual(secrets.PublicKeys.MaskKey, secrets.PublicKeys.ShareKey);
    }

    private static Dictionary<string, byte[]> AllBundles(MaskedRound round) =>
        round.Context.Cohort.Select((name, i) => (name, round.Secrets(i).Deal(round.Context)))
            .ToDictionary(pair => pair.name, pair => pair.Item2);
}
