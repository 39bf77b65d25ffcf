using DigitalTwin.Models.GeneralisedLinear;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.GeneralisedLinear;

// Goal: estimates, standard errors and deviances are those of an independent implementation, and the sum over
// hospitals gives the pooled fit. Method: Debian's statsmodels 0.13.5 on R's data sets, sm.OLS and
// sm.GLM(y, X, family, exposure).fit(tol=1e-14, maxiter=100); central differences; random tables.
public sealed class GlmTests
{
    private static readonly GlmFamily[] Families =
        [GlmFamily.Gaussian, GlmFamily.Poisson, GlmFamily.Logistic, GlmFamily.ComplementaryLogLog];

    [Fact]
    public void Linear_regression_of_sleepstudy_agrees_with_statsmodels_and_needs_one_step()
    {
        // sm.OLS(Reaction, [Days, 1]).fit(): params, bse, ssr. R prints the same for lm(Reaction ~ Days, sleepstudy).
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("lme4_sleepstudy");
        Table table = new(1, data.Numbers("Days"), data.Numbers("Reaction"));
        GeneralisedLinearModel model = new(GlmFamily.Gaussian, 1);

        GlmIteration iteration = new(model, model.Ridge(0));
        iteration.Advance(model.StartStatistic(table));
        double[] afterOneStep = iteration.Parameters.ToArray();
        GlmResult fit = GlmFit.Run(model, table);

        Agreement.Close([10.467285959596, 251.405104848485], afterOneStep, 1e-11);
        Agreement.Close([10.467285959596, 251.405104848485], fit.Parameters, 1e-11);
        Agreement.Close([1.23819529805, 6.610154044288], fit.StandardErrors, 1e-10);
        Assert.Equal(405251.6174804647, fit.Deviance, 1e-5);
        Assert.True(fit.Converged);
        Assert.Equal(2, fit.Rounds);
    }

    [Fact]
    public void Poisson_regression_of_infections_with_exposure_agrees_with_statsmodels()
    {
        // cgd, one row per patient: infections ~ treat + age + inherit, exposure max(tstop) / 365.25.
        (Table table, double[] offsets) = Infections();
        GeneralisedLinearModel model = new(GlmFamily.Poisson, 3);

        GlmResult fit = GlmFit.Run(model, table, offsets);

        Assert.Equal(128, fit.Rows);
        Agreement.Close(
            [-1.043523852167, -0.033535950028, 0.34206452821, 0.419236630648], fit.Parameters, 1e-10);
        Agreement.Close(
            [0.261570022326, 0.01337312513, 0.242471748038, 0.217769267948], fit.StandardErrors, 1e-8);
        Assert.Equal(153.83647286925776, fit.Deviance, 1e-9);
        Assert.True(fit.Converged);
    }

    [Fact]
    public void The_sum_over_thirteen_hospitals_gives_the_pooled_poisson_fit()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_cgd");
        (Table table, double[] offsets) = Infections();
        string[] centres =
            [.. data.Texts("id").Zip(data.Texts("center")).DistinctBy(p => p.First).Select(p => p.Second)];
        int[][] hospitals =
            [.. Enumerable.Range(0, table.Rows).GroupBy(row => centres[row]).Select(group => group.ToArray())];
        GeneralisedLinearModel model = new(GlmFamily.Poisson, 3);
        GlmIteration federated = new(model, model.Ridge(0));

        federated.Advance(SumOver((site, offset) => model.StartStatistic(site, offset)));
        while (!federated.Finished)
        {
            double[] parameters = federated.Parameters.ToArray();
            federated.Advance(SumOver((site, offset) => model.LocalStatistic(site, parameters, offset)));
        }

        GlmResult pooled = GlmFit.Run(model, table, offsets);
        Assert.Equal(13, hospitals.Length);
        Agreement.Close(pooled.Parameters, federated.Result().Parameters, 1e-12);
        Agreement.Close(pooled.StandardErrors, federated.Result().StandardErrors, 1e-12);

        double[] SumOver(Func<Table, double[], double[]> statistic) => HeartDisease.Sum(hospitals.Select(
            rows => statistic(table.Select(rows), [.. rows.Select(row => offsets[row])])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Statistic_holds_the_derivatives_of_its_deviance(int family)
    {
        const double H = 1e-5;
        Table table = RandomTable(Families[family], rows: 50, seed: 5);
        GeneralisedLinearModel model = new(Families[family], 2);
        double[] parameters = [0.3, -0.4, 0.2];
        double[] offsets = [.. Enumerable.Range(0, 50).Select(row => 0.01 * row)];

        double[] statistic = model.LocalStatistic(table, parameters, offsets);

        int next = 5;
        for (int i = 0; i < 3; i++)
        {
            double[] up = Shifted(i, +H);
            double[] down = Shifted(i, -H);
            Assert.Equal((up[1] - down[1]) / (2 * H), statistic[2 + i], 1e-6);
            for (int j = i; j < 3; j++, next++)
            {
                // Expected and observed information agree only under a canonical link.
                if (Families[family] != GlmFamily.ComplementaryLogLog)
                {
                    Assert.Equal((up[2 + j] - down[2 + j]) / (2 * H), statistic[next], 1e-6);
                }
            }
        }

        double[] Shifted(int parameter, double shift)
        {
            double[] shifted = [.. parameters];
            shifted[parameter] += shift;
            return model.LocalStatistic(table, shifted, offsets);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void At_the_optimum_the_ridge_balances_the_slope(int family)
    {
        const double L2 = 3;
        Table table = RandomTable(Families[family], rows: 120, seed: 6);
        GeneralisedLinearModel model = new(Families[family], 2);

        GlmResult fit = GlmFit.Run(model, table, l2: L2);

        double[] statistic = model.LocalStatistic(table, fit.Parameters);
        Assert.True(fit.Converged);
        Assert.Equal(0, statistic[2] + (L2 * fit.Parameters[0]), 1e-8);
        Assert.Equal(0, statistic[3] + (L2 * fit.Parameters[1]), 1e-8);
        Assert.Equal(0, statistic[4], 1e-8);
    }

    [Fact]
    public void Counts_far_from_one_converge_and_every_round_is_finite()
    {
        // Means from 1 to e^12: from zero parameters a Newton step would overflow the exponential.
        double[] x = [.. Enumerable.Range(0, 60).Select(i => i * 0.2)];
        double[] y = [.. x.Select(v => Math.Round(DeterministicMath.Exp(v)))];
        GeneralisedLinearModel model = new(GlmFamily.Poisson, 1);

        GlmResult fit = GlmFit.Run(model, new Table(1, x, y));

        Assert.True(fit.Converged);
        Assert.Equal(1, fit.Parameters[0], 1e-4);
        Assert.Equal(0, fit.Parameters[1], 1e-3);
    }

    [Fact]
    public void Separated_classes_end_finite_and_not_converged_without_a_ridge()
    {
        Table table = new(1, [-2, -1, 1, 2], [0, 0, 1, 1]);
        GeneralisedLinearModel model = new(GlmFamily.Logistic, 1);

        GlmResult free = GlmFit.Run(model, table);
        GlmResult ridged = GlmFit.Run(model, table, l2: 0.1);

        Assert.False(free.Converged);
        Assert.All(free.Parameters, value => Assert.True(double.IsFinite(value)));
        Assert.True(ridged.Converged);
    }

    [Theory]
    [InlineData(1, -1)]
    [InlineData(1, 0.5)]
    [InlineData(2, 2)]
    [InlineData(3, 0.5)]
    public void A_response_of_another_family_is_refused(int family, double response)
    {
        GeneralisedLinearModel model = new(Families[family], 1);

        Assert.Throws<ArgumentException>(() => model.StartStatistic(new Table(1, [1], [response])));
    }

    [Fact]
    public void Sums_of_another_length_or_not_finite_are_refused()
    {
        GeneralisedLinearModel model = new(GlmFamily.Gaussian, 1);
        double[] sum = model.StartStatistic(new Table(1, [1, 2], [1, 3]));
        sum[3] = double.NaN;

        Assert.Throws<ArgumentException>(() => new GlmIteration(model, model.Ridge(0)).Advance(new double[4]));
        Assert.Throws<ArgumentException>(() => new GlmIteration(model, model.Ridge(0)).Advance(sum));
    }

    private static (Table Table, double[] Offsets) Infections()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_cgd");
        double[] treated = data.Is("treat", "rIFN-g");
        double[] autosomal = data.Is("inherit", "autosomal");
        double[] age = data.Numbers("age");
        double[] stop = data.Numbers("tstop");
        double[] status = data.Numbers("status");
        int[][] patients = [.. data.Texts("id").Index().GroupBy(p => p.Item, p => p.Index).Select(g => g.ToArray())];
        return (
            new Table(
                3,
                [.. patients.SelectMany(rows => new[] { treated[rows[0]], age[rows[0]], autosomal[rows[0]] })],
                [.. patients.Select(rows => rows.Sum(row => status[row]))]),
            [.. patients.Select(rows => DeterministicMath.Log(rows.Max(row => stop[row]) / 365.25))]);
    }

    private static Table RandomTable(GlmFamily family, int rows, ulong seed)
    {
        PhiloxStream random = new(seed, 0);
        double[] features = [.. Enumerable.Range(0, 2 * rows).Select(_ => random.NextNormal())];
        double[] labels = [.. Enumerable.Range(0, rows).Select(row => Response(features[2 * row]))];
        return new Table(2, features, labels);

        double Response(double x) => family == GlmFamily.Gaussian ? x + random.NextNormal()
            : family == GlmFamily.Poisson ? random.NextBelow(5)
            : random.NextUnit() < DeterministicMath.Sigmoid(x) ? 1 : 0;
    }
}
