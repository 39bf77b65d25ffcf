using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: what does not add up is refused, the node at fault is named, and the sum is left as it was. Method: one honest
// round of seven nodes with one lost, in which each time one thing is altered; and dealers that deal falsely.
public sealed class UnmaskingRefusalTests
{
    private const int SlotBits = 24;
    private const string Dealer = "hospital-zz";

    [Theory]
    [InlineData("a share", "hospital-002")]
    [InlineData("a share of the lost node", "hospital-002")]
    [InlineData("a kind", "hospital-002")]
    [InlineData("the version", "hospital-002")]
    [InlineData("the context", "hospital-002")]
    [InlineData("the survivors", "hospital-002")]
    [InlineData("a byte more", "hospital-002")]
    [InlineData("nothing", "hospital-002")]
    [InlineData("another holder's", "hospital-002")]
    [InlineData("a reveal of the lost node", "hospital-000")]
    [InlineData("a digest in a bundle", "hospital-002")]
    [InlineData("the length of a bundle", "hospital-004")]
    [InlineData("the commitment of a bundle", "hospital-004")]
    [InlineData("two shares missing", "hospital-005,hospital-006")]
    public void What_is_altered_is_refused_and_the_node_at_fault_named(string what, string atFault)
    {
        using MaskedRound round = new MaskedRound(7).Dealt();
        string[] survivors = [.. round.Dealers.Skip(1)];
        ulong[] sum = round.MaskedSum(survivors, [1, 2, 3], SlotBits);
        ulong[] before = [.. sum];
        Dictionary<string, byte[]> revealed = round.Reveal(survivors);
        Dictionary<string, byte[]> honest = revealed.ToDictionary(pair => pair.Key, pair => pair.Value[..]);
        Dictionary<string, byte[]> bundles = new(round.Bundles);
        Alter(what, revealed, bundles);

        UnmaskingException refused = Assert.Throws<UnmaskingException>(
            () => Unmasking.Remove(sum, SlotBits, round.Context, bundles, survivors, revealed));

        Assert.Equal(atFault, string.Join(',', refused.Sites));
        Assert.All(refused.Sites, site => Assert.Contains(site, refused.Message, StringComparison.Ordinal));
        Assert.Equal(before, sum);

        // The round is not spoilt: with the honest bytes the same sum opens.
        round.Unmask(sum, SlotBits, survivors, honest);
        Assert.Equal([6ul, 12ul, 18ul], sum);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    [InlineData("below the threshold")]
    [InlineData("one twice")]
    [InlineData("a stranger")]
    [InlineData("one that has not dealt")]
    public void Survivors_that_the_sum_would_not_hide_are_refused(string what)
    {
        using MaskedRound round = new MaskedRound(7).Dealt(lostBefore: [MaskedRound.Name(6)]);
        string[] dealers = [.. round.Dealers];
        string[] survivors = what switch
        {
            "one" => dealers[..1],
            "two" => dealers[..2],
            "below the threshold" => dealers[..4],
            "one twice" => [.. dealers[..5], dealers[0]],
            "a stranger" => [.. dealers[..5], "stranger"],
            _ => [.. dealers, MaskedRound.Name(6)],
        };
        ulong[] sum = [1, 2, 3];

        Assert.Throws<UnmaskingException>(
            () => round.Unmask(sum, SlotBits, survivors, new Dictionary<string, byte[]>()));
        Assert.All(round.Dealers, name => Assert.Throws<CohortException>(
            () => round.Held(name).Reveal(round.Context, survivors)));
        Assert.Equal([1ul, 2ul, 3ul], sum);
    }

    [Fact]
    public void Shares_of_another_round_are_refused()
    {
        using MaskedRound round = new MaskedRound(3).Dealt();
        Dictionary<string, byte[]> revealed = round.Reveal(round.Dealers);
        RoundContext other = round.Context with { Attempt = 1 };

        UnmaskingException refused = Assert.Throws<UnmaskingException>(() => Unmasking.Remove(
            new ulong[1], SlotBits, other, round.Bundles, round.Dealers, revealed));

        Assert.Equal(round.Dealers, refused.Sites);
    }

    [Theory]
    [InlineData("seed", true)]
    [InlineData("key", false)]
    [InlineData("key that is no scalar", false)]
    public void A_dealer_that_deals_shares_of_something_else_is_named_when_they_are_combined(string what, bool survives)
    {
        using MaskedRound round = new(6, others: new Dictionary<string, PublicRoundKeys>
        {
            [Dealer] = LabelledKeys.Of(Dealer),
        });
        byte[] seed = new byte[32];
        byte[] key = SHA256.HashData("hospital-zz mask"u8);
        byte[] wrong = what == "key that is no scalar" ? new byte[32] : SHA256.HashData(key);
        byte[] bundle = Deal(round.Context, seed, what == "seed" ? wrong : seed, what == "seed" ? key : wrong);
        round.Bundles.Add(Dealer, bundle);

        // All holders accept: no share by itself tells what its polynomial is.
        round.Dealt();
        string[] survivors = [.. round.Context.Cohort.Where(name => survives || name != Dealer)];
        Dictionary<string, byte[]> revealed = round.Reveal(survivors, silent: [Dealer]);

        UnmaskingException refused = Assert.Throws<UnmaskingException>(
            () => round.Unmask(new ulong[1], SlotBits, survivors, revealed));

        Assert.Equal([Dealer], refused.Sites);
    }

    private static void Alter(string what, Dictionary<string, byte[]> revealed, Dictionary<string, byte[]> bundles)
    {
        // Of each dealer in ordinal order, the lost one first: kind, then 32 bytes.
        byte[] second = revealed[MaskedRound.Name(2)];
        switch (what)
        {
            case "a share":
                second[^1] ^= 1;
                break;
            case "a share of the lost node":
                second[RevealedShares.HeaderBytes + 1] ^= 1;
                break;
            case "a kind":
                second[RevealedShares.HeaderBytes] = (byte)ShareKind.SelfMask;
                break;
            case "the version":
                second[0]++;
                break;
            case "the context":
                second[1] ^= 1;
                break;
            case "the survivors":
                second[33] ^= 1;
                break;
            case "a byte more":
                revealed[MaskedRound.Name(2)] = [.. second, 0];
                break;
            case "nothing":
                revealed[MaskedRound.Name(2)] = [];
                break;
            case "another holder's":
                revealed[MaskedRound.Name(2)] = revealed[MaskedRound.Name(3)];
                break;
            case "a reveal of the lost node":
                revealed[MaskedRound.Name(0)] = second;
                break;
            case "a digest in a bundle":
                // Of the share of b of holder 2: the third entry, after 33 bytes of header, 80 of them sealed.
                bundles[MaskedRound.Name(4)] = Flipped(bundles[MaskedRound.Name(4)], 33 + (2 * 144) + 80);
                break;
            case "the length of a bundle":
                bundles[MaskedRound.Name(4)] = bundles[MaskedRound.Name(4)][1..];
                break;
            case "the commitment of a bundle":
                bundles[MaskedRound.Name(4)] = Flipped(bundles[MaskedRound.Name(4)], 1);
                break;
            default:
                revealed.Remove(MaskedRound.Name(5));
                revealed.Remove(MaskedRound.Name(6));
                break;
        }
    }

    private static byte[] Flipped(byte[] bytes, int at)
    {
        byte[] copy = [.. bytes];
        copy[at] ^= 1;
        return copy;
    }

    private static byte[] Deal(RoundContext context, byte[] committed, byte[] sharedSeed, byte[] sharedKey)
    {
        var graph = SharingGraph.Of(context);
        IReadOnlyList<string> holders = graph.HoldersOf(Dealer);
        byte[] digest = context.Digest();
        using ECDiffieHellman pair = LabelledKeys.Pair($"{Dealer} share");
        using var sealing = ShareKeyPair.ImportPkcs8(pair.ExportPkcs8PrivateKey());
        return ShareBundle.Write(
            Dealer,
            holders,
            committed,
            Shamir.Split(sharedSeed, graph.Threshold, holders.Count),
            Shamir.Split(sharedKey, graph.Threshold, holders.Count),
            digest,
            (to, shares) => sealing.Seal(shares, context.Keys[to].ShareKey, Dealer, to, digest));
    }
}
