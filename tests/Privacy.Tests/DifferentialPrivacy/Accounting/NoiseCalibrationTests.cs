using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Accounting;

// Goal: the noise is enough, and hardly more. Method: published multipliers, and the accounting of what comes out.
public sealed class NoiseCalibrationTests
{
    // The first two: dp_accounting, pld/accountant_test.py (the second for sensitivity 6: 3.20956502598). The others:
    // opacus/tests/accountants_test.py, whose PRV accountant overstates ε by up to 0.01 and so asks for more noise.
    [Theory]
    [InlineData(0.01, 1, 1, 0.67379294682, 0)]
    [InlineData(0.001, 25, 1, 3.20956502598 / 6, 0)]
    [InlineData(0.04, 2250, 8, 1.34765625, 2e-3)]
    [InlineData(0.04, 2000, 8, 1.2915, 2e-3)]
    public void Noise_by_privacy_loss_is_the_published(
        double rate, int steps, double epsilon, double published, double overstated)
    {
        double multiplier = NoiseCalibration.ByPrivacyLoss(
            new PrivacyBudget(epsilon, 1e-5), noise => Steps(rate, noise, steps))!.Value;

        Assert.InRange(multiplier, published - overstated - 1e-4, published + 1e-3);
        Assert.InRange(
            PrivacyLossAccountant.Epsilon(Steps(rate, multiplier, steps), 1e-5)!.Value.Lower, 0.998 * epsilon, epsilon);
    }

    // opacus/tests/accountants_test.py: found to 0.01 there.
    [Theory]
    [InlineData(2250, 1.416)]
    [InlineData(2000, 1.3562)]
    public void Noise_by_renyi_orders_is_the_published(int steps, double published)
    {
        double multiplier = NoiseCalibration.ByRenyi(
            new PrivacyBudget(8, 1e-5), noise => Steps(0.04, noise, steps))!.Value;

        Assert.Equal(published, multiplier, 1e-3);
        double epsilon = RenyiAccountant.Epsilon(Steps(0.04, multiplier, steps), 1e-5).Epsilon;
        Assert.InRange(epsilon, 8 * (1 - 1e-5), 8);
    }

    [Fact]
    public void Noise_without_sampling_is_that_of_the_closed_form()
    {
        PrivacyBudget budget = new(1, 1e-6);

        double multiplier = NoiseCalibration.ByPrivacyLoss(budget, noise => Steps(1, noise, 100))!.Value;

        double exact = GaussianComposition.NoiseMultiplier(budget, 100);
        Assert.InRange(multiplier, exact, exact * 1.0005);
    }

    [Fact]
    public void A_budget_that_no_noise_keeps_to_has_none()
    {
        PrivacyBudget tiny = new(1e-9, 1e-12);

        Assert.Null(NoiseCalibration.ByRenyi(tiny, noise => Steps(1, noise, 100_000)));
        Assert.Null(NoiseCalibration.ByPrivacyLoss(tiny, noise => Steps(1, noise, 100_000)));
    }

    [Fact]
    public void A_budget_that_any_noise_keeps_to_gets_the_least_considered()
    {
        PrivacyBudget huge = new(1e5, 1e-5);

        Assert.Equal(NoiseCalibration.Smallest, NoiseCalibration.ByRenyi(huge, noise => Steps(1, noise, 1)));
    }

    private static PrivacyComposition Steps(double rate, double noise, int steps) =>
        PrivacyComposition.Of(new PoissonSampling(rate).Gaussian(noise), steps);
}
