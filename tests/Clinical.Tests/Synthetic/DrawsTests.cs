using DigitalTwin.Clinical.Synthetic;

namespace DigitalTwin.Clinical.Tests.Synthetic;

/// <summary>The draws behind invented patients have the distributions they are named after.</summary>
public sealed class DrawsTests
{
    // python3 -c "from math import erf, sqrt; [print(z, .5*(1+erf(z/sqrt(2)))) for z in (-6, -2.5, -1, -.1, 0, 1)]"
    [Theory]
    [InlineData(-6, 9.865876e-10)]
    [InlineData(-2.5, 0.006209665325776159)]
    [InlineData(-1, 0.15865525393145707)]
    [InlineData(-0.1, 0.460172162722971)]
    [InlineData(0, 0.5)]
    [InlineData(0.1, 0.539827837277029)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(2.5, 0.9937903346742238)]
    public void The_normal_share_agrees_with_the_error_function(double z, double share)
    {
        Assert.Equal(share, Draws.NormalShare(z), 7.5e-8);
    }

    [Fact]
    public void Normal_draws_have_mean_zero_variance_one_and_the_tails_of_a_normal()
    {
        // 100,000 draws: the mean has an sd of 0.0032, the variance of 0.0045, the share beyond 2 one of 0.00066.
        // Five sd each leave one false alarm in 500,000; the stream is fixed.
        Draws draws = new(SplitMix.From(21));
        double[] values = [.. Enumerable.Range(0, 100_000).Select(_ => draws.Normal())];

        Assert.Equal(0, values.Average(), 0.016);
        Assert.Equal(1, values.Average(value => value * value), 0.0225);
        Assert.Equal(0.0455, values.Average(value => Math.Abs(value) > 2 ? 1.0 : 0.0), 0.0033);
    }

    [Theory]
    [InlineData(0ul, 0.0)]
    [InlineData(ulong.MaxValue, 0.99999999999999988897769753748)]
    [InlineData(1ul << 63, 0.5)]
    public void A_uniform_draw_is_below_one(ulong word, double value)
    {
        Assert.Equal(value, new Draws(() => word).Uniform());
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.19, 0)]
    [InlineData(0.2, 1)]
    [InlineData(0.69, 1)]
    [InlineData(0.71, 2)]
    [InlineData(1.0, 2)]
    public void A_position_falls_into_the_share_that_covers_it(double position, int index)
    {
        Assert.Equal(index, Draws.IndexOf([0.2, 0.5, 0.3], position));
    }

    [Fact]
    public void The_extreme_words_of_a_stream_give_finite_patients()
    {
        foreach (ulong word in (ulong[])[0, ulong.MaxValue])
        {
            string csv = SyntheticHospitals.Draw(HospitalMarginals.South, 1, () => word).ToCsv();

            Assert.DoesNotContain("NaN", csv, StringComparison.Ordinal);
            Assert.DoesNotContain("∞", csv, StringComparison.Ordinal);
        }
    }
}
