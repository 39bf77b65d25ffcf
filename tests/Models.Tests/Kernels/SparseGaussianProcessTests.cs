using DigitalTwin.Models.Kernels;

namespace DigitalTwin.Models.Tests.Kernels;

// Goal: the sums give the sparse posterior and bound, with all data as inducing points the exact process, and hospitals
// add up. Method: three subjects of sleepstudy; scikit-learn 1.2.1 GaussianProcessRegressor(ConstantKernel(1.5) *
// RBF(1.2) + WhiteKernel(0.3), alpha=0, optimizer=None); the dense formulas of the approximation in numpy
// with 1.5e-6 on the diagonal of K_mm.
public sealed class SparseGaussianProcessTests
{
    private const double Noise = 0.3;
    private static readonly GaussianKernel Kernel = new(Variance: 1.5, LengthScale: 1.2);

    [Fact]
    public void With_the_data_as_inducing_points_it_is_the_exact_process_up_to_the_jitter()
    {
        Table table = Sleep();
        SparseGaussianProcess process = new(Kernel, 2, Inputs(table));

        SparsePosterior posterior = process.Posterior(process.LocalStatistic(table), Noise);

        Assert.Equal(-44.634088275525485, posterior.LogLikelihood, 1e-4);
        Assert.Equal(-44.634088275525485, posterior.Bound, 1e-4);
        AssertAt(posterior, [1.5, 0], -0.61444048566431, 0.0603329720202, 1e-4);
        AssertAt(posterior, [4, 1], 0.12662132371752, 0.7586914370802, 1e-4);
    }

    [Fact]
    public void Twelve_inducing_points_give_the_dense_formulas_of_the_approximation()
    {
        SparseGaussianProcess process = new(Kernel, 2, Grid());

        SparsePosterior posterior = process.Posterior(process.LocalStatistic(Sleep()), Noise);

        Assert.Equal(-44.850098865739994, posterior.LogLikelihood, 1e-8);
        Assert.Equal(-44.98940038700798, posterior.Bound, 1e-8);
        AssertAt(posterior, [1.5, 0], -0.64090746223026, 0.06174359699151, 1e-9);
        AssertAt(posterior, [4, 1], 0.09315878387246, 0.73550140349935, 1e-9);
    }

    [Fact]
    public void The_sum_over_three_hospitals_gives_the_pooled_posterior()
    {
        Table table = Sleep();
        SparseGaussianProcess process = new(Kernel, 2, Grid());

        double[] sum = HeartDisease.Sum(Enumerable.Range(0, 30).GroupBy(row => row % 3).Select(
            rows => process.LocalStatistic(table.Select([.. rows]))));

        SparsePosterior pooled = process.Posterior(process.LocalStatistic(table), Noise);
        SparsePosterior federated = process.Posterior(sum, Noise);
        (double mean, double variance) = pooled.At([2, 0.5]);
        AssertAt(federated, [2, 0.5], mean, variance, 1e-12);
        Assert.Equal(pooled.Bound, federated.Bound, 1e-11);
    }

    [Fact]
    public void More_inducing_points_never_loosen_the_bound()
    {
        Table table = Sleep();
        double[] grid = Grid();
        double last = double.NegativeInfinity;
        for (int points = 2; points <= 12; points += 2)
        {
            SparseGaussianProcess process = new(Kernel, 2, grid.AsSpan(0, 2 * points));
            double bound = process.Posterior(process.LocalStatistic(table), Noise).Bound;

            Assert.True(bound >= last - 1e-9);
            Assert.True(bound <= -44.634088275525485 + 1e-6);
            last = bound;
        }
    }

    [Fact]
    public void Far_from_the_data_the_posterior_is_the_prior()
    {
        SparseGaussianProcess process = new(Kernel, 2, Grid());

        AssertAt(process.Posterior(process.LocalStatistic(Sleep()), Noise), [100, 100], 0, Kernel.Variance, 1e-12);
    }

    [Fact]
    public void Points_sums_and_tables_of_the_wrong_shape_are_refused()
    {
        SparseGaussianProcess process = new(Kernel, 1, [0, 1]);

        Assert.Throws<ArgumentException>(() => new SparseGaussianProcess(Kernel, 2, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => process.Posterior([1, 2], Noise));
        Assert.Throws<ArgumentException>(() => process.LocalStatistic(new Table(2, [1, 2], [1])));
        Assert.Throws<ArgumentOutOfRangeException>(() => process.Posterior(new double[process.StatisticLength], 0));
    }

    private static void AssertAt(
        SparsePosterior posterior, double[] x, double mean, double variance, double tolerance)
    {
        (double actualMean, double actualVariance) = posterior.At(x);
        Assert.Equal(mean, actualMean, tolerance);
        Assert.Equal(variance, actualVariance, tolerance);
    }

    /// <summary>Subjects 308 to 310: [days / 3, subject − 309], (reaction − 250) / 50.</summary>
    private static Table Sleep()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("lme4_sleepstudy");
        double[] subjects = data.Numbers("Subject");
        Table all = new(
            2,
            ClinicalCsv.RowMajor(
                [.. data.Numbers("Days").Select(day => day / 3)], [.. subjects.Select(subject => subject - 309)]),
            [.. data.Numbers("Reaction").Select(reaction => (reaction - 250) / 50)]);
        return all.Select([.. Enumerable.Range(0, all.Rows).Where(row => subjects[row] <= 310)]);
    }

    private static double[] Inputs(Table table) =>
        [.. Enumerable.Range(0, table.Rows).SelectMany(row => table.Row(row).ToArray())];

    private static double[] Grid() =>
        [.. Enumerable.Range(0, 12).SelectMany(point => new double[] { point / 3, (point % 3) - 1 })];
}
