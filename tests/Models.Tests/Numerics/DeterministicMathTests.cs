using System.Numerics;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Numerics;

// Goal: the functions are exact to 2 ulp and have the stated values at the ends. Method: 5 000 arguments per function
// against arithmetic of 400 bits, and correctly rounded values of mpmath 1.2 (mp.prec = 400), which share no code with
// it.
public sealed class DeterministicMathTests
{
    private const int Arguments = 5_000;

    [Fact]
    public void Exp_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Exp, FixedPoint.Exp, random => Uniform(random, -160, 700));

    [Fact]
    public void Exp_near_zero_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Exp, FixedPoint.Exp, random => Uniform(random, -1, 1));

    [Fact]
    public void Log_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Log, FixedPoint.Log, random => Magnitude(random, -160, 1000));

    [Fact]
    public void Log_near_one_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Log, FixedPoint.Log, random => Uniform(random, 0.5, 2));

    [Fact]
    public void Log1p_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Log1p, FixedPoint.Log1p, random => Magnitude(random, -120, 200));

    [Fact]
    public void Log1p_near_zero_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Log1p, FixedPoint.Log1p, random => Uniform(random, -0.999, 2));

    [Fact]
    public void Tanh_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Tanh, FixedPoint.Tanh, random => Uniform(random, -3, 3));

    [Fact]
    public void Sigmoid_is_within_two_ulp() =>
        AssertUlps(2, DeterministicMath.Sigmoid, FixedPoint.Sigmoid, random => Uniform(random, -40, 40));

    [Theory]
    [InlineData(1.0, 2.718281828459045)]
    [InlineData(-0.1, 0.9048374180359595)]
    [InlineData(1e-10, 1.0000000001)]
    [InlineData(-37.5, 5.175555005801869e-17)]
    [InlineData(709.7, 1.6549840276802644e+308)]
    [InlineData(-700.0, 9.85967654375977e-305)]
    [InlineData(-745.0, 5e-324)]
    [InlineData(0.0, 1.0)]
    [InlineData(-746.0, 0.0)]
    [InlineData(709.8, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, 0.0)]
    [InlineData(double.NaN, double.NaN)]
    public void Exp_has_the_values_of_mpmath(double x, double expected) =>
        Assert.Equal(expected, DeterministicMath.Exp(x), TwoUlp(expected));

    [Theory]
    [InlineData(0.1, -2.3025850929940455)]
    [InlineData(1.0000001, 9.999999505838704e-08)]
    [InlineData(1e-300, -690.7755278982137)]
    [InlineData(5e-324, -744.4400719213812)]
    [InlineData(1.7e308, 709.7268368932282)]
    [InlineData(1.0, 0.0)]
    [InlineData(0.0, double.NegativeInfinity)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(-1.0, double.NaN)]
    public void Log_has_the_values_of_mpmath(double x, double expected) =>
        Assert.Equal(expected, DeterministicMath.Log(x), TwoUlp(expected));

    [Theory]
    [InlineData(1e-20, 1e-20)]
    [InlineData(1e-5, 9.999950000333332e-06)]
    [InlineData(0.9, 0.6418538861723948)]
    [InlineData(-0.999999, -13.815510557935518)]
    [InlineData(1e300, 690.7755278982137)]
    [InlineData(0.0, 0.0)]
    [InlineData(-1.0, double.NegativeInfinity)]
    [InlineData(-1.5, double.NaN)]
    public void Log1p_has_the_values_of_mpmath(double x, double expected) =>
        Assert.Equal(expected, DeterministicMath.Log1p(x), TwoUlp(expected));

    [Theory]
    [InlineData(1e-9, 1e-9)]
    [InlineData(0.624, 0.5539069192039145)]
    [InlineData(0.626, 0.5552917574641913)]
    [InlineData(-3.0, -0.9950547536867305)]
    [InlineData(25.0, 1.0)]
    [InlineData(double.NegativeInfinity, -1.0)]
    public void Tanh_has_the_values_of_mpmath(double x, double expected) =>
        Assert.Equal(expected, DeterministicMath.Tanh(x), TwoUlp(expected));

    [Theory]
    [InlineData(1e4, 1, 0)]
    [InlineData(1e4, 0, 1e4)]
    [InlineData(-1e4, 1, 1e4)]
    [InlineData(-1e4, 0, 0)]
    [InlineData(0, 1, 0.6931471805599453)]
    public void Log_loss_is_finite_at_every_margin(double margin, double label, double expected) =>
        Assert.Equal(expected, DeterministicMath.LogLoss(margin, label), TwoUlp(expected));

    [Theory]
    [InlineData(1.5)]
    [InlineData(-4.0)]
    public void Log_loss_is_the_negative_log_of_the_sigmoid(double margin)
    {
        Assert.Equal(-Math.Log(DeterministicMath.Sigmoid(margin)), DeterministicMath.LogLoss(margin, 1), 1e-14);
        Assert.Equal(-Math.Log(DeterministicMath.Sigmoid(-margin)), DeterministicMath.LogLoss(margin, 0), 1e-14);
    }

    private static void AssertUlps(
        double limit,
        Func<double, double> function,
        Func<BigInteger, BigInteger> reference,
        Func<PhiloxStream, double> draw)
    {
        PhiloxStream random = new(seed: 2026, stream: 0);
        double worst = 0;
        for (int i = 0; i < Arguments; i++)
        {
            double x = draw(random);
            worst = Math.Max(worst, FixedPoint.UlpsBetween(function(x), reference(FixedPoint.Of(x))));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"worst error {worst:F3} ulp"));
        Assert.InRange(worst, 0, limit);
    }

    private static double Uniform(PhiloxStream random, double from, double to) =>
        from + ((to - from) * random.NextUnit());

    private static double Magnitude(PhiloxStream random, int fromExponent, int toExponent) =>
        (1 + random.NextUnit()) * Math.Pow(2, fromExponent + random.NextBelow(toExponent - fromExponent));

    private static double TwoUlp(double value) =>
        double.IsFinite(value) ? 2 * (Math.BitIncrement(Math.Abs(value)) - Math.Abs(value)) : 0;
}
