using System.Globalization;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.TestKit;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Accounting;

// Goal: the true ε lies between the two bounds, always, and they are close. Method: closed forms, which are exact; the
// brackets of three other implementations; and combinations over many orders of magnitude.
public sealed class PrivacyLossAccountantTests
{
    // Closed form for μ = √T·Δ/σ, reproduced by two other implementations.
    [Theory]
    [InlineData(0.5, 1e-5, 1.993091)]
    [InlineData(0.5, 1e-6, 2.254085)]
    [InlineData(1, 1e-5, 4.377178)]
    [InlineData(1, 1e-6, 4.886554)]
    [InlineData(2, 1e-5, 9.997256)]
    [InlineData(3, 1e-6, 18.163446)]
    public void The_bounds_close_in_on_the_closed_form_of_a_gaussian(double mu, double delta, double exact)
    {
        PrivacyComposition releases = PrivacyComposition.Of(new GaussianMechanism(Math.Sqrt(7) / mu), 7);

        EpsilonBounds bounds = PrivacyLossAccountant.Epsilon(releases, delta, width: 5e-5)!.Value;

        Assert.InRange(bounds.Lower, exact - 1e-4, exact + 1e-6);
        Assert.InRange(bounds.Upper, exact - 1e-6, exact + 1e-4);
        Assert.Equal(mu, releases.GaussianMu!.Value, 1e-12);
    }

    [Theory]
    [InlineData(0.01, 1e-3)]
    [InlineData(0.1, 1e-12)]
    [InlineData(1, 0.2)]
    [InlineData(1, 1e-30)]
    [InlineData(12, 1e-8)]
    [InlineData(40, 1e-5)]
    public void The_closed_form_lies_between_the_bounds_at_every_scale(double mu, double delta)
    {
        double exact = GaussianComposition.Epsilon(mu, delta);

        EpsilonBounds bounds = PrivacyLossAccountant.Epsilon(
            PrivacyComposition.Of(new GaussianMechanism(1 / mu), 1), delta)!.Value;

        Assert.InRange(exact, bounds.Lower, bounds.Upper);
        Assert.InRange(bounds.Upper - bounds.Lower, 0, PrivacyLossAccountant.Width);
    }

    [Fact]
    public void The_brackets_of_other_implementations_are_kept()
    {
        string? path = SharedFiles.Find("golden/eps_poisson_gaussian.csv");
        Assert.SkipWhen(path is null, "needs shared/golden/eps_poisson_gaussian.csv");
        foreach (string line in File.ReadLines(path!).Skip(1))
        {
            double[] row = [.. line.Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
            (double pessimistic, double prv, double finer, double optimistic) = (row[9], row[10], row[14], row[15]);

            EpsilonBounds bounds = Bounds(row[0], row[1], (int)row[2], row[3]);

            double least = Math.Min(pessimistic, finer);
            Assert.InRange(bounds.Lower, optimistic - PrivacyLossAccountant.Width, least);
            Assert.InRange(bounds.Upper, optimistic, least + PrivacyLossAccountant.Width);

            // The PRV accountant was asked for an ε that is at most 0.01 too large.
            if (!double.IsNaN(prv))
            {
                Assert.InRange(bounds.Lower, prv - 0.012, prv);
                Assert.InRange(bounds.Upper, prv - 0.012, prv);
            }
        }
    }

    // opacus/tests/prv_accountant.py, from microsoft/prv_accountant, δ = 1e-6: ε + 0.01 and its numerical error.
    [Theory]
    [InlineData(0.8, 0.001, 100, 0.2704034)]
    [InlineData(1.5, 0.05, 1000, 6.2099692)]
    [InlineData(2, 0.05, 100, 1.2836374)]
    [InlineData(3, 0.001, 1000, 0.0476159)]
    [InlineData(1.5, 0.001, 20_000, 0.4370051)]
    [InlineData(1.5, 0.05, 50_000, 73.1901767)]
    [InlineData(0.8, 0.2, 100, 24.3336642)]
    public void The_prv_accountants_values_are_bracketed(double noise, double rate, int steps, double published)
    {
        EpsilonBounds bounds = Bounds(rate, noise, steps, 1e-6);

        Assert.InRange(bounds.Lower, published - 0.012, published);
        Assert.InRange(bounds.Upper, bounds.Lower, published);
    }

    [Fact]
    public void Opacus_prv_value_is_bracketed()
    {
        // opacus/tests/accountants_test.py: 2249 steps, δ = 1e-5.
        EpsilonBounds bounds = Bounds(0.04, 1.5, 2249, 1e-5);

        Assert.InRange(bounds.Lower, 6.777395712150674 - 0.012, bounds.Upper);
        Assert.InRange(bounds.Upper, bounds.Lower, 6.777395712150674);
    }

    // dp_accounting, pld_privacy_accountant_test.py.
    [Theory]
    [InlineData(1, 1.7320508075688772, 0.126936)]
    [InlineData(0.2, 0.5, 0.15594)]
    public void Three_steps_have_the_published_delta(double rate, double noise, double published)
    {
        PrivacyComposition steps = PrivacyComposition.Of(new PoissonSampling(rate).Gaussian(noise), 3);

        DeltaBounds bounds = PrivacyLossAccountant.Delta(steps, epsilon: 1)!.Value;

        Assert.InRange(bounds.Upper - bounds.Lower, 0, PrivacyLossAccountant.RelativeWidth * bounds.Upper);
        Assert.InRange(published, bounds.Lower - 1e-3, bounds.Upper + 1e-3);
    }

    [Fact]
    public void Delta_and_epsilon_are_each_others_inverse()
    {
        PrivacyComposition steps = PrivacyComposition.Of(new PoissonSampling(0.01).Gaussian(1), 1000);
        EpsilonBounds epsilon = PrivacyLossAccountant.Epsilon(steps, 1e-6)!.Value;

        Assert.InRange(1e-6, 0, PrivacyLossAccountant.Delta(steps, epsilon.Lower)!.Value.Upper);
        Assert.InRange(PrivacyLossAccountant.Delta(steps, epsilon.Upper)!.Value.Lower, 0, 1e-6);
    }

    [Fact]
    public void Mixtures_of_Gaussians_cost_the_published_epsilon()
    {
        // dp_accounting, pld_privacy_accountant_test.py, test_mixture_of_gaussians: ε at δ = 1e-6.
        const double Published = 17.193115;
        PrivacyComposition steps = new PrivacyComposition()
            .Add(new GaussianMixtureMechanism(1, [0, 1, 2], [0.2, 0.6, 0.2]), 3)
            .Add(new GaussianMixtureMechanism(2, [0, 2, 3], [0.33, 0.34, 0.33]), 2);

        EpsilonBounds epsilon = PrivacyLossAccountant.Epsilon(steps, 1e-6)!.Value;

        Assert.True(epsilon.Upper - epsilon.Lower <= PrivacyLossAccountant.Width, $"{epsilon}");
        Assert.InRange(Published, epsilon.Lower - 1e-3, epsilon.Upper + 1e-3);
    }

    [Fact]
    public void A_patient_of_one_record_is_sampled_like_a_patient_and_more_records_cost_more()
    {
        PoissonSampling sampling = new(0.01);
        double one = EpsilonOf(sampling.GaussianOfRecords(1, 1));
        double four = EpsilonOf(sampling.GaussianOfRecords(4, 1));

        Assert.Equal(EpsilonOf(sampling.Gaussian(1)), one);

        // Four times the records is at least the cost of four times the rate, and at most that of all in the batch.
        Assert.InRange(four, EpsilonOf(new PoissonSampling(0.03).Gaussian(1)), EpsilonOf(sampling.Gaussian(0.25)));
        Assert.Equal(
            EpsilonOf(new GaussianMixtureMechanism(1, [0, 1], [0.99, 0.01])), one, 2 * PrivacyLossAccountant.Width);
        Assert.Equal(
            EpsilonOf(new GaussianMechanism(0.25)), EpsilonOf(new PoissonSampling(1).GaussianOfRecords(4, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampling.GaussianOfRecords(0, 1));

        static double EpsilonOf(PrivacyMechanism step) =>
            PrivacyLossAccountant.Epsilon(PrivacyComposition.Of(step, 200), 1e-5)!.Value.Upper;
    }

    [Fact]
    public void Laplace_steps_of_two_scales_cost_at_most_the_sum_of_their_pure_epsilons()
    {
        // dp_accounting: three steps of scale 1 and two of scale 2 reach ε = 3/1 + 2/2 at δ = 0.
        PrivacyComposition steps = new PrivacyComposition()
            .Add(new LaplaceMechanism(1), 3)
            .Add(new LaplaceMechanism(2), 2);

        EpsilonBounds bounds = PrivacyLossAccountant.Epsilon(steps, 1e-40)!.Value;

        Assert.InRange(bounds.Upper, 4 - 1e-3, 4 + 1e-9);
        Assert.InRange(bounds.Lower, 4 - 1e-2, bounds.Upper);
    }

    [Fact]
    public void Sampled_laplace_steps_have_the_published_epsilon_far_in_the_tail()
    {
        // dp_accounting: three steps at rate 0.2 and scale 0.5 have ε = 2.46964 at δ = 1e-14.
        DominatingPair removal = new LaplacePair(0.5).Sampled(0.2);
        foreach (DominatingPair pair in new[] { removal, removal.Reversed() })
        {
            LossComposition losses = LossComposition.OfDelta([(pair, 3)], 1e-14);
            double step = losses.StepFor(1e-4);

            double upper = losses.Compose(step, LossBound.Upper).Epsilon(1e-14);

            Assert.InRange(upper, 0, 2.46964 + 1e-3);
            if (pair == removal)
            {
                Assert.InRange(losses.Compose(step, LossBound.Lower).Epsilon(1e-14), 2.46964 - 1e-3, upper);
            }
        }
    }

    [Fact]
    public void Discrete_gaussian_and_laplace_steps_agree_with_the_independent_table()
    {
        string? path = SharedFiles.Find("golden/eps_discrete_gaussian_laplace_pld.csv");
        Assert.SkipWhen(path is null, "needs shared/golden/eps_discrete_gaussian_laplace_pld.csv");
        foreach (string line in File.ReadLines(path!).Skip(1))
        {
            string[] cells = line.Split(',');
            double[] row = [.. cells[1..6].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
            PrivacyMechanism mechanism = cells[0] == "laplace"
                ? new LaplaceMechanism(row[0] / row[1])
                : new DiscreteGaussianMechanism(row[0], (int)row[1]);

            EpsilonBounds bounds = PrivacyLossAccountant.Epsilon(
                PrivacyComposition.Of(mechanism, (int)row[2]), row[3])!.Value;

            // Their value rounds every loss up by at most 1e-4 a step.
            double rounded = row[4];
            Assert.InRange(bounds.Lower, rounded - (1e-4 * row[2]) - 1e-6, rounded);
            Assert.InRange(bounds.Upper, bounds.Lower, rounded + 1e-3);
        }
    }

    [Theory]
    [InlineData(1e-5, 1, 100_000, 1e-7)]
    [InlineData(1e-4, 1, 100_000, 1e-6)]
    [InlineData(0.01, 0.3, 1000, 1e-5)]
    [InlineData(0.01, 1, 100_000, 1e-5)]
    [InlineData(0.5, 50, 100_000, 1e-8)]
    [InlineData(0.99, 5, 14_063, 1e-5)]
    [InlineData(0.001, 0.5, 10_001, 1e-5)]
    [InlineData(0.3, 1000, 17, 1e-9)]
    public void The_bounds_are_close_and_below_renyi_accounting(double rate, double noise, int steps, double delta)
    {
        EpsilonBounds bounds = Bounds(rate, noise, steps, delta);

        Assert.InRange(bounds.Upper - bounds.Lower, 0, PrivacyLossAccountant.Width);
        Assert.InRange(bounds.Upper - bounds.Lower, 0, PrivacyLossAccountant.RelativeWidth * bounds.Upper);
        Assert.InRange(
            bounds.Upper,
            0,
            RenyiAccountant.Epsilon(
                PrivacyComposition.Of(new PoissonSampling(rate).Gaussian(noise), steps), delta).Epsilon);
    }

    [Fact]
    public void Groups_on_coarser_grids_give_the_bounds_that_one_grid_gives()
    {
        IReadOnlyList<(DominatingPair, int)> parts = [(new GaussianPair(0.5).Sampled(0.3), 5003)];
        LossComposition losses = LossComposition.OfDelta(parts, 1e-5);

        // So fine a grid is composed in groups, so coarse a one at once; both hold the truth between them.
        double fine = losses.StepFor(1e-7);
        double coarse = losses.StepFor(1e-3);
        double upper = losses.Compose(fine, LossBound.Upper).Epsilon(1e-5);
        double lower = losses.Compose(fine, LossBound.Lower).Epsilon(1e-5);
        Assert.InRange(upper - lower, 0, 1e-5);
        Assert.InRange(losses.Compose(coarse, LossBound.Upper).Epsilon(1e-5), lower, lower + 1e-3);
        Assert.InRange(losses.Compose(coarse, LossBound.Lower).Epsilon(1e-5), upper - 1e-3, upper);
    }

    [Fact]
    public void Studies_compose_to_less_than_their_sum_and_more_than_either()
    {
        PrivacyMechanism sampled = new PoissonSampling(0.02).Gaussian(1.1);
        double first = Upper(PrivacyComposition.Of(sampled, 500));
        double second = Upper(PrivacyComposition.Of(new GaussianMechanism(30), 100));

        double both = Upper(PrivacyComposition.Of(sampled, 500).Add(new GaussianMechanism(30), 100));

        Assert.InRange(both, Math.Max(first, second), first + second);

        static double Upper(PrivacyComposition releases) => PrivacyLossAccountant.Epsilon(releases, 1e-5)!.Value.Upper;
    }

    [Fact]
    public void Nothing_released_costs_nothing()
    {
        Assert.Equal(new EpsilonBounds(0, 0), PrivacyLossAccountant.Epsilon(new PrivacyComposition(), 1e-5));
        Assert.Equal(new DeltaBounds(0, 0), PrivacyLossAccountant.Delta(new PrivacyComposition(), 0));
        Assert.Equal(
            new EpsilonBounds(0, 0),
            PrivacyLossAccountant.Epsilon(PrivacyComposition.Of(new GaussianMechanism(1000), 1), 0.1));
    }

    [Fact]
    public void A_mechanism_without_a_known_distribution_has_no_bounds()
    {
        PrivacyComposition releases = PrivacyComposition.Of(new SkellamMechanism(100, 4, 2), 3);

        Assert.Null(PrivacyLossAccountant.Epsilon(releases, 1e-5));
        Assert.Null(PrivacyLossAccountant.Delta(releases, 1));
        Assert.Null(releases.GaussianMu);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_delta_that_is_none_is_refused(double delta)
    {
        PrivacyComposition one = PrivacyComposition.Of(new GaussianMechanism(1), 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => PrivacyLossAccountant.Epsilon(one, delta));
        Assert.Throws<ArgumentOutOfRangeException>(() => RenyiAccountant.Epsilon(one, delta));
    }

    private static EpsilonBounds Bounds(double rate, double noise, int steps, double delta) =>
        PrivacyLossAccountant.Epsilon(
            PrivacyComposition.Of(new PoissonSampling(rate).Gaussian(noise), steps), delta)!.Value;
}
