using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: a sum of words decodes to the sum of the reals within the stated bound, and a value that could wrap the sum is
// refused. Method: hand-computed words, then seeded vectors at every scale and number of addends, compared in decimal.
public sealed class FixedPointTests
{
    [Theory]
    [InlineData(0.0, 0ul)]
    [InlineData(1.0, 4ul)]
    [InlineData(-1.0, 0xFFFFFFFFFFFFFFFCul)]
    [InlineData(0.125, 0ul)]
    [InlineData(0.375, 2ul)]
    [InlineData(-0.375, 0xFFFFFFFFFFFFFFFEul)]
    [InlineData(0.3751, 2ul)]
    [InlineData(0.3749, 1ul)]
    [InlineData(double.Epsilon, 0ul)]
    public void Values_round_to_the_nearest_quarter_and_halves_to_even(double value, ulong word)
    {
        ulong[] words = new ulong[1];

        new FixedPoint(scaleBits: 2, addends: 3).Encode([value], words);

        Assert.Equal(word, words[0]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(16, 4)]
    [InlineData(32, 3)]
    [InlineData(40, 100)]
    [InlineData(52, 5)]
    [InlineData(61, 7)]
    public void Sums_of_random_vectors_decode_within_the_bound(int scaleBits, int addends)
    {
        const int Length = 200;
        FixedPoint codec = new(scaleBits, addends);
        using SeededRandomBits bits = new(SHA256.HashData([(byte)scaleBits, (byte)addends]), nameof(FixedPointTests));
        double limit = Math.ScaleB(1, 62 - scaleBits) / addends;
        ulong[] sum = new ulong[Length];
        decimal[] exact = new decimal[Length];

        for (int node = 0; node < addends; node++)
        {
            // Within 2^20 grid units of zero, where 28 decimal digits hold the sum of the reals exactly enough.
            double[] values = [.. Enumerable.Range(0, Length)
                .Select(_ => ((bits.NextUInt64() >> 11) * Math.ScaleB(1, -53)) - 0.5)
                .Select(unit => unit * Math.Min(limit, Math.ScaleB(1, 20 - scaleBits)))];
            ulong[] words = new ulong[Length];
            codec.Encode(values, words);
            for (int i = 0; i < Length; i++)
            {
                sum[i] = unchecked(sum[i] + words[i]);
                exact[i] += (decimal)Math.ScaleB(values[i], scaleBits);
            }
        }

        double[] decoded = codec.Decode(sum);
        for (int i = 0; i < Length; i++)
        {
            decimal error = (decimal)Math.ScaleB(decoded[i], scaleBits) - exact[i];
            Assert.InRange((double)Math.Abs(error), 0, Math.ScaleB(codec.ErrorBound, scaleBits) * (1 + 1e-9));
        }
    }

    [Theory]
    [InlineData(2, 1, 0.125)]
    [InlineData(2, 4, 0.5)]
    [InlineData(0, 3, 1.5)]
    public void The_error_bound_is_half_a_grid_unit_per_addend(int scaleBits, int addends, double bound)
    {
        Assert.Equal(bound, new FixedPoint(scaleBits, addends).ErrorBound);
    }

    [Fact]
    public void The_error_bound_is_reached()
    {
        FixedPoint codec = new(scaleBits: 0, addends: 2);
        ulong[] first = new ulong[1];
        ulong[] second = new ulong[1];

        codec.Encode([0.5], first);
        codec.Encode([2.5], second);

        Assert.Equal(3 - codec.ErrorBound, codec.Decode([first[0] + second[0]])[0]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(20, 3)]
    [InlineData(32, 1000)]
    [InlineData(61, 2)]
    public void The_largest_accepted_values_do_not_wrap_their_sum(int scaleBits, int addends)
    {
        FixedPoint codec = new(scaleBits, addends);
        double largest = Math.BitDecrement(Math.ScaleB(1, 62 - scaleBits) / addends);
        ulong[] words = new ulong[2];

        codec.Encode([largest, -largest], words);

        Int128 positive = (Int128)unchecked((long)words[0]) * addends;
        Int128 negative = (Int128)unchecked((long)words[1]) * addends;
        Assert.InRange(positive, Int128.Zero, long.MaxValue);
        Assert.InRange(negative, long.MinValue, Int128.Zero);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.MaxValue)]
    [InlineData(4611686018427387904.0 / 4 / 4)]
    [InlineData(-4611686018427387904.0 / 4 / 4)]
    public void A_value_that_cannot_be_summed_is_refused_by_its_index_and_nothing_is_written(double value)
    {
        FixedPoint codec = new(scaleBits: 2, addends: 4);
        ulong[] words = [7, 7, 7];

        QuantisationException refusal = Assert.Throws<QuantisationException>(
            () => codec.Encode([1, 2, value], words));

        Assert.Equal(2, refusal.Index);
        Assert.Equal([7ul, 7ul, 7ul], words);
    }

    [Fact]
    public void Lengths_must_match()
    {
        Assert.Throws<ArgumentException>(() => new FixedPoint(2, 1).Encode([1.0, 2.0], new ulong[1]));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(62, 1)]
    [InlineData(8, 0)]
    public void A_grid_that_cannot_hold_a_sum_is_refused(int scaleBits, int addends)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPoint(scaleBits, addends));
    }
}
