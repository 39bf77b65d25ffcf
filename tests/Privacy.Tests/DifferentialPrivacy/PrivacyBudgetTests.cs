using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: a budget that exists is a meaningful one. Method: the edges of both ranges, on every way to make one.
public sealed class PrivacyBudgetTests
{
    [Theory]
    [InlineData(-1e-300, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(1, -1e-300)]
    [InlineData(1, 1)]
    [InlineData(1, double.NaN)]
    public void A_budget_outside_its_ranges_cannot_be_made(double epsilon, double delta)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrivacyBudget(epsilon, delta));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new PrivacyBudget(1, 0.5) with { Epsilon = epsilon, Delta = delta });
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(double.PositiveInfinity, 0.999)]
    public void The_edges_are_budgets(double epsilon, double delta)
    {
        PrivacyBudget budget = new(epsilon, delta);

        Assert.Equal((epsilon, delta), (budget.Epsilon, budget.Delta));
    }
}
