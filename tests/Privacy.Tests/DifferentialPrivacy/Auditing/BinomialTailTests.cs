using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Auditing;

// Goal: binomial tails and exact confidence bounds an audit can lean on. Method: sums of exact fractions on both
// sides of the mode and 44 decimal places down, bounds by scipy 1.10.1, and the ends of the ranges.
public sealed class BinomialTailTests
{
    // Python: p = Fraction(0.6); float(sum(comb(1000, j) * p**j * (1 - p)**(1000 - j) for j in range(650, 1001))), and
    // so on; 60 decimal digits for 20 000 trials.
    [Theory]
    [InlineData(10, 0.3, 5, 0.15026833259999997)]
    [InlineData(1000, 0.6, 650, 0.0006454991535237287)]
    [InlineData(20000, 0.9, 18200, 9.13320931690266e-07)]
    [InlineData(500, 0.5, 400, 8.298147376086966e-44)]
    public void Tails_agree_with_exact_sums(int trials, double success, int atLeast, double expected)
    {
        double tail = new BinomialTail(trials, success).AtLeast(atLeast);

        Assert.InRange(tail / expected, 1 - 1e-11, 1 + 1e-11);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.0, 7)]
    public void A_sure_outcome_has_all_the_mass(double success, int outcome)
    {
        BinomialTail law = new(7, success);

        Assert.Equal(1, law.Mass(outcome));
        Assert.Equal(1, law.AtLeast(outcome));
        Assert.Equal(0, law.AtLeast(outcome + 1));
    }

    // /usr/bin/python3 -c "from scipy.stats import beta; print(beta.ppf(.05, 5, 6), beta.ppf(.95, 6, 5))" and so on.
    [Theory]
    [InlineData(5, 10, 0.05, 0.2224411010081294, 0.7775588989918706)]
    [InlineData(95, 100, 0.01, 0.8741482693023214, 0.9870310786729768)]
    [InlineData(990, 1000, 0.025, 0.9816867569448875, 0.9951944893089507)]
    [InlineData(1, 500, 0.005, 1.0025033396105422e-05, 0.014765071389688706)]
    public void Clopper_Pearson_bounds_agree_with_scipy(
        int successes, int trials, double significance, double lower, double upper)
    {
        Assert.Equal(lower, BinomialTail.LowerBound(successes, trials, significance), 1e-10);
        Assert.Equal(upper, BinomialTail.UpperBound(successes, trials, significance), 1e-10);
    }

    [Fact]
    public void No_success_bounds_nothing_from_below_and_no_failure_nothing_from_above()
    {
        Assert.Equal(0, BinomialTail.LowerBound(0, 10, 0.05));
        Assert.Equal(1, BinomialTail.UpperBound(10, 10, 0.05));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void What_is_no_probability_is_refused(double success)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BinomialTail(3, success));
    }
}
