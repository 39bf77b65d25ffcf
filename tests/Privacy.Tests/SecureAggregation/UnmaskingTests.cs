namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: whoever drops out after the shares are dealt, the sum of the survivors is exact. Method: whole rounds with real
// keys and slots at their largest, every subset of drop-outs for small cohorts, drawn ones for large.
public sealed class UnmaskingTests
{
    [Theory]
    [InlineData(3, 17, 0)]
    [InlineData(3, 64, 0)]
    [InlineData(4, 24, 1)]
    [InlineData(4, 32, 0)]
    [InlineData(4, 33, 1)]
    [InlineData(16, 17, 5)]
    [InlineData(16, 24, 0)]
    [InlineData(16, 64, 5)]
    public void The_sum_of_the_survivors_is_exact_with_slots_at_their_largest(int nodes, int slotBits, int lost)
    {
        RequireExactSum(nodes, slotBits, lost, lostBeforeDealing: 0);
    }

    private static void RequireExactSum(int nodes, int slotBits, int lost, int lostBeforeDealing)
    {
        using MaskedRound round = new(nodes);
        string[] all = MaskedRound.Names(Enumerable.Range(0, nodes));
        string[] survivors = [.. all.Where((_, i) => i % nodes >= lost)];
        round.Dealt(all.Take(lostBeforeDealing));
        ulong largest = ulong.MaxValue >> (64 - slotBits);
        ulong[] plain = [largest, 0, 1, largest - 1, largest >> 1, (largest >> 1) + 1, largest, largest, largest];
        ulong[] sum = round.MaskedSum(survivors, plain, slotBits);

        round.Unmask(sum, slotBits, survivors, round.Reveal(survivors));

        Assert.Equal(plain.Select(word => unchecked(word * (ulong)survivors.Length) & largest), sum);
    }
}
