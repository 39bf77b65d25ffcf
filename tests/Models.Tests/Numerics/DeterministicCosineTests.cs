using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Numerics;

// Goal: the cosine is right to the last bits over its whole range. Method: mpmath at 60 digits, mp.nstr(mp.cos(x), 20),
// among them arguments next to a zero; then a sweep against the machine's own cosine.
public sealed class DeterministicCosineTests
{
    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(0.5, 0.87758256189037271612)]
    [InlineData(1.5707963267948966, 6.1232339957367658861e-17)]
    [InlineData(2.25, -0.62817362272273908891)]
    [InlineData(-3.0, -0.98999249660044545727)]
    [InlineData(100.0, 0.8623188722876839341)]
    [InlineData(12345.678, 0.71011935871606277365)]
    [InlineData(1048575.5, 0.98671663991346581877)]
    [InlineData(-0.785398163397448, 0.70710678118654778156)]
    [InlineData(4.71238898038469, -1.8369701987210297658e-16)]
    public void Values_agree_with_sixty_digits(double x, double expected) =>
        Assert.Equal(expected, DeterministicCosine.Cos(x), 4.5e-16 * Math.Abs(expected));

    [Fact]
    public void A_sweep_agrees_with_the_machine_within_two_spacings_of_one()
    {
        PhiloxStream random = new(14, 0);
        for (int i = 0; i < 20_000; i++)
        {
            double x = (random.NextUnit() - 0.5) * (i % 2 == 0 ? 20 : 2 * DeterministicCosine.Limit);

            Assert.Equal(Math.Cos(x), DeterministicCosine.Cos(x), 4.5e-16);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-2e6)]
    public void Arguments_beyond_the_limit_are_refused(double x) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DeterministicCosine.Cos(x));
}
