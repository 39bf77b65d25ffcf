using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: no gradient of floats, whatever it holds, moves the sum by more than C grid units, and one within the bound
// counts in full. Method: gradients worked out by hand, then seeded and adversarial ones whose norm is checked in
// unbounded integers; lengths around those of the vectors.
public sealed class GradientClippingTests
{
    private const long Clip = GradientClipping.LargestClip;

    [Fact]
    public void A_gradient_within_the_bound_is_truncated_to_the_grid()
    {
        long[] sum = [100, 100, 100];

        ClipOutcome outcome = new GradientClipping(clipGrid: 10, unitsPerGrid: 0.5).AddClipped([1f, -1.3f, 0.4f], sum);

        Assert.Equal(ClipOutcome.Kept, outcome);
        Assert.Equal([102L, 98L, 100L], sum);
    }

    [Fact]
    public void A_longer_gradient_keeps_its_direction()
    {
        long[] sum = new long[2];

        // (30, −40) has norm 50, the bound is 5 in real units: a tenth of it is (3, −4), six and eight grid units.
        ClipOutcome outcome = new GradientClipping(clipGrid: 10, unitsPerGrid: 0.5).AddClipped([30f, -40f], sum);

        Assert.Equal(ClipOutcome.Clipped, outcome);
        Assert.InRange(sum[0], 5, 6);
        Assert.InRange(sum[1], -8, -7);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_gradient_that_is_not_finite_counts_as_zero_and_is_reported(float value)
    {
        foreach (int place in (int[])[0, 15, 16, 40])
        {
            float[] gradient = new float[41];
            gradient[place] = value;
            gradient[20] = 1;
            long[] sum = [.. Enumerable.Repeat(7L, 41)];

            Assert.Equal(ClipOutcome.NotFinite, new GradientClipping(Clip, 1e-8).AddClipped(gradient, sum));
            Assert.All(sum, entry => Assert.Equal(7, entry));
        }
    }

    [Fact]
    public void Zero_and_nothing_are_kept()
    {
        GradientClipping clipping = new(Clip, 1e-8);

        Assert.Equal(ClipOutcome.Kept, clipping.AddClipped([0f, -0f], new long[2]));
        Assert.Equal(ClipOutcome.Kept, clipping.AddClipped([], []));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(11, 5)]
    [InlineData(33, 1L << 26)]
    [InlineData(1000, 1L << 20)]
    [InlineData(5000, 1L << 26)]
    [InlineData(300_000, 1L << 26)]
    public void The_integer_norm_never_exceeds_the_bound(int length, long clipGrid)
    {
        using SeededRandomBits bits = new(SHA256.HashData([2]), nameof(GradientClippingTests));
        GradientClipping clipping = new(clipGrid, 1.0 / clipGrid);
        int gradients = length > 10_000 ? 3 : 60;
        for (int i = 0; i < gradients; i++)
        {
            // Norms from far below to far above one, equal entries and unequal ones.
            float magnitude = MathF.ScaleB(1, (int)bits.Below(40) - 20);
            ulong kinds = 1UL << (int)bits.Below(20);
            float[] gradient = new float[length];
            double square = 0;
            for (int j = 0; j < length; j++)
            {
                gradient[j] = magnitude * ((1 + bits.Below(kinds)) / (float)kinds) * (bits.Below(2) == 0 ? 1 : -1);
                square += (double)gradient[j] * gradient[j];
            }

            long[] sum = new long[length];
            ClipOutcome outcome = clipping.AddClipped(gradient, sum);

            double norm = Math.Sqrt(square);
            BigInteger squareGrid = Square(sum);
            Assert.True(squareGrid <= (BigInteger)clipGrid * clipGrid);
            Assert.True(norm > 1.0001 ? outcome == ClipOutcome.Clipped : norm >= 0.99 || outcome == ClipOutcome.Kept);

            // At most one unit per entry is lost, and what the bound on the norm is above the norm.
            double kept = Math.Sqrt((double)squareGrid);
            Assert.InRange(kept, ((Math.Min(norm, 1) * (1 - 1e-3)) * clipGrid) - (2 * Math.Sqrt(length)), clipGrid);
        }
    }

    [Theory]
    [InlineData(float.Epsilon)]
    [InlineData(1e-38f)]
    [InlineData(float.MaxValue)]
    public void The_ends_of_the_floats_are_bounded(float value)
    {
        foreach (double units in (double[])[1e-30, 1e-8, 1e30])
        {
            long[] sum = new long[100];

            new GradientClipping(Clip, units).AddClipped([.. Enumerable.Repeat(value, 100)], sum);

            Assert.True(Square(sum) <= (BigInteger)Clip * Clip);
            Assert.Equal(value / units > Clip / 10, sum[0] > Clip / 11);
        }
    }

    [Fact]
    public void A_gradient_of_exactly_the_bound_is_bounded()
    {
        float[] gradient = [0.6f, 0.8f, MathF.ScaleB(1, -13)];
        long[] sum = new long[3];

        new GradientClipping(Clip, 1.0 / Clip).AddClipped(gradient, sum);

        Assert.True(Square(sum) <= (BigInteger)Clip * Clip);
        Assert.InRange(sum[1], (long)(0.79999 * Clip), (long)(0.80001 * Clip));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradientClipping(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradientClipping(Clip + 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradientClipping(1, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradientClipping(1, 1e-31));
        Assert.Throws<ArgumentException>(() => new GradientClipping(1, 1).AddClipped([1f], new long[2]));
    }

    private static BigInteger Square(long[] sum)
    {
        BigInteger square = 0;
        foreach (long entry in sum)
        {
            square += (BigInteger)entry * entry;
        }

        return square;
    }
}
