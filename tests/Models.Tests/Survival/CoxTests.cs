using DigitalTwin.Models.Survival;

namespace DigitalTwin.Models.Tests.Survival;

// Goal: Cox regression agrees with R's documented output and with independent implementations, and the sum over
// hospitals is the stratified fit. Method: lung against survival's printed example and Debian's statsmodels 0.13.5
// (PHReg, then Newton on its score and hessian to the last digit); cgd against a loop over event times in numpy that
// forms each risk set t0 < t <= t1 anew; central differences on random tables.
public sealed class CoxTests
{
    [Fact]
    public void Lung_agrees_with_the_printed_output_of_r()
    {
        // survival 3.5: coxph(Surv(time, status) ~ age + sex + ph.ecog, lung), n = 227, 164 events: coef 0.011067,
        // -0.552612, 0.463728; se 0.009267, 0.167739, 0.113577; likelihood ratio test 30.5; concordance 0.637.
        SurvivalTable lung = SurvivalData.Unstratified(SurvivalData.Lung());

        CoxResult fit = CoxFit.Run(lung);

        Agreement.Close([0.011067, -0.552612, 0.463728], fit.Coefficients, 1e-6);
        Agreement.Close([0.009267, 0.167739, 0.113577], fit.StandardErrors, 1e-6);
        Assert.Equal((227.0, 164.0), (fit.Rows, fit.Events));
        Assert.Equal(30.5, 2 * (fit.LogLikelihood - fit.NullLogLikelihood), 0.05);
        double[] risks = [.. Enumerable.Range(0, lung.Rows).Select(row => Risk(lung.Row(row), fit.Coefficients))];
        Assert.Equal(0.637, Concordance.Of(Concordance.LocalStatistic(lung, risks)), 0.0005);
        Assert.True(fit.Converged);
    }

    [Theory]
    [InlineData(CoxTies.Efron, 0.011066764596, -0.552612395532, 0.463728475116, -729.230121374862, -744.4804557614401)]
    [InlineData(CoxTies.Breslow, 0.011041136386, -0.551889569638, 0.462947040335, -729.4887051767731,
        -744.6928192661609)]
    public void Lung_agrees_with_statsmodels_under_both_rules_for_ties(
        CoxTies ties, double age, double sex, double ecog, double logLikelihood, double nullLogLikelihood)
    {
        CoxResult fit = CoxFit.Run(SurvivalData.Unstratified(SurvivalData.Lung()), ties);

        Agreement.Close([age, sex, ecog], fit.Coefficients, 1e-10);
        Assert.Equal(logLikelihood, fit.LogLikelihood, 1e-8);
        Assert.Equal(nullLogLikelihood, fit.NullLogLikelihood, 1e-8);
    }

    [Fact]
    public void Lung_by_institution_agrees_with_statsmodels_and_with_the_sum_over_institutions()
    {
        // PHReg(..., strata=inst) on the 226 rows whose institution is known.
        SurvivalTable lung = SurvivalData.LungOfKnownInstitution();
        int[][] hospitals = [.. Enumerable.Range(0, lung.Rows).GroupBy(lung.Stratum).Select(group => group.ToArray())];
        SurvivalTable[] sites = [.. hospitals.Select(rows => SurvivalData.Unstratified(lung.Select(rows)))];
        CoxIteration federated = new(lung.Columns);

        while (!federated.Finished)
        {
            double[] coefficients = federated.Coefficients.ToArray();
            federated.Advance(HeartDisease.Sum(
                sites.Select(site => CoxLikelihood.LocalStatistic(site, coefficients, CoxTies.Efron))));
        }

        CoxResult pooled = CoxFit.Run(lung);
        Assert.Equal(18, sites.Length);
        Agreement.Close([0.009561341697, -0.547356676849, 0.59725324468], pooled.Coefficients, 1e-10);
        Agreement.Close([0.010291850906, 0.181844719207, 0.137822833005], pooled.StandardErrors, 1e-10);
        Assert.Equal(-311.2495694735964, pooled.LogLikelihood, 1e-8);
        Agreement.Close(pooled.Coefficients, federated.Result().Coefficients, 1e-12);
        Agreement.Close(pooled.StandardErrors, federated.Result().StandardErrors, 1e-12);
        Assert.Equal(pooled.LogLikelihood, federated.Result().LogLikelihood, 1e-10);
    }

    [Theory]
    [InlineData(CoxTies.Efron, new[] { -1.099759458126, 0.38252864531, -0.039674640402, 1.061526096207 },
        new[] { 0.262468984274, 0.245556878105, 0.014005906139, 0.527309827882 }, -326.5341912149407)]
    [InlineData(CoxTies.Breslow, new[] { -1.101978921814, 0.382354743348, -0.039592793918, 1.059655306703 },
        new[] { 0.262554551085, 0.245543716425, 0.014000709028, 0.527371351056 }, -326.6683999492074)]
    public void Recurrent_infections_agree_with_a_loop_over_event_times(
        CoxTies ties, double[] coefficients, double[] standardErrors, double logLikelihood)
    {
        CoxResult fit = CoxFit.Run(SurvivalData.Infections(), ties);

        Agreement.Close(coefficients, fit.Coefficients, 1e-10);
        Agreement.Close(standardErrors, fit.StandardErrors, 1e-9);
        Assert.Equal(logLikelihood, fit.LogLikelihood, 1e-9);
        Assert.Equal((203.0, 76.0), (fit.Rows, fit.Events));
    }

    [Theory]
    [InlineData(CoxTies.Efron)]
    [InlineData(CoxTies.Breslow)]
    public void Statistic_holds_the_derivatives_of_its_loss(CoxTies ties)
    {
        const double H = 1e-5;
        SurvivalTable table = SurvivalData.Random(rows: 80, seed: 7);
        double[] coefficients = [0.4, -0.3];

        double[] statistic = CoxLikelihood.LocalStatistic(table, coefficients, ties);

        int next = 5;
        for (int i = 0; i < 2; i++)
        {
            double[] up = Shifted(i, +H);
            double[] down = Shifted(i, -H);
            Assert.Equal((up[2] - down[2]) / (2 * H), statistic[3 + i], 1e-6);
            for (int j = i; j < 2; j++, next++)
            {
                Assert.Equal((up[3 + j] - down[3 + j]) / (2 * H), statistic[next], 1e-6);
            }
        }

        double[] Shifted(int column, double shift)
        {
            double[] shifted = [.. coefficients];
            shifted[column] += shift;
            return CoxLikelihood.LocalStatistic(table, shifted, ties);
        }
    }

    [Fact]
    public void A_departed_row_of_overwhelming_weight_leaves_no_rounding_behind()
    {
        // The first row outweighs the others by e^40 and leaves at 2; the event at 1 must see only rows 2 to 4.
        SurvivalTable with = new(1, [40, 0.1, 0.2, 0.3], [9, 1, 1.5, 1.7], [0, 1, 0, 0], [2, 0, 0, 0]);
        SurvivalTable without = with.Select([1, 2, 3]);

        double[] expected = CoxLikelihood.LocalStatistic(without, [1], CoxTies.Efron);
        double[] actual = CoxLikelihood.LocalStatistic(with, [1], CoxTies.Efron);

        Agreement.Close(expected.AsSpan(1), actual.AsSpan(1), 1e-9);
    }

    [Fact]
    public void A_feature_that_orders_the_events_ends_finite_and_not_converged_without_a_ridge()
    {
        SurvivalTable table = new(1, [4, 3, 2, 1], [1, 2, 3, 4], [1, 1, 1, 1]);

        CoxResult free = CoxFit.Run(table);
        CoxResult ridged = CoxFit.Run(table, l2: 1);

        Assert.False(free.Converged);
        Assert.True(double.IsFinite(free.Coefficients[0]));
        Assert.True(ridged.Converged);
    }

    [Fact]
    public void An_absurd_step_gives_a_finite_sum()
    {
        SurvivalTable table = SurvivalData.Random(rows: 40, seed: 8);

        double[] statistic = CoxLikelihood.LocalStatistic(table, [1e6, -1e6], CoxTies.Efron);

        Assert.All(statistic, entry => Assert.True(double.IsFinite(entry)));
    }

    [Fact]
    public void Rows_that_are_no_intervals_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new SurvivalTable(1, [1], [1], [1], [1]));
        Assert.Throws<ArgumentException>(() => new SurvivalTable(1, [1], [double.NaN], [1]));
        Assert.Throws<ArgumentException>(() => new SurvivalTable(1, [1], [1], [2]));
        Assert.Throws<ArgumentException>(() => new SurvivalTable(1, [1], [1, 2], [1]));
    }

    private static double Risk(ReadOnlySpan<double> features, double[] coefficients) =>
        features.ToArray().Zip(coefficients, (x, b) => x * b).Sum();
}
