using System.Text;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: a holder answers for one survivor set ever, with one kind of share of each node, also after a restart. Method:
// the bytes of its answers, every other set and context, and exports cut and altered at every byte.
public sealed class HeldSharesTests
{
    [Fact]
    public void A_survivors_seed_and_a_lost_nodes_key_are_revealed_and_never_both()
    {
        using MaskedRound round = new MaskedRound(4).Dealt();
        string[] survivors = [.. round.Dealers.Where(name => name != MaskedRound.Name(2))];
        HeldShares held = round.Held(MaskedRound.Name(0));
        byte[] export = held.Export();

        byte[] revealed = held.Reveal(round.Context, survivors);

        Assert.Equal(RevealedShares.MostBytes(4), revealed.Length);
        for (int dealer = 0; dealer < 4; dealer++)
        {
            int at = RevealedShares.HeaderBytes + (dealer * RevealedShares.EntryBytes);
            ShareKind expected = dealer == 2 ? ShareKind.MaskKey : ShareKind.SelfMask;
            Assert.Equal((byte)expected, revealed[at]);

            // In the export stand both shares of each dealer: one of them is in what was revealed, the other is not.
            byte[] pair = PairOf(export, MaskedRound.Name(dealer));
            Assert.True(Contains(revealed, ShareBundle.Of(expected, pair)));
            Assert.False(Contains(revealed, ShareBundle.Of(expected ^ (ShareKind)3, pair)));
        }
    }

    [Fact]
    public void The_same_set_gets_the_same_bytes_and_another_set_none()
    {
        using MaskedRound round = new MaskedRound(5).Dealt();
        string[] all = [.. round.Dealers];
        HeldShares held = round.Held(all[0]);

        byte[] first = held.Reveal(round.Context, all);

        Assert.Equal(first, held.Reveal(round.Context, [.. all.Reverse()]));
        Assert.Throws<CohortException>(() => held.Reveal(round.Context, all[..4]));
    }

    [Fact]
    public void A_restart_forgets_neither_the_shares_nor_the_set_that_was_answered()
    {
        using MaskedRound round = new MaskedRound(5).Dealt();
        string[] all = [.. round.Dealers];
        using var before = HeldShares.Import(round.Held(all[0]).Export());

        byte[] revealed = before.Reveal(round.Context, all);
        using var after = HeldShares.Import(before.Export());

        Assert.Equal(all, after.Dealers);
        Assert.Equal(revealed, after.Reveal(round.Context, all));
        Assert.Throws<CohortException>(() => after.Reveal(round.Context, all[..4]));
        Assert.Equal(before.Export(), after.Export());
    }

    [Theory]
    [InlineData("another attempt")]
    [InlineData("another model")]
    [InlineData("another cohort")]
    [InlineData("without itself")]
    [InlineData("below the threshold")]
    [InlineData("one that has not dealt")]
    public void Another_context_or_a_set_that_would_not_hide_every_survivor_is_refused(string what)
    {
        using MaskedRound round = new MaskedRound(6).Dealt(lostBefore: [MaskedRound.Name(5)]);
        string[] all = [.. round.Dealers];
        RoundContext context = what switch
        {
            "another attempt" => round.Context with { Attempt = 1 },
            "another model" => round.Context with { BaseModel = "trap" },
            "another cohort" => round.Context with { Keys = round.Keys().Where(p => p.Key != all[4]).ToDictionary() },
            _ => round.Context,
        };
        string[] survivors = what switch
        {
            "another cohort" => all[..4],
            "without itself" => all[1..],
            "below the threshold" => all[..4],
            "one that has not dealt" => [.. all, MaskedRound.Name(5)],
            _ => all,
        };

        Assert.Throws<CohortException>(() => round.Held(all[0]).Reveal(context, survivors));

        // A refusal is no answer: the right set still gets one.
        Assert.NotEmpty(round.Held(all[0]).Reveal(round.Context, all));
    }

    [Fact]
    public void An_export_that_is_cut_or_continued_is_refused()
    {
        using MaskedRound round = new MaskedRound(3).Dealt();
        byte[] export = round.Held(MaskedRound.Name(1)).Export();

        for (int bytes = 0; bytes < export.Length; bytes++)
        {
            Assert.Throws<InvalidDataException>(() => HeldShares.Import(export[..bytes]));
        }

        Assert.Throws<InvalidDataException>(() => HeldShares.Import([.. export, 0]));
    }

    [Fact]
    public void An_altered_export_is_refused_or_is_one_of_other_shares()
    {
        using MaskedRound round = new MaskedRound(3).Dealt();
        byte[] export = round.Held(MaskedRound.Name(1)).Export();
        for (int at = 0; at < export.Length; at++)
        {
            byte[] altered = [.. export];
            altered[at] ^= 0x80;
            try
            {
                using var imported = HeldShares.Import(altered);
                Assert.Equal(altered.Length, imported.Export().Length);
            }
            catch (InvalidDataException)
            {
                // The other right answer.
            }
        }
    }

    [Fact]
    public void Disposed_shares_are_gone()
    {
        using MaskedRound round = new MaskedRound(3).Dealt();
        HeldShares held = round.Held(MaskedRound.Name(0));

        held.Dispose();

        Assert.Throws<ObjectDisposedException>(() => held.Export());
        Assert.Throws<ObjectDisposedException>(() => held.Reveal(round.Context, round.Dealers));
    }

    // After a dealer's name and its flag.
    private static byte[] PairOf(byte[] export, string dealer)
    {
        int at = export.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(dealer)) + dealer.Length + 1;
        return export[at..(at + ShareBundle.PairBytes)];
    }

    private static bool Contains(byte[] bytes, ReadOnlySpan<byte> part) => bytes.AsSpan().IndexOf(part) >= 0;
}
