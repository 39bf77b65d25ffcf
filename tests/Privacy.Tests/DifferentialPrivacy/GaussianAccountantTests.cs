using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: what is reported as spent is what the composition of all releases costs, the grid included. Method: equal and
// unequal releases against the closed form at the total μ and the reduced δ.
public sealed class GaussianAccountantTests
{
    private const double Delta = 1e-3;
    private const double FineGrid = 68719476736; // 2^36

    [Fact]
    public void Nothing_is_spent_at_the_start()
    {
        Assert.Equal(new PrivacyBudget(0, Delta), new GaussianAccountant(Delta).Spent);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public void Releases_planned_for_a_budget_spend_it(int steps)
    {
        PrivacyBudget budget = new(1, Delta);
        double noiseMultiplier = GaussianComposition.NoiseMultiplier(budget, steps);
        GaussianAccountant accountant = new(Delta);

        for (int step = 0; step < steps; step++)
        {
            accountant.Spend(noiseMultiplier, coordinates: 11, FineGrid);
        }

        // The slack of 440 integers at σ = 2^36 is 2.6e-9 of δ = 1e-3: it shows in the seventh digit of ε.
        Assert.InRange(accountant.Spent.Epsilon, 1, 1 + 1e-6);
        Assert.Equal(Delta, accountant.Spent.Delta);
    }

    [Fact]
    public void Unequal_releases_add_the_squares_of_mu_and_their_slacks()
    {
        GaussianAccountant accountant = new(Delta);
        accountant.Spend(noiseMultiplier: 2, coordinates: 5, sigmaGrid: 1e6);
        accountant.Spend(noiseMultiplier: 8, coordinates: 7, sigmaGrid: 1e5);
        accountant.Spend(noiseMultiplier: 5, coordinates: 1, sigmaGrid: 4096);

        double mu = Math.Sqrt(0.25 + (1.0 / 64) + 0.04);
        double slack = ((5 / 1e6) + (7 / 1e5) + (1 / 4096.0)) / Math.Sqrt(2 * Math.PI);
        double expected = GaussianComposition.Epsilon(mu, Delta - slack);
        Assert.Equal(expected, accountant.Spent.Epsilon, 1e-12);
        Assert.True(expected > GaussianComposition.Epsilon(mu, Delta));
    }

    [Fact]
    public void A_grid_too_coarse_for_delta_promises_nothing()
    {
        GaussianAccountant accountant = new(1e-6);
        accountant.Spend(noiseMultiplier: 100, coordinates: 1000, sigmaGrid: 1024);

        Assert.Equal(double.PositiveInfinity, accountant.Spent.Epsilon);
    }

    [Fact]
    public void A_refused_release_is_not_booked()
    {
        GaussianAccountant accountant = new(Delta);

        Assert.Throws<ArgumentOutOfRangeException>(() => accountant.Spend(0, 1, FineGrid));
        Assert.Throws<ArgumentOutOfRangeException>(() => accountant.Spend(1, -1, FineGrid));
        Assert.Throws<ArgumentOutOfRangeException>(() => accountant.Spend(1, 1, 1023));
        Assert.Equal(0, accountant.Spent.Epsilon);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void A_delta_that_no_gaussian_can_meet_is_refused(double delta)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GaussianAccountant(delta));
    }
}
