using System.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: unbiased rounding whose result never exceeds the norm bound. Method: played bits at exact thresholds; seeded
// draws check frequencies, the bound in unbounded integers and the stated rate of repeats.
public sealed class ConditionalRoundingTests
{
    private const double Beta = CompactParameters.DefaultBeta;
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];
    private static readonly UInt128 NoBound = UInt128.MaxValue;

    [Theory]
    [InlineData(0.0, 0, 0)]
    [InlineData(3.0, 0, 3)]
    [InlineData(-3.0, 0, -3)]
    [InlineData(2.5, 0x7FFF, 3)]
    [InlineData(2.5, 0x8000, 2)]
    [InlineData(-2.5, 0x7FFF, -3)]
    [InlineData(-2.5, 0x8000, -2)]
    [InlineData(0.25, 0x3FFF, 1)]
    [InlineData(0.25, 0x4000, 0)]
    [InlineData(1125899906842623.875, 0xDFFF, 1125899906842624)]
    [InlineData(1125899906842623.875, 0xE000, 1125899906842623)]
    public void Sixteen_bits_below_the_fraction_round_away_from_zero(double value, int drawn, long expected)
    {
        // The further bits, drawn where the first sixteen equal the fraction's, are all ones: never below.
        PlayedBits bits = new([(byte)(drawn & 255), (byte)(drawn >> 8), 255, 255, 255, 255, 255, 255, 255, 255]);
        long[] rounded = new long[1];

        new ConditionalRounding(NoBound, Beta).Round([value], bits, rounded);

        Assert.Equal([expected], rounded);
    }

    [Theory]
    [InlineData(0x1234_5678_9ABC_D000ul)]
    [InlineData(0x0000_0000_0000_0800ul)]
    [InlineData(0xFFFF_FFFF_FFFF_F800ul)]
    public void All_bits_of_a_fraction_take_part(ulong fraction)
    {
        // The fraction has 53 significant bits: exact as a double, and rounding up takes exactly the 64-bit integers
        // below.
        double value = Math.ScaleB((double)fraction, -64);
        ConditionalRounding rounding = new(NoBound, Beta);
        long[] rounded = new long[1];

        rounding.Round([value], Uniform(fraction - 1), rounded);
        Assert.Equal([1L], rounded);

        rounding.Round([value], Uniform(fraction), rounded);
        Assert.Equal([0L], rounded);
    }

    [Theory]
    [InlineData(0.0001)]
    [InlineData(0.3)]
    [InlineData(-7.5)]
    [InlineData(1000.999)]
    public void The_mean_of_many_roundings_is_the_value(double value)
    {
        const int Draws = 200_000;
        double[] values = [.. Enumerable.Repeat(value, Draws)];
        long[] rounded = new long[Draws];
        using SeededRandomBits bits = new(Key, "mean");

        new ConditionalRounding(NoBound, Beta).Round(values, bits, rounded);

        // Hoeffding: beyond t/√n with probability at most 2·exp(−2t²), 6e-7 at t = 2.74.
        double mean = rounded.Average();
        Assert.InRange(mean, value - (2.74 / Math.Sqrt(Draws)), value + (2.74 / Math.Sqrt(Draws)));
        Assert.All(rounded, integer => Assert.InRange(Math.Abs(integer - value), 0, 1));
    }

    [Theory]
    [InlineData(1, 0.3, 0.5)]
    [InlineData(16, 2, 0.5)]
    [InlineData(1024, 100, 0.5)]
    [InlineData(1024, 100, 1e-9)]
    [InlineData(8192, 4e9, 1e-9)]
    public void Every_result_keeps_the_bound_and_repeats_are_as_rare_as_stated(int dimension, double norm, double beta)
    {
        const int Vectors = 60;
        UInt128 bound = ConditionalRounding.SquaredBoundFor(norm, dimension, beta);
        ConditionalRounding rounding = new(bound, beta);
        using SeededRandomBits bits = new(Key, "bound");
        int draws = 0;
        for (int vector = 0; vector < Vectors; vector++)
        {
            // Equal magnitudes, which round with the largest variance a norm allows or near it.
            double[] values = new double[dimension];
            Array.Fill(values, norm / Math.Sqrt(dimension) * (1 - 1e-12));
            long[] rounded = new long[dimension];
            draws += rounding.Round(values, bits, rounded);

            BigInteger squares = rounded.Aggregate(BigInteger.Zero, (sum, x) => sum + ((BigInteger)x * x));
            Assert.InRange(squares, BigInteger.Zero, (BigInteger)bound);
        }

        // β = 1e-9: a repeat at all has probability below 60·β. β = ½: more than 186 draws mean fewer than 60 successes
        // in 186 throws of probability ½ or more, 4.8 standard deviations below the mean, probability below 7e-7.
        Assert.InRange(draws, Vectors, beta < 0.1 ? Vectors : 186);
    }

    [Fact]
    public void A_bound_that_often_fails_is_kept_by_drawing_again()
    {
        // Four halves: Σ x² counts the ones. At most two of them, probability 11/16.
        ConditionalRounding rounding = new(2, 0.5);
        using SeededRandomBits bits = new(Key, "again");
        int draws = 0;
        int[] counts = new int[3];
        for (int i = 0; i < 11_000; i++)
        {
            long[] rounded = new long[4];
            draws += rounding.Round([0.5, -0.5, 0.5, 0.5], bits, rounded);
            counts[rounded.Sum(Math.Abs)]++;
        }

        // Mean 16000, standard deviation √(11000·(5/16))·16/11 = 85; five of them: 6e-7. Counts are 1 : 4 : 6 of eleven
        // parts, standard deviations at most 52, five of them again.
        Assert.InRange(draws, 16_000 - 425, 16_000 + 425);
        Assert.InRange(counts[0], 1000 - 155, 1000 + 155);
        Assert.InRange(counts[1], 4000 - 260, 4000 + 260);
        Assert.InRange(counts[2], 6000 - 265, 6000 + 265);
    }

    [Fact]
    public void A_vector_longer_than_the_bound_is_given_up_and_wiped()
    {
        ConditionalRounding rounding = new(99, 0.5);
        using SeededRandomBits bits = new(Key, "too long");
        long[] rounded = new long[1];

        Assert.Equal(128, rounding.MaximumDraws);
        Assert.Throws<InvalidOperationException>(() => rounding.Round([10.0], bits, rounded));
        Assert.Equal([0L], rounded);
    }

    [Fact]
    public void Values_without_an_exact_fraction_are_refused_before_anything_is_drawn()
    {
        ConditionalRounding rounding = new(NoBound, 0.5);
        PlayedBits none = new([]);
        foreach (double value in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1L << 50])
        {
            long[] rounded = [7, 7];
            QuantisationException refusal = Assert.Throws<QuantisationException>(
                () => rounding.Round([1, value], none, rounded));
            Assert.Equal(1, refusal.Index);
            Assert.Equal([7L, 7L], rounded);
        }

        Assert.Throws<ArgumentException>(() => rounding.Round([1, 2], none, new long[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConditionalRounding(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConditionalRounding(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConditionalRounding.SquaredBoundFor(-1, 1, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConditionalRounding.SquaredBoundFor(double.NaN, 1, 0.5));
    }

    private static PlayedBits Uniform(ulong bits)
    {
        byte[] first = [(byte)((bits >> 48) & 255), (byte)(bits >> 56)];
        byte[] further = BitConverter.GetBytes(bits << 16);
        return new PlayedBits([.. first, .. further]);
    }

    /// <summary>Hands out the given bytes, then fails.</summary>
    private sealed class PlayedBits(byte[] bytes) : RandomBits
    {
        private int _used;

        public override void Fill(Span<byte> destination)
        {
            bytes.AsSpan(_used, destination.Length).CopyTo(destination);
            _used += destination.Length;
        }
    }
}
