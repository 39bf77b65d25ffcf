using DigitalTwin.Cli.Reporting;
using DigitalTwin.Cli.Reporting.Plots;

namespace DigitalTwin.Cli.Tests.Reporting;

// Goal: a printed figure never flatters. Method: values at the borders of every unit, and just above a round number.
public sealed class FiguresTests
{
    [Theory]
    [InlineData(1.0, "1")]
    [InlineData(0.99996, "1")]
    [InlineData(1.00001, "1.0001")]
    [InlineData(0.12341, "0.1235")]
    [InlineData(0.001, "0.001")]
    [InlineData(1e-5, "1e-5")]
    [InlineData(1.2341e-5, "1.24e-5")]
    [InlineData(0.0, "0")]
    [InlineData(8.25, "8.25")]
    public void Privacy_parameters_are_rounded_up(double value, string text)
    {
        Assert.Equal(text, Figures.Privacy(value));
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1_000, "1.0 kB")]
    [InlineData(1_250_000, "1.3 MB")]
    [InlineData(2_500_000_000, "2.50 GB")]
    public void Bytes_have_a_decimal_unit(long bytes, string text)
    {
        Assert.Equal(text, Figures.Bytes(bytes));
    }

    [Fact]
    public void What_is_undefined_is_a_dash()
    {
        Assert.Equal("–", Figures.Score(null));
        Assert.Equal("–", Figures.Privacy(null));
        Assert.Equal("–", Figures.Parameter(null));
    }

    [Theory]
    [InlineData(0.0, 1.0, 5, 0.2)]
    [InlineData(0.4446, 0.6191, 4, 0.05)]
    [InlineData(0.0, 7523.0, 4, 2000.0)]
    [InlineData(0.693, 0.693, 4, 0.05)]
    [InlineData(0.0, 0.0, 4, 0.5)]
    public void Ticks_are_round_numbers_that_cover_the_range(double low, double high, int intervals, double step)
    {
        double[] ticks = Scale.NiceTicks(low, high, intervals);

        Assert.True(ticks[0] <= low);
        Assert.True(ticks[^1] >= high);
        Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.Equal(step, pair.Second - pair.First, 1e-9));
    }

    // Python: the roots q of (p - q)**2 == z*z*q*(1 - q)/n with z = 1.959963984540054, by the quadratic formula.
    [Theory]
    [InlineData(0.0, 10, 0.0, 0.2775)]
    [InlineData(0.5, 10, 0.2366, 0.7634)]
    [InlineData(1.0, 3, 0.4385, 1.0)]
    public void Wilson_intervals_are_the_roots_of_the_score_test(double share, int count, double low, double high)
    {
        (double from, double to) = ProportionInterval.Wilson(share, count);

        Assert.Equal(low, from, 1e-4);
        Assert.Equal(high, to, 1e-4);
    }
}
