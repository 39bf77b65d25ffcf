using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Accounting;

// Goal: no digit is lost near zero. Method: values of 40-digit arithmetic (Python: mpmath.expm1, mpmath.log1p).
public sealed class NearOneTests
{
    [Theory]
    [InlineData(1e-20, 1e-20)]
    [InlineData(1e-10, 1.00000000005e-10)]
    [InlineData(-1e-10, -9.9999999995e-11)]
    [InlineData(0.001, 1.0005001667083417e-3)]
    [InlineData(1, 1.7182818284590453)]
    [InlineData(-40, -1)]
    [InlineData(0, 0)]
    public void A_power_less_one_keeps_its_digits(double x, double expected) =>
        Assert.Equal(expected, NearOne.ExpMinusOne(x), 1e-15 * Math.Abs(expected));

    [Theory]
    [InlineData(1e-20, 1e-20)]
    [InlineData(1e-10, 9.9999999995e-11)]
    [InlineData(-1e-10, -1.00000000005e-10)]
    [InlineData(0.001, 9.995003330835332e-4)]
    [InlineData(1, 0.6931471805599453)]
    [InlineData(0, 0)]
    public void A_logarithm_of_one_and_more_keeps_its_digits(double x, double expected) =>
        Assert.Equal(expected, NearOne.LogOnePlus(x), 1e-15 * Math.Abs(expected));

    [Fact]
    public void The_ends_are_infinite()
    {
        Assert.Equal(double.PositiveInfinity, NearOne.ExpMinusOne(1000));
        Assert.Equal(-1, NearOne.ExpMinusOne(double.NegativeInfinity));
        Assert.Equal(double.NegativeInfinity, NearOne.LogOnePlus(-1));
        Assert.Equal(double.PositiveInfinity, NearOne.LogOnePlus(double.PositiveInfinity));
    }
}
