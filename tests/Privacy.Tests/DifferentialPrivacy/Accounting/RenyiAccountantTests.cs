using System.Globalization;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.TestKit;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Accounting;

// Goal: the divergences are the papers', to the last digits and over the whole range of rates and noise. Method: values
// of dp_accounting, of Opacus and of 40-digit arithmetic; the integer series and the quadrature against each other.
public sealed class RenyiAccountantTests
{
    // dp_accounting, rdp_privacy_accountant_test.py, test_compute_rdp_sequence (rate 0.01, σ = 2.5, 50 steps). Its
    // values at fractional orders add the series' terms without their signs and are upper bounds; the third column was
    // computed with signs in 30 digits (mpmath).
    [Theory]
    [InlineData(1.5, 6.70579741e-4, 6.50070897e-4)]
    [InlineData(2.5, 1.08548710e-3, 1.08541806e-3)]
    [InlineData(5, 2.18075656e-3, 2.18075656e-3)]
    [InlineData(50, 2.38460375e-2, 2.38460375e-2)]
    [InlineData(100, 167.416308, 167.416308)]
    public void Sampled_gaussian_steps_have_the_published_divergence(double order, double published, double exact)
    {
        double divergence = 50 * new PoissonSampling(0.01).Gaussian(2.5).RenyiDivergence(order);

        Assert.Equal(exact, divergence, 1e-8 * exact);
        Assert.InRange(divergence, 0, published * (1 + 1e-8));
    }

    // The grid of dp_accounting's test_compute_log_a_equals, where two other computations had to agree to 1e-4.
    [Theory]
    [InlineData(1e-6, 0.1, 256)]
    [InlineData(1e-6, 1, 27)]
    [InlineData(1e-3, 1, 2)]
    [InlineData(0.01, 10, 20)]
    [InlineData(0.99, 0.1, 256)]
    [InlineData(0.2, 0.5, 3)]
    [InlineData(0.999, 100, 256)]
    [InlineData(1e-12, 0.3, 2)]
    public void The_quadrature_agrees_with_the_finite_series_at_integer_orders(double rate, double noise, int order)
    {
        SampledGaussianMechanism step = (SampledGaussianMechanism)new PoissonSampling(rate).Gaussian(noise);

        double series = step.LogExcessOfInteger(order);

        Assert.Equal(series, step.LogExcess(order), 1e-10 * Math.Max(1, Math.Abs(series)));
    }

    [Theory]
    [InlineData(1e-7, 0.1, 1.01)]
    [InlineData(1e-5, 0.1, 256.1)]
    [InlineData(1e-4, 1, 1.5)]
    [InlineData(0.1, 100, 20.5)]
    [InlineData(0.999, 100, 256.1)]
    public void A_fractional_order_lies_between_its_neighbours(double rate, double noise, double order)
    {
        PrivacyMechanism step = new PoissonSampling(rate).Gaussian(noise);

        // Divergences rise with the order, and (order − 1)·divergence is convex in it.
        double below = step.RenyiDivergence(Math.Max(1 + 1e-6, order - 0.3));
        double above = step.RenyiDivergence(order + 0.3);
        double here = step.RenyiDivergence(order);
        Assert.InRange(here, below, above);
        Assert.InRange(here, 0, step.RenyiDivergence(Math.Ceiling(order) + 1));
    }

    [Fact]
    public void Every_divergence_of_the_independent_table_is_met()
    {
        foreach (double[] row in Golden("rdp_poisson_gaussian_exact.csv"))
        {
            double exact = row[3];

            double ours = new PoissonSampling(row[0]).Gaussian(row[1]).RenyiDivergence(row[2]);

            Assert.Equal(exact, ours, 1e-9 * exact);
        }
    }

    [Fact]
    public void Every_epsilon_of_the_independent_table_is_met_at_its_order()
    {
        foreach (double[] row in Golden("eps_poisson_gaussian.csv"))
        {
            PrivacyComposition steps = PrivacyComposition.Of(new PoissonSampling(row[0]).Gaussian(row[1]), (int)row[2]);

            RenyiEpsilon ours = RenyiAccountant.Epsilon(steps, row[3]);

            Assert.Equal(row[12], ours.Epsilon, 1e-9 * row[12]);
            Assert.Equal(row[13], ours.Order);
            RenyiEpsilon theirs = RenyiAccountant.Epsilon(steps, row[3], RenyiAccountant.DpAccountingOrders);
            Assert.InRange(theirs.Epsilon, 0, row[4] * (1 + 1e-9));
        }
    }

    // Both conversions for the settings of Opacus' MNIST example; the first is what its README says (batch 240).
    [Theory]
    [InlineData(240, 1.3, 3750, 1.1597, 0.922049)]
    [InlineData(240, 1.1, 15000, 2.9050, 2.502871)]
    [InlineData(240, 0.7, 11250, 6.8589, 6.092535)]
    public void Both_conversions_give_the_published_values(
        int batch, double noise, int steps, double mironov, double canonne)
    {
        PrivacyComposition training = PrivacyComposition.Of(
            new PoissonSampling(batch / 60_000.0).Gaussian(noise), steps);

        double old = RenyiAccountant.Epsilon(training, 1e-5, conversion: RenyiConversion.Mironov).Epsilon;

        Assert.Equal(mironov, old, 1e-4);
        Assert.Equal(canonne, RenyiAccountant.Epsilon(training, 1e-5).Epsilon, 1e-6);
    }

    [Fact]
    public void Opacus_gives_the_same_epsilon()
    {
        // opacus/tests/accountants_test.py: σ = 1.5, rate 0.04, 2250 steps.
        PrivacyComposition steps = PrivacyComposition.Of(new PoissonSampling(0.04).Gaussian(1.5), 2250);

        Assert.Equal(7.32911117143, RenyiAccountant.Epsilon(steps, 1e-5).Epsilon, 1e-8);
    }

    [Fact]
    public void A_gaussian_has_its_closed_divergence()
    {
        // dp_accounting, test_epsilon_gaussian... : σ = 4.530877117 gives ε = 1 at δ = 1e-6 on a fine grid of orders.
        PrivacyComposition one = PrivacyComposition.Of(new GaussianMechanism(4.530877117), 1);
        double[] orders = [.. Enumerable.Range(1, 100_000).Select(i => 1 + (i / 1000.0))];

        Assert.Equal(1, RenyiAccountant.Epsilon(one, 1e-6, orders).Epsilon, 1e-6);
    }

    [Fact]
    public void Skellam_noise_has_the_bound_of_theorem_3_5()
    {
        double[] orders = [.. Enumerable.Range(2, 255).Select(order => (double)order)];
        foreach (double[] row in Golden("eps_skellam_bound.csv"))
        {
            PrivacyComposition releases = PrivacyComposition.Of(
                new SkellamMechanism(row[0], row[2], row[1]), (int)row[4]);

            RenyiEpsilon ours = RenyiAccountant.Epsilon(releases, row[5], orders);

            Assert.Equal(row[6], ours.Epsilon, 1e-9 * row[6]);
            Assert.Equal(row[7], ours.Order);
            Assert.True(ours.Epsilon > row[8], "Never less than Gaussian noise of that variance.");
        }

        foreach (double[] row in Golden("rdp_skellam_1d.csv"))
        {
            double bound = new SkellamMechanism(row[0], row[1], row[1]).RenyiDivergence(row[2]);

            Assert.Equal(row[4], bound, 1e-12 * row[4]);
            Assert.InRange(row[3], 0, bound);
        }

        Assert.Equal(double.PositiveInfinity, new SkellamMechanism(4, 1, 1).RenyiDivergence(2.5));
    }

    [Fact]
    public void The_exponential_mechanism_has_the_published_divergences()
    {
        // dp_accounting, rdp_privacy_accountant_test.py, ε = 1: 0.123301561 at order 1 (here just above), and 1.0 at
        // order 1000, where it takes ε itself for a bound.
        ExponentialMechanism choice = new(1);

        Assert.Equal(0.123301561, choice.RenyiDivergence(1 + 1e-7), 1e-6);
        Assert.InRange(choice.RenyiDivergence(1000), 0.99, 1);
        Assert.All([1.5, 2, 8, 64, 1000.0], order =>
            Assert.InRange(choice.RenyiDivergence(order), 0, Math.Min(1, order / 8)));
    }

    [Fact]
    public void Laplace_noise_is_pure_at_high_orders()
    {
        LaplaceMechanism half = new(0.5);

        Assert.InRange(half.RenyiDivergence(1e6), 2 - 1e-5, 2);
        Assert.InRange(half.RenyiDivergence(1.001), 0, half.RenyiDivergence(2));

        // Mironov 2017, table II, at order 2: ln(2/3·e^(1/b) + 1/3·e^(−2/b)).
        Assert.Equal(
            Math.Log((2.0 / 3 * Math.Exp(2)) + (1.0 / 3 * Math.Exp(-4))), half.RenyiDivergence(2), 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_order_that_is_none_is_refused(double order) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GaussianMechanism(1).RenyiDivergence(order));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Noise_that_is_none_is_refused(double noise)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GaussianMechanism(noise));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoissonSampling(0.5).Gaussian(noise));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LaplaceMechanism(noise));
    }

    private static IEnumerable<double[]> Golden(string file)
    {
        string? path = SharedFiles.Find($"golden/{file}");
        Assert.SkipWhen(path is null, $"needs shared/golden/{file}");
        return File.ReadLines(path!).Skip(1).Select(line => line.Split(',')
            .Select(cell => double.TryParse(cell, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)
            .ToArray());
    }
}
