using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: erfcx to 1e-15, on both sides of every change of approximation. Method: values of another implementation at
// 60 digits, and the one-line relation to erfc where that does not underflow.
public sealed class ScaledErfcTests
{
    // Python: mpmath.mp.dps = 60; exp(x*x)*erfc(x), from 1e4 on the asymptotic series 1/(x√π)·(1 − 1/2x² + 3/4x⁴ − …)
    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(1e-300, 1.0)]
    [InlineData(1e-12, 9.9999999999887162e-1)]
    [InlineData(0.001, 9.9887262008115141e-1)]
    [InlineData(0.1, 8.9645697996912664e-1)]
    [InlineData(0.25, 7.7034654773099674e-1)]
    [InlineData(0.4, 6.7078778529476151e-1)]
    [InlineData(0.46874, 6.3207504742598126e-1)]
    [InlineData(0.46875, 6.3206968924955608e-1)]
    [InlineData(0.4687500000000001, 6.3206968924955602e-1)]
    [InlineData(0.47, 6.3140051666003432e-1)]
    [InlineData(0.5, 6.1569034419292587e-1)]
    [InlineData(0.6, 5.6780471738658696e-1)]
    [InlineData(0.75, 5.0693765029314481e-1)]
    [InlineData(0.9, 4.5653165132311703e-1)]
    [InlineData(1, 4.27583576155807e-1)]
    [InlineData(1.25, 3.6782291645236109e-1)]
    [InlineData(1.5, 3.215854164543175e-1)]
    [InlineData(1.75, 2.8497223473743639e-1)]
    [InlineData(2, 2.5539567631050574e-1)]
    [InlineData(2.25, 2.3108725873039187e-1)]
    [InlineData(2.5, 2.1080636406114358e-1)]
    [InlineData(3, 1.7900115118138995e-1)]
    [InlineData(3.25, 1.6633534842682188e-1)]
    [InlineData(3.5, 1.552936556088943e-1)]
    [InlineData(3.999, 1.3703184859827121e-1)]
    [InlineData(4, 1.3699945762506139e-1)]
    [InlineData(4.000000000000001, 1.3699945762506136e-1)]
    [InlineData(4.25, 1.2934527478598791e-1)]
    [InlineData(5, 1.1070463773306863e-1)]
    [InlineData(6, 9.2776567800538354e-2)]
    [InlineData(8, 6.9985166200880928e-2)]
    [InlineData(10, 5.6140992743822586e-2)]
    [InlineData(15, 3.7529606388505766e-2)]
    [InlineData(20, 2.8174348741051319e-2)]
    [InlineData(26.5, 2.1275046685371106e-2)]
    [InlineData(50, 1.1281536265323773e-2)]
    [InlineData(100, 5.6416137829894329e-3)]
    [InlineData(1000, 5.6418930145338765e-4)]
    [InlineData(100000.0, 5.6418958351954681e-6)]
    [InlineData(10000000.0, 5.6418958354775347e-8)]
    [InlineData(67000000.0, 8.4207400529515854e-9)]
    [InlineData(67200000.0, 8.3956783266035152e-9)]
    [InlineData(10000000000.0, 5.6418958354775629e-11)]
    [InlineData(1e+150, 5.641895835477563e-151)]
    [InlineData(1e+300, 5.6418958354775626e-301)]
    public void Values_agree_with_sixty_digit_arithmetic(double x, double expected)
    {
        Assert.InRange((ScaledErfc.Of(x) - expected) / expected, -1e-15, 1e-15);
    }

    [Fact]
    public void It_falls_from_one_to_zero()
    {
        double last = 1;
        for (double x = 1e-3; x < 1e9; x *= 1.001)
        {
            double value = ScaledErfc.Of(x);
            Assert.InRange(value, double.Epsilon, last);
            last = value;
        }

        Assert.Equal(0, ScaledErfc.Of(double.PositiveInfinity));
    }

    [Fact]
    public void A_negative_argument_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ScaledErfc.Of(-1e-9));
    }
}
