using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: no patient, whatever the record holds, moves the sum by more than C grid units, and one within the bound counts
// in full. Method: contributions worked out by hand, then seeded and adversarial vectors whose norm is checked in
// unbounded integers.
public sealed class PatientClippingTests
{
    private const long Clip = 1L << 30;
    private static readonly double Units = Math.ScaleB(1, -30);

    [Fact]
    public void A_vector_within_the_bound_is_truncated_to_the_grid()
    {
        PatientClipping clipping = new(clipGrid: 10, unitsPerGrid: 0.5);
        long[] sum = [100, 100, 100];

        ClipOutcome outcome = clipping.AddClipped([1.0, -1.3, 0.4], sum);

        Assert.Equal(ClipOutcome.Kept, outcome);
        Assert.Equal([102L, 98L, 100L], sum);
    }

    [Fact]
    public void A_longer_vector_keeps_its_direction()
    {
        PatientClipping clipping = new(clipGrid: 10, unitsPerGrid: 0.5);
        long[] sum = new long[2];

        // (30, −40) has norm 50, the bound is 5 in real units: a tenth of it is (3, −4), six and eight grid units.
        ClipOutcome outcome = clipping.AddClipped([30.0, -40.0], sum);

        Assert.Equal(ClipOutcome.Clipped, outcome);
        Assert.InRange(sum[0], 5, 6);
        Assert.InRange(sum[1], -8, -7);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_vector_that_is_not_finite_counts_as_zero_and_is_reported(double value)
    {
        long[] sum = [1, 2, 3];

        ClipOutcome outcome = new PatientClipping(Clip, Units).AddClipped([0.5, 0.5, value], sum);

        Assert.Equal(ClipOutcome.NotFinite, outcome);
        Assert.Equal([1L, 2L, 3L], sum);
    }

    [Fact]
    public void Zero_and_nothing_are_kept()
    {
        PatientClipping clipping = new(Clip, Units);

        Assert.Equal(ClipOutcome.Kept, clipping.AddClipped([0.0, -0.0], new long[2]));
        Assert.Equal(ClipOutcome.Kept, clipping.AddClipped([], []));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(11, 5)]
    [InlineData(1000, 1L << 20)]
    [InlineData(1000, 1L << 52)]
    [InlineData(30_000, 1L << 40)]
    [InlineData(300_000, 1L << 52)]
    public void The_integer_norm_never_exceeds_the_bound(int length, long clipGrid)
    {
        PatientClipping clipping = new(clipGrid, Math.ScaleB(1, -20));
        using SeededRandomBits bits = new(SHA256.HashData([1]), nameof(PatientClippingTests));
        int vectors = length > 10_000 ? 2 : 30;
        for (int i = 0; i < vectors; i++)
        {
            // Magnitudes from far below to far above the bound, equal and unequal entries.
            double magnitude = Math.ScaleB(clipGrid, (int)bits.Below(60) - 50);
            double[] gradient = [.. Enumerable.Range(0, length)
                .Select(_ => magnitude * (((bits.NextUInt64() >> 11) * Math.ScaleB(1, -52)) - 1))];

            AssertBounded(clipping, gradient);
        }
    }

    [Theory]
    [InlineData(1e300)]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    [InlineData(2.2250738585072014e-308)]
    [InlineData(1.0)]
    [InlineData(0.1)]
    public void Equal_entries_of_any_size_and_number_stay_within_the_bound(double value)
    {
        foreach (int length in (int[])[1, 2, 3, 7, 1000, 4099])
        {
            foreach (long clipGrid in (long[])[1, 3, Clip, 1L << 52])
            {
                double[] gradient = [.. Enumerable.Repeat(value, length)];
                AssertBounded(new PatientClipping(clipGrid, Units), gradient);
                AssertBounded(new PatientClipping(clipGrid, unitsPerGrid: 1e-300), gradient);
                AssertBounded(new PatientClipping(clipGrid, unitsPerGrid: 1e300), gradient);
            }
        }
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.9999999)]
    public void Entries_that_rounding_loses_from_the_norm_are_caught_in_integers(double first)
    {
        // The square of 1e-8 is below half a unit in the last place of 1: a sum in doubles misses all 100 000 of them,
        // and the vector would exceed the bound by thousands of grid units.
        PatientClipping clipping = new(1L << 52, Math.ScaleB(first, -52));
        double[] gradient = [first, .. Enumerable.Repeat(1e-8, 100_000)];

        Assert.Equal(ClipOutcome.Clipped, clipping.AddClipped(gradient, new long[gradient.Length]));
        AssertBounded(clipping, gradient);
    }

    [Fact]
    public void One_huge_entry_among_tiny_ones_takes_the_whole_bound()
    {
        long[] sum = new long[3];

        ClipOutcome outcome = new PatientClipping(Clip, Units).AddClipped([1e-310, 1e300, -1e-5], sum);

        Assert.Equal(ClipOutcome.Clipped, outcome);
        Assert.Equal([0, Clip, 0], sum);
    }

    [Fact]
    public void Clipping_gives_away_hardly_any_of_the_bound()
    {
        long[] sum = new long[1000];
        double[] gradient = [.. Enumerable.Range(1, 1000).Select(i => Math.Sin(i) * 1e6)];

        new PatientClipping(Clip, Units).AddClipped(gradient, sum);

        // Truncation loses less than one grid unit per coordinate, √1000 in all.
        Assert.InRange(Math.Sqrt(sum.Sum(x => (double)x * x)), Clip - 32, Clip);
    }

    [Fact]
    public void A_sum_that_overflows_throws_instead_of_wrapping()
    {
        long[] sum = [long.MaxValue];

        Assert.Throws<OverflowException>(() => new PatientClipping(Clip, Units).AddClipped([0.5], sum));
    }

    [Fact]
    public void Lengths_must_match()
    {
        Assert.Throws<ArgumentException>(() => new PatientClipping(Clip, Units).AddClipped([1.0], new long[2]));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData((1L << 52) + 1, 1)]
    [InlineData(1, 0)]
    [InlineData(1, -1)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.PositiveInfinity)]
    [InlineData(1, 1e-320)]
    public void A_bound_or_grid_without_a_meaning_is_refused(long clipGrid, double unitsPerGrid)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PatientClipping(clipGrid, unitsPerGrid));
    }

    private static void AssertBounded(PatientClipping clipping, double[] gradient)
    {
        long[] sum = new long[gradient.Length];
        ClipOutcome outcome = clipping.AddClipped(gradient, sum);

        BigInteger squaredNorm = BigInteger.Zero;
        foreach (long entry in sum)
        {
            squaredNorm += (BigInteger)entry * entry;
        }

        Assert.NotEqual(ClipOutcome.NotFinite, outcome);
        Assert.True(
            squaredNorm <= (BigInteger)clipping.ClipGrid * clipping.ClipGrid,
            $"Norm² {squaredNorm} of {gradient.Length} entries exceeds {clipping.ClipGrid}².");
    }
}
