using System.Globalization;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.SumReleases;

// Goal: correlated noise has the covariance that its factorisation says, the sensitivity it is scaled to is that of the
// factor, and prefix sums come out better than with independent noise. Method: factors written out as matrices, from
// the papers; sensitivity by trying every schedule; covariances of many coordinates of released zeros.
public sealed class PlannedReleaseTests
{
    private const long Clip = 1L << 20;

    // One entry of a covariance in N coordinates of variance v has standard deviation below √2·v/√N. With limits of six
    // of them, fewer than 1e-8 of correct samplers fail for each of the 21 entries of a case: 2e-7, and the seed is
    // fixed.
    private const int Samples = 20_000;
    private const double Limit = 6;

    public static TheoryData<int, int, int> Plans => new()
    {
        // Steps of an epoch, epochs, band; band 0 is the tree.
        { 6, 1, 0 },
        { 3, 2, 0 },
        { 6, 1, 1 },
        { 6, 1, 6 },
        { 3, 2, 3 },
        { 3, 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public void Released_zeros_have_the_covariance_of_the_factorisation(int stepsOfEpoch, int epochs, int band)
    {
        TrainingPlan plan = new(stepsOfEpoch, epochs);
        PlannedRelease release = Release(plan, band, Samples, multiplier: 1.5);
        double[][] noise = new double[plan.Steps][];
        long[] zeros = new long[Samples];
        for (int step = 0; step < plan.Steps; step++)
        {
            noise[step] = new double[Samples];
            release.Release(zeros, noise[step]);
        }

        double[,] expected = Covariance(plan, band);
        double variance = release.SigmaGrid * release.SigmaGrid;
        for (int s = 0; s < plan.Steps; s++)
        {
            for (int t = 0; t <= s; t++)
            {
                double covariance = noise[s].Zip(noise[t], (a, b) => a * b).Sum() / Samples / variance;
                double spread = Math.Sqrt(
                    ((expected[s, s] * expected[t, t]) + (expected[s, t] * expected[s, t])) / Samples);
                Assert.InRange(covariance, expected[s, t] - (Limit * spread), expected[s, t] + (Limit * spread));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void The_sensitivity_is_that_of_the_worst_patient(int stepsOfEpoch, int epochs, int band)
    {
        TrainingPlan plan = new(stepsOfEpoch, epochs);

        Assert.Equal(
            WorstPatient(plan, band), Release(plan, band, 1, multiplier: 1).FactorSensitivity, 1e-9);
    }

    // Powers of two and their neighbours, against the number of nodes counted in the matrix.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(64)]
    public void A_step_lies_in_as_many_nodes_as_the_tree_has_levels(int steps)
    {
        TrainingPlan plan = new(steps, 1);

        Assert.Equal(WorstPatient(plan, band: 0), Math.Sqrt(TreeRelease.SquaredSensitivity(plan)), 1e-12);
    }

    // dp_accounting, rdp_privacy_accountant_test.py: 1600 steps, δ = 1e-6, noise 1.13 costs less than 19.74 and noise
    // 8.83 less than 2.04. The exact values lie below what Rényi orders give.
    [Theory]
    [InlineData(1.13, 19.74)]
    [InlineData(8.83, 2.04)]
    public void Tree_aggregation_costs_what_dp_accounting_says(double noise, double golden)
    {
        int levels = TreeRelease.SquaredSensitivity(new TrainingPlan(1600, 1));
        PrivacyComposition run = PrivacyComposition.Of(new GaussianMechanism(noise / Math.Sqrt(levels)), 1);

        Assert.Equal(11, levels);
        RenyiEpsilon renyi = RenyiAccountant.Epsilon(run, 1e-6, RenyiAccountant.DpAccountingOrders);
        Assert.InRange(renyi.Epsilon, 0.85 * golden, golden);
        Assert.InRange(GaussianComposition.Epsilon(run.GaussianMu!.Value, 1e-6), 0.7 * golden, renyi.Epsilon);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Estimates_are_unbiased(int stepsOfEpoch, int epochs, int band)
    {
        // Noise below half a unit of the sums, which are large: what is left is the sums themselves.
        TrainingPlan plan = new(stepsOfEpoch, epochs);
        PlannedRelease release = Release(plan, band, 3, multiplier: 1);
        double[] released = new double[3];
        for (int step = 0; step < plan.Steps; step++)
        {
            long[] sum = [(step + 1L) << 40, -(3L << 40), 0];
            release.Release(sum, released);

            Assert.Equal(sum[0], released[0], 1e-3 * (1L << 40));
            Assert.Equal(sum[1], released[1], 1e-3 * (1L << 40));
        }
    }

    // The mean squared error of all prefix sums at one and the same privacy, a single epoch of 256 steps. From the
    // matrices: 128.5, 36.0, 14.9 and 7.1 of the squared noise; a mean over 32 coordinates is within a third of that.
    [Fact]
    public void Prefix_sums_are_better_than_with_independent_noise()
    {
        TrainingPlan plan = new(256, 1);
        double independent = PrefixError(plan, band: 1);
        double tree = PrefixError(plan, band: 0);
        double narrow = PrefixError(plan, band: 16);
        double full = PrefixError(plan, band: 256);

        Assert.InRange(independent, 128.5 / 1.5, 128.5 * 1.5);
        Assert.InRange(tree, 36.0 / 1.5, 36.0 * 1.5);
        Assert.InRange(narrow, 14.9 / 1.5, 14.9 * 1.5);
        Assert.InRange(full, 7.1 / 1.5, 7.1 * 1.5);
    }

    [Fact]
    public void A_step_beyond_the_plan_is_refused()
    {
        PlannedRelease release = Release(new TrainingPlan(2, 1), band: 2, 1, multiplier: 1);
        release.Release([0], new double[1]);
        release.Release([0], new double[1]);

        Assert.Throws<InvalidOperationException>(() => release.Release([0], new double[1]));
        Assert.Equal(2, release.Steps);
    }

    [Fact]
    public void A_band_that_several_parts_of_a_patient_would_share_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Release(new TrainingPlan(3, 2), band: 4, 1, multiplier: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Release(new TrainingPlan(3, 2), band: -1, 1, multiplier: 1));
    }

    // c_k = C(2k, k) / 4^k.
    [Fact]
    public void Coefficients_are_those_of_the_root() =>
        Assert.Equal([256L, 128L, 96L, 80L, 70L, 63L], BandedRelease.Coefficients(6));

    private static PlannedRelease Release(TrainingPlan plan, int band, int coordinates, double multiplier) => band == 0
        ? new TreeRelease(coordinates, Clip, multiplier, plan, Bits)
        : new BandedRelease(coordinates, Clip, multiplier, plan, band, Bits);

    private static SeededRandomBits Bits(int step) => new(
        SHA256.HashData([4]), string.Create(CultureInfo.InvariantCulture, $"{nameof(PlannedReleaseTests)}/{step}"));

    // Mean over the steps of the squared error of the prefix sum, over the squared clip.
    private static double PrefixError(TrainingPlan plan, int band)
    {
        const int Coordinates = 32;
        PlannedRelease release = Release(plan, band, Coordinates, multiplier: 1);
        double[] prefix = new double[Coordinates];
        double[] released = new double[Coordinates];
        double squares = 0;
        for (int step = 0; step < plan.Steps; step++)
        {
            release.Release(new long[Coordinates], released);
            for (int i = 0; i < Coordinates; i++)
            {
                prefix[i] += released[i] / Clip;
                squares += prefix[i] * prefix[i];
            }
        }

        return squares / Coordinates / plan.Steps;
    }

    // Row t of the factor C: the node that step t of the tree adds, or the band.
    private static double[,] Factor(TrainingPlan plan, int band)
    {
        double[,] factor = new double[plan.Steps, plan.Steps];
        for (int t = 0; t < plan.Steps; t++)
        {
            int inEpoch = (t % plan.StepsOfEpoch) + 1;
            int reach = band == 0 ? inEpoch & -inEpoch : int.Min(band, t + 1);
            for (int k = 0; k < reach; k++)
            {
                factor[t, t - k] = band == 0 ? 1 : BandedRelease.Coefficients(band)[k];
            }
        }

        return factor;
    }

    // Σ C(t, s) over the steps of one patient, for the schedule that makes it longest: all entries are positive, so the
    // worst parts all have one direction.
    private static double WorstPatient(TrainingPlan plan, int band)
    {
        double[,] factor = Factor(plan, band);
        double worst = 0;
        for (int place = 0; place < plan.StepsOfEpoch; place++)
        {
            double square = 0;
            for (int t = 0; t < plan.Steps; t++)
            {
                double row = 0;
                for (int s = place; s < plan.Steps; s += plan.StepsOfEpoch)
                {
                    row += factor[t, s];
                }

                square += row * row;
            }

            worst = Math.Max(worst, square);
        }

        return Math.Sqrt(worst);
    }

    // C⁻¹C⁻ᵀ by forward substitution. The estimates are C⁻¹(CG + Z), for the tree as well: its C is triangular too.
    private static double[,] Covariance(TrainingPlan plan, int band)
    {
        int n = plan.Steps;
        double[,] factor = Factor(plan, band);
        double[,] inverse = new double[n, n];
        for (int column = 0; column < n; column++)
        {
            for (int t = 0; t < n; t++)
            {
                double rest = t == column ? 1 : 0;
                for (int s = 0; s < t; s++)
                {
                    rest -= factor[t, s] * inverse[s, column];
                }

                inverse[t, column] = rest / factor[t, t];
            }
        }

        double[,] covariance = new double[n, n];
        for (int s = 0; s < n; s++)
        {
            for (int t = 0; t < n; t++)
            {
                for (int k = 0; k < n; k++)
                {
                    covariance[s, t] += inverse[s, k] * inverse[t, k];
                }
            }
        }

        return covariance;
    }
}
