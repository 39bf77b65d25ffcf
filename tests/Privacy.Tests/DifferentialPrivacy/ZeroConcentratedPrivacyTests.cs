using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: never a smaller ε than ρ allows, and the smallest that the conversion gives. Method: a published value, values
// minimised over a fine list of orders by Python in 40 digits, and the exact Gaussian composition as a floor.
public sealed class ZeroConcentratedPrivacyTests
{
    [Fact]
    public void The_conversion_gives_the_published_value_of_a_gaussian()
    {
        // dp_accounting, rdp_privacy_accountant_test.py: σ = 4.530877117 costs ε = 1 at δ = 1e-6.
        Assert.Equal(1, ZeroConcentratedPrivacy.Epsilon(1 / (2 * 4.530877117 * 4.530877117), 1e-6), 1e-5);
    }

    // Python, with V the pairs of ρ and δ below:
    //   from mpmath import *; mp.dps = 40
    //   f = lambda r, d, a: a*r + (-log(d) - log(a-1) + a*log(1-1/a)) / (a-1)
    //   [nstr(min(f(mpf(r), mpf(d), 1 + exp(mpf(k)/1000)) for k in range(-8000, 16000)), 12) for r, d in V]
    [Theory]
    [MemberData(nameof(Values))]
    public void The_bound_is_the_least_over_all_orders(double rho, double delta, double epsilon) =>
        Assert.Equal(epsilon, ZeroConcentratedPrivacy.Epsilon(rho, delta), 1e-6 * epsilon);

    [Theory]
    [InlineData(0.001, 1e-3)]
    [InlineData(0.02, 1e-5)]
    [InlineData(0.5, 1e-6)]
    [InlineData(4, 1e-9)]
    public void It_is_above_the_exact_composition_and_not_far(double rho, double delta)
    {
        double exact = GaussianComposition.Epsilon(Math.Sqrt(2 * rho), delta);

        Assert.InRange(ZeroConcentratedPrivacy.Epsilon(rho, delta), exact, 1.6 * exact);
    }

    [Theory]
    [InlineData(1, 1e-3, 20)]
    [InlineData(0.1, 1e-6, 1)]
    [InlineData(8, 1e-5, 1000)]
    public void Calibrated_releases_cost_the_budget_and_not_more(double epsilon, double delta, int steps)
    {
        double multiplier = ZeroConcentratedPrivacy.NoiseMultiplier(new PrivacyBudget(epsilon, delta), steps);
        GaussianAccountant accountant = new(delta);
        for (int step = 0; step < steps; step++)
        {
            accountant.SpendConcentrated(multiplier);
        }

        Assert.InRange(accountant.Spent.Epsilon, 0.999_999 * epsilon, epsilon * (1 + 1e-12));
    }

    [Fact]
    public void Nothing_released_costs_nothing_and_no_noise_reaches_zero()
    {
        Assert.Equal(0, ZeroConcentratedPrivacy.Epsilon(0, 1e-6));
        Assert.Throws<ArgumentException>(() => ZeroConcentratedPrivacy.NoiseMultiplier(new PrivacyBudget(0, 1e-6), 1));
    }

    public static TheoryData<double, double, double> Values() => new()
    {
        { 1e-4, 1e-6, 0.0537271247407 },
        { 0.01, 1e-3, 0.354318499807 },
        { 0.1, 1e-5, 1.91423903238 },
        { 1, 1e-6, 7.76621675264 },
        { 10, 1e-9, 37.6374552026 },
    };
}
