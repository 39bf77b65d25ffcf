using DigitalTwin.Models.MixedEffects;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.MixedEffects;

// Goal: fits agree with R's lme4 and with statsmodels, derivatives are what they claim, and the sum over hospitals
// gives the pooled fit. Method: sleepstudy against lme4's documented fit; pbcseq against Debian's statsmodels 0.13.5,
// MixedLM(log(bili), [1, day / 365.25], groups=id, exog_re=[1, day / 365.25]).fit(method=['bfgs', 'powell', 'bfgs'],
// gtol=1e-10), whose optimiser stops short of the last digits. Its standard errors count the uncertainty of the
// variances in; those here are (X'V^-1 X)^-1 formed in numpy at its variances. Central differences; simulated patients.
public sealed class MixedModelTests
{
    [Fact]
    public void Sleepstudy_by_reml_agrees_with_lme4()
    {
        // lme4's documentation of lmer(Reaction ~ Days + (Days | Subject), sleepstudy).
        MixedModelResult fit = MixedModelFit.Run(SleepStudy());

        Agreement.Close([251.40510, 10.46729], fit.Coefficients, 1e-6);
        Agreement.Close([6.825, 1.546], fit.StandardErrors, 2e-4);
        Assert.Equal(24.741, fit.RandomSd(0), 1e-3);
        Assert.Equal(5.922, fit.RandomSd(1), 1e-3);
        Assert.Equal(0.066, fit.RandomCorrelation(0, 1), 1e-3);
        Assert.Equal(25.592, Math.Sqrt(fit.ResidualVariance), 1e-3);
        Assert.Equal(1743.6283, fit.Deviance, 1e-4);
        Assert.True(fit.Converged);
        Assert.InRange(fit.Rounds, 2, 12);
    }

    [Fact]
    public void Sleepstudy_by_maximum_likelihood_agrees_with_lme4()
    {
        // The same with REML = FALSE: logLik -875.97.
        MixedModelResult fit = MixedModelFit.Run(SleepStudy(), restricted: false);

        Agreement.Close([251.40510, 10.46729], fit.Coefficients, 1e-6);
        Assert.Equal(23.781, fit.RandomSd(0), 1e-3);
        Assert.Equal(5.717, fit.RandomSd(1), 1e-3);
        Assert.Equal(0.081, fit.RandomCorrelation(0, 1), 1e-3);
        Assert.Equal(25.592, Math.Sqrt(fit.ResidualVariance), 1e-3);
        Assert.Equal(-875.97, fit.Deviance / -2, 5e-3);
    }

    [Fact]
    public void Sleepstudy_with_uncorrelated_effects_agrees_with_lme4()
    {
        // lme4's documentation of lmer(Reaction ~ Days + (Days || Subject), sleepstudy): REML criterion 1743.669, SD
        // 25.0513 and 5.9882, residual 25.5653.
        MixedModelResult fit = MixedModelFit.Run(SleepStudy(), uncorrelated: true);

        Assert.Equal(1743.669, fit.Deviance, 1e-3);
        Assert.Equal(25.0513, fit.RandomSd(0), 1e-3);
        Assert.Equal(5.9882, fit.RandomSd(1), 1e-3);
        Assert.Equal(25.5653, Math.Sqrt(fit.ResidualVariance), 1e-3);
        Assert.Equal(0, fit.RandomCorrelation(0, 1));
        Assert.Equal(2, fit.Theta.Length);
    }

    [Fact]
    public void Random_effects_of_a_subject_agree_with_lme4()
    {
        // ranef(fm1)$Subject["308", ] in lme4's documentation.
        LongitudinalTable table = SleepStudy();
        MixedModelResult fit = MixedModelFit.Run(table);

        (double[] mean, double[] covariance) = MixedModelFit.RandomEffects(table, 0, fit);

        Assert.Equal(308, table.PatientIds[0]);
        Agreement.Close([2.2586, 9.1990], mean, 1e-4);
        Assert.True(covariance[0] > 0 && covariance[0] < fit.RandomCovariance[0]);
    }

    [Theory]
    [InlineData(true, new[] { 0.4957246858, 0.1775030877 }, new[] { 0.05807479, 0.01241872 },
        new[] { 0.9980701207, 0.0717474518, 0.0717474518, 0.0294917413 }, 0.121773104168759, 3062.720760399203)]
    [InlineData(false, new[] { 0.4957677484, 0.1774248211 }, new[] { 0.05798011, 0.01238093 },
        new[] { 0.9946512067, 0.0715504465, 0.0715504465, 0.0292785648 }, 0.12180711852103372, 3051.856782470373)]
    public void Growth_of_bilirubin_agrees_with_statsmodels(
        bool restricted, double[] coefficients, double[] errors, double[] covariance, double residual, double deviance)
    {
        MixedModelResult fit = MixedModelFit.Run(Bilirubin(), restricted);

        Agreement.Close(coefficients, fit.Coefficients, 1e-5);
        Agreement.Close(errors, fit.StandardErrors, 1e-5);
        Agreement.Close(covariance, fit.RandomCovariance, 1e-4);
        Assert.Equal(residual, fit.ResidualVariance, 1e-5);
        Assert.True(fit.Converged);

        // The same optimum, and not above what the other optimiser found.
        Assert.InRange(fit.Deviance, deviance - 1e-3, deviance + 1e-6);
    }

    [Fact]
    public void A_random_intercept_alone_agrees_with_statsmodels()
    {
        MixedModelResult fit = MixedModelFit.Run(Bilirubin(randomColumns: 1));

        Agreement.Close([0.5706006229, 0.0950816454], fit.Coefficients, 1e-5);
        Agreement.Close([1.1950807869], fit.RandomCovariance, 1e-4);
        Assert.InRange(fit.Deviance, 3786.3610281538095 - 1e-3, 3786.3610281538095 + 1e-6);
    }

    [Fact]
    public void A_random_effect_per_hospital_without_variance_ends_on_its_boundary_as_in_statsmodels()
    {
        // cgd, one row per patient: height ~ age + (1 | center). MixedLM(...).fit(reml=True) warns of the boundary and
        // gives fe_params, scale and -2 llf.
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_cgd");
        int[] rows = [.. data.Texts("id").Index().DistinctBy(row => row.Item).Select(row => row.Index)];
        double[] height = data.Numbers("height");
        double[] age = data.Numbers("age");
        LongitudinalTable[] hospitals = [.. rows.GroupBy(row => data.Texts("center")[row]).Select(
            own => new LongitudinalTable(
                2,
                1,
                [.. own.SelectMany(row => new[] { 1, age[row] })],
                [.. own.Select(_ => 1.0)],
                [.. own.Select(row => height[row])],
                [.. own.Select(_ => 0)]))];
        LinearMixedModel model = new(2, 1);
        MixedModelIteration iteration = new(model);

        while (!iteration.Finished)
        {
            double[] theta = iteration.Theta.ToArray();
            iteration.Advance(HeartDisease.Sum(hospitals.Select(site => model.LocalStatistic(site, theta))));
        }

        MixedModelResult fit = iteration.Result();
        Assert.Equal(13, hospitals.Length);
        Agreement.Close([103.511852302825, 2.49678917014], fit.Coefficients, 1e-6);
        Assert.Equal(346.8917849930405, fit.ResidualVariance, 1e-4);
        Assert.Equal(1108.8181241533687, fit.Deviance, 1e-6);
        Assert.InRange(fit.RandomCovariance[0], 0, 1e-4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_sum_over_four_hospitals_gives_the_pooled_fit(bool restricted)
    {
        LongitudinalTable[] sites = [.. Enumerable.Range(0, 4).Select(site => Bilirubin(site: site))];
        LinearMixedModel model = new(2, 2);
        MixedModelIteration federated = new(model, restricted);

        while (!federated.Finished)
        {
            double[] theta = federated.Theta.ToArray();
            federated.Advance(HeartDisease.Sum(sites.Select(site => model.LocalStatistic(site, theta))));
        }

        MixedModelResult pooled = MixedModelFit.Run(Bilirubin(), restricted);
        MixedModelResult result = federated.Result();
        Assert.Equal(312, sites.Sum(site => site.Patients));
        Agreement.Close(pooled.Coefficients, result.Coefficients, 1e-10);
        Agreement.Close(pooled.RandomCovariance, result.RandomCovariance, 1e-10);
        Agreement.Close([pooled.Deviance, pooled.ResidualVariance], [result.Deviance, result.ResidualVariance], 1e-10);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradient_and_hessian_are_the_derivatives_of_the_deviance(bool restricted)
    {
        const double H = 1e-5;
        LongitudinalTable table = Simulated(randomSd: 1, seed: 11);
        LinearMixedModel model = new(2, 2);
        double[] theta = [1.9, 0.1, 2.1];

        ProfiledDeviance deviance = At([0, 0, 0]);

        int next = 0;
        for (int k = 0; k < 3; k++)
        {
            double[] shift = new double[3];
            shift[k] = H;
            ProfiledDeviance up = At(shift);
            shift[k] = -H;
            ProfiledDeviance down = At(shift);
            Assert.Equal((up.Value - down.Value) / (2 * H), deviance.Gradient[k], 1e-5);
            for (int l = k; l < 3; l++)
            {
                Assert.Equal((up.Gradient[l] - down.Gradient[l]) / (2 * H), deviance.PackedHessian[next++], 1e-5);
            }
        }

        ProfiledDeviance At(double[] shift) => new(
            model, model.LocalStatistic(table, [.. theta.Zip(shift, (t, s) => t + s)]), restricted);
    }

    [Fact]
    public void Patients_that_do_not_differ_get_no_random_variance()
    {
        // Residuals that cancel within every patient: the estimate of the random variance lies on its boundary.
        double[] x = [.. Enumerable.Range(0, 60).SelectMany(row => new[] { 1.0, row % 6 })];
        double[] ones = [.. Enumerable.Repeat(1.0, 60)];
        double[] y = [.. Enumerable.Range(0, 60).Select(row => (row % 6) + (row % 2 == 0 ? 0.5 : -0.5))];
        int[] patients = [.. Enumerable.Range(0, 60).Select(row => row / 6)];

        MixedModelResult fit = MixedModelFit.Run(new LongitudinalTable(2, 1, x, ones, y, patients));

        Assert.Equal(0, fit.RandomSd(0), 1e-4);
        Assert.True(double.IsNaN(fit.RandomCorrelation(0, 0)) || fit.RandomCovariance[0] < 1e-8);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(1)]
    [InlineData(20)]
    public void The_variance_of_simulated_patients_is_found_from_the_same_start(double randomSd)
    {
        // 150 patients of 6 visits, seed fixed; the bounds are four standard errors of a standard deviation of 150
        // normal effects, 4 / sqrt(300), and of its noise at the smallest: false alarm below 1e-3 for another seed.
        MixedModelResult fit = MixedModelFit.Run(Simulated(randomSd, seed: 12));

        Assert.True(fit.Converged);
        Assert.InRange(fit.RandomSd(0), (0.77 * randomSd) - 0.15, (1.23 * randomSd) + 0.15);
        Assert.InRange(Math.Sqrt(fit.ResidualVariance), 0.45, 0.55);
    }

    [Fact]
    public void Sums_and_tables_of_the_wrong_shape_are_refused()
    {
        LongitudinalTable table = new(1, 1, [1, 1], [1, 1], [2, 3], [0, 1]);
        LinearMixedModel model = new(2, 2);

        Assert.Throws<ArgumentException>(() => model.LocalStatistic(table, [1, 0, 1]));
        Assert.Throws<ArgumentException>(() => new MixedModelIteration(model).Advance([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => new LongitudinalTable(1, 1, [1], [1], [1], [1, 2]));
        Assert.Throws<ArgumentException>(() => new LongitudinalTable(1, 1, [1], [double.NaN], [1], [1]));
        Assert.Throws<InvalidOperationException>(() => new MixedModelIteration(model).Result());
    }

    private static LongitudinalTable SleepStudy()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("lme4_sleepstudy");
        double[] ones = [.. Enumerable.Repeat(1.0, data.Rows)];
        double[] design = ClinicalCsv.RowMajor(ones, data.Numbers("Days"));
        int[] subjects = [.. data.Numbers("Subject").Select(subject => (int)subject)];
        return new LongitudinalTable(2, 2, design, design, data.Numbers("Reaction"), subjects);
    }

    /// <summary>ln(bilirubin) of pbcseq by years since entry; a site is patient number mod 4, −1 is all.</summary>
    private static LongitudinalTable Bilirubin(int randomColumns = 2, int site = -1)
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_pbcseq").Complete("bili");
        int[] all = [.. data.Numbers("id").Select(id => (int)id)];
        double[] years = [.. data.Numbers("day").Select(day => day / 365.25)];
        double[] bilirubin = [.. data.Numbers("bili").Select(DeterministicMath.Log)];
        int[] rows = [.. Enumerable.Range(0, all.Length).Where(row => site < 0 || all[row] % 4 == site)];
        double[] design = [.. rows.SelectMany(row => new[] { 1, years[row] })];
        return new LongitudinalTable(
            2,
            randomColumns,
            design,
            randomColumns == 2 ? design : [.. rows.Select(_ => 1.0)],
            [.. rows.Select(row => bilirubin[row])],
            [.. rows.Select(row => all[row])]);
    }

    /// <summary>y = 1 + t + b0 + b1 t + e, b0 and b1 of the same spread, e of 0.5.</summary>
    private static LongitudinalTable Simulated(double randomSd, ulong seed)
    {
        PhiloxStream random = new(seed, 0);
        List<double> design = [];
        List<double> responses = [];
        List<int> patients = [];
        for (int patient = 0; patient < 150; patient++)
        {
            double intercept = 1 + (randomSd * random.NextNormal());
            double slope = 1 + (randomSd * random.NextNormal());
            for (int visit = 0; visit < 6; visit++)
            {
                design.AddRange([1, visit]);
                responses.Add(intercept + (slope * visit) + (0.5 * random.NextNormal()));
                patients.Add(patient);
            }
        }

        return new LongitudinalTable(2, 2, [.. design], [.. design], [.. responses], [.. patients]);
    }
}
