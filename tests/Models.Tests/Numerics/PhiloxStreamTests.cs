using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Numerics;

// Goal: the stream is Philox4x32-10 and what is drawn from it has the right law. Method: the known-answer vectors of
// the authors' Random123 (tests/kat_vectors, lines "philox4x32 10"), then moments with fixed seeds. A statistical test
// here would reject a right generator with probability below 1e-6 if the seed were drawn anew.
public sealed class PhiloxStreamTests
{
    [Theory]
    [InlineData(
        new uint[] { 0, 0, 0, 0 }, 0u, 0u,
        new uint[] { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 })]
    [InlineData(
        new uint[] { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, 0xffffffffu, 0xffffffffu,
        new uint[] { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd })]
    [InlineData(
        new uint[] { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, 0xa4093822u, 0x299f31d0u,
        new uint[] { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 })]
    public void Blocks_agree_with_the_known_answers_of_the_authors(
        uint[] counter, uint key0, uint key1, uint[] expected)
    {
        PhiloxStream.Encrypt(counter, key0, key1);

        Assert.Equal(expected, counter);
    }

    [Fact]
    public void A_stream_is_the_blocks_of_its_counter_under_its_seed()
    {
        PhiloxStream random = new(seed: 0x299f31d0_a4093822, stream: 0x03707344_13198a2e);
        uint[] second = [1, 0, 0x13198a2e, 0x03707344];
        PhiloxStream.Encrypt(second, 0xa4093822, 0x299f31d0);

        uint[] drawn = [.. Enumerable.Range(0, 8).Select(_ => random.NextUInt32())];

        Assert.Equal(second, drawn[4..]);
        Assert.NotEqual(second, drawn[..4]);
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 8)]
    public void Another_seed_or_stream_gives_other_numbers(ulong seed, ulong stream)
    {
        PhiloxStream first = new(seed: 1, stream: 8);
        PhiloxStream other = new(seed, stream);

        Assert.NotEqual(first.NextUInt64(), other.NextUInt64());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    public void Integers_below_a_bound_are_uniform(int bound)
    {
        const int Draws = 90_000;
        PhiloxStream random = new(seed: 5, stream: 0);
        int[] counts = new int[bound];
        for (int i = 0; i < Draws; i++)
        {
            counts[random.NextBelow(bound)]++;
        }

        // Six standard deviations of a binomial count, per cell.
        double expected = (double)Draws / bound;
        Assert.All(counts, count => Assert.InRange(Math.Abs(count - expected), 0, 6 * Math.Sqrt(expected)));
    }

    [Fact]
    public void Units_and_normals_have_their_moments()
    {
        const int Draws = 200_000;
        PhiloxStream random = new(seed: 6, stream: 0);
        double[] units = [.. Enumerable.Range(0, Draws).Select(_ => random.NextUnit())];
        double[] normals = [.. Enumerable.Range(0, Draws).Select(_ => random.NextNormal())];

        // Tolerances are six standard errors: sqrt(1/12), 1, sqrt(2) and sqrt(96) over sqrt(Draws).
        double error = 6 / Math.Sqrt(Draws);
        Assert.All(units, unit => Assert.True(unit is >= 0 and < 1));
        Assert.Equal(0.5, units.Average(), error * 0.289);
        Assert.Equal(0, normals.Average(), error);
        Assert.Equal(1, normals.Average(x => x * x), error * 1.415);
        Assert.Equal(3, normals.Average(x => x * x * x * x), error * 9.8);
    }

    [Fact]
    public void Shuffle_gives_every_order_equally_often()
    {
        const int Draws = 60_000;
        Dictionary<string, int> orders = [];
        PhiloxStream random = new(seed: 7, stream: 0);
        for (int i = 0; i < Draws; i++)
        {
            int[] values = [1, 2, 3];
            random.Shuffle(values);
            string order = string.Concat(values);
            orders[order] = orders.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(6, orders.Count);
        Assert.All(orders.Values, count => Assert.InRange(count, 9_400, 10_600));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_bound_that_leaves_no_number_is_refused(int bound) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhiloxStream(1, 1).NextBelow(bound));
}
