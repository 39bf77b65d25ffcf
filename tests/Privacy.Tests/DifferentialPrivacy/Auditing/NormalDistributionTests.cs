using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Auditing;

// Goal: Φ and its inverse with all their digits, also far out. Method: values of scipy 1.10.1 and the round trip.
public sealed class NormalDistributionTests
{
    // /usr/bin/python3 -c "from scipy.stats import norm; print(repr(norm.ppf(1e-300)))" and so on.
    [Theory]
    [InlineData(1e-300, -37.0470962993612)]
    [InlineData(1e-10, -6.361340902404056)]
    [InlineData(0.001, -3.090232306167813)]
    [InlineData(0.3, -0.5244005127080409)]
    [InlineData(0.5, 0.0)]
    [InlineData(0.9, 1.2815515655446004)]
    [InlineData(0.999999999, 5.997807019601637)]
    public void Quantiles_agree_with_scipy(double probability, double expected)
    {
        Assert.Equal(expected, NormalDistribution.Quantile(probability), 1e-8 * Math.Max(1, Math.Abs(expected) / 10));
    }

    [Fact]
    public void Cdf_undoes_the_quantile()
    {
        for (double probability = 1e-290; probability < 0.4; probability *= 37)
        {
            double again = NormalDistribution.Cdf(NormalDistribution.Quantile(probability));

            Assert.InRange(again / probability, 1 - 1e-11, 1 + 1e-11);
        }
    }

    [Fact]
    public void The_ends_are_infinite_and_nothing_lies_beyond_them()
    {
        Assert.Equal(double.NegativeInfinity, NormalDistribution.Quantile(0));
        Assert.Equal(double.PositiveInfinity, NormalDistribution.Quantile(1));
        Assert.Equal(0, NormalDistribution.Cdf(double.NegativeInfinity));
        Assert.Equal(1, NormalDistribution.Cdf(double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => NormalDistribution.Quantile(-1e-9));
        Assert.Throws<ArgumentOutOfRangeException>(() => NormalDistribution.Quantile(double.NaN));
    }
}
