using DigitalTwin.Models.MixedEffects;

namespace DigitalTwin.Models.Tests.MixedEffects;

// Goal: pharmacokinetics of a population agree with R's nlme and with an independent alternation, the linear case is
// the linear mixed model, and the sum over hospitals gives the pooled fit. Method: Theoph (12 subjects, oral
// theophylline); nlme's documented fit of conc ~ SSfol(Dose, Time, lKe, lKa, lCl) with uncorrelated random lKa and lCl
// (lKe -2.4546, lKa 0.4655, lCl -3.2272); the alternation in numpy and scipy 1.10.1, every
// working model solved by Nelder-Mead, central differences for the curve.
public sealed class NonlinearMixedModelTests
{
    private static readonly double[] Start = [-2.4, 0.45, -3.2];

    [Fact]
    public void Theophylline_agrees_with_nlme_and_an_independent_alternation()
    {
        (Table table, int[] subjects) = Theophylline();

        MixedModelResult fit = Fit(Model(uncorrelated: true), Start, (table, subjects));

        Agreement.Close([-2.4546, 0.4655, -3.2272], fit.Coefficients, 2e-4);
        Agreement.Close([-2.4546786384, 0.4656348934, -3.2272121053], fit.Coefficients, 1e-6);
        Agreement.Close([0.0518896551, 0.1963239858, 0.0593230194], fit.StandardErrors, 1e-6);
        Agreement.Close([0.4143478246, 0, 0, 0.0278640077], fit.RandomCovariance, 1e-6);
        Assert.Equal(0.503024045289449, fit.ResidualVariance, 1e-6);
        Assert.Equal(-177.02233615987237, fit.Deviance / -2, 1e-6);
        Assert.True(fit.Converged);
    }

    [Fact]
    public void Correlated_effects_agree_with_the_independent_alternation()
    {
        (Table table, int[] subjects) = Theophylline();

        MixedModelResult fit = Fit(Model(uncorrelated: false), Start, (table, subjects));

        Agreement.Close([-2.4546960416, 0.465642764, -3.227223691], fit.Coefficients, 1e-6);
        Assert.Equal(-2.0558e-4, fit.RandomCovariance[1], 1e-6);
        Assert.Equal(-177.02221547265663, fit.Deviance / -2, 1e-6);
    }

    [Fact]
    public void The_sum_over_three_hospitals_gives_the_pooled_fit()
    {
        (Table table, int[] subjects) = Theophylline();
        (Table, int[])[] sites = [.. Enumerable.Range(0, table.Rows).GroupBy(row => subjects[row] % 3).Select(
            rows => (table.Select([.. rows]), rows.Select(row => subjects[row]).ToArray()))];

        MixedModelResult pooled = Fit(Model(uncorrelated: true), Start, (table, subjects));
        MixedModelResult federated = Fit(Model(uncorrelated: true), Start, sites);

        Assert.Equal(3, sites.Length);
        Assert.Equal(pooled.Rounds, federated.Rounds);
        Agreement.Close(pooled.Coefficients, federated.Coefficients, 1e-10);
        Agreement.Close(pooled.RandomCovariance, federated.RandomCovariance, 1e-10);
    }

    [Fact]
    public void A_linear_curve_gives_the_linear_mixed_model()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("lme4_sleepstudy");
        double[] days = data.Numbers("Days");
        int[] subjects = [.. data.Numbers("Subject").Select(subject => (int)subject)];
        double[] design = [.. days.SelectMany(day => new[] { 1, day })];
        double[] reactions = data.Numbers("Reaction");

        MixedModelResult linear = MixedModelFit.Run(
            new LongitudinalTable(2, 2, design, design, reactions, subjects), restricted: false);
        MixedModelResult curved = Fit(
            new NonlinearMixedModel(Line, 2, [0, 1]), [200, 0], (new Table(1, days, reactions), subjects));

        Agreement.Close(linear.Coefficients, curved.Coefficients, 1e-6);
        Agreement.Close(linear.RandomCovariance, curved.RandomCovariance, 1e-5);
        Assert.Equal(linear.Deviance, curved.Deviance, 1e-7);

        static double Line(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, Span<double> gradient)
        {
            gradient[0] = 1;
            gradient[1] = row[0];
            return parameters[0] + (parameters[1] * row[0]);
        }
    }

    [Theory]
    [InlineData(-2.4, 0.45, -3.2, 5)]
    [InlineData(-1, -1, 0, 3)]
    [InlineData(-1, -0.999, 0, 3)]
    [InlineData(-1, -0.9, 0, 1)]
    [InlineData(0.5, -2, 0, 2)]
    [InlineData(-2.4, 0.45, -3.2, 0)]
    public void The_oral_curve_is_the_difference_of_exponentials_with_its_derivatives(
        double lnElimination, double lnAbsorption, double lnClearance, double hours)
    {
        const double H = 1e-6;
        double[] parameters = [lnElimination, lnAbsorption, lnClearance];
        double[] gradient = new double[3];

        double actual = Pharmacokinetics.OralOneCompartment(parameters, [4, hours], gradient);

        double elimination = Math.Exp(lnElimination);
        double absorption = Math.Exp(lnAbsorption);
        double expected = lnElimination == lnAbsorption
            ? 4 * elimination * elimination / Math.Exp(lnClearance) * hours * Math.Exp(-elimination * hours)
            : 4 * elimination * absorption / Math.Exp(lnClearance) / (absorption - elimination)
                * (Math.Exp(-elimination * hours) - Math.Exp(-absorption * hours));
        Assert.Equal(expected, actual, 1e-12);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((Shifted(i, +H) - Shifted(i, -H)) / (2 * H), gradient[i], 1e-7);
        }

        double Shifted(int parameter, double shift)
        {
            double[] shifted = [.. parameters];
            shifted[parameter] += shift;
            return Pharmacokinetics.OralOneCompartment(shifted, [4, hours], new double[3]);
        }
    }

    [Fact]
    public void A_patient_without_measurements_is_the_population_and_each_one_draws_nearer_to_the_data()
    {
        (Table table, int[] subjects) = Theophylline();
        NonlinearMixedModel model = Model(uncorrelated: true);
        MixedModelResult fit = Fit(model, Start, (table, subjects));
        int[] own = [.. Enumerable.Range(0, table.Rows).Where(row => subjects[row] == 1)];

        double[] nobody = model.PatientParameters(table.Select([]), fit);
        double[] patient = model.PatientParameters(table.Select(own), fit);

        Agreement.SameBits(fit.Coefficients, nobody);
        Assert.True(SquaredError(patient) < 0.7 * SquaredError(nobody));

        double SquaredError(double[] parameters) => own.Sum(row =>
        {
            double error = table.Label(row)
                - Pharmacokinetics.OralOneCompartment(parameters, table.Row(row), new double[3]);
            return error * error;
        });
    }

    [Fact]
    public void Wrong_shapes_and_curves_that_overflow_are_refused()
    {
        NonlinearMixedModel model = Model(uncorrelated: true);
        Table one = new(2, [4, 1], [5]);

        Assert.Throws<ArgumentException>(() => new NonlinearMixedModel(Pharmacokinetics.OralOneCompartment, 3, [3]));
        Assert.Throws<ArgumentException>(() => new NonlinearMixedModel(Pharmacokinetics.OralOneCompartment, 3, [1, 1]));
        Assert.Throws<ArgumentException>(() => model.LocalStatistic(one, [1], [0, 0, -2000], [1, 1]));
        Assert.Throws<ArgumentException>(() => model.LocalStatistic(one, [1, 2], Start, [1, 1]));
        Assert.Throws<ArgumentException>(() => new NonlinearMixedIteration(model, [1]));
        Assert.Throws<ArgumentException>(() => new NonlinearMixedIteration(model, Start).Advance([1, 2]));
        Assert.Throws<InvalidOperationException>(() => new NonlinearMixedIteration(model, Start).Result());
    }

    private static NonlinearMixedModel Model(bool uncorrelated) =>
        new(Pharmacokinetics.OralOneCompartment, Pharmacokinetics.OralParameters, [1, 2], uncorrelated);

    private static MixedModelResult Fit(
        NonlinearMixedModel model, double[] start, params (Table Table, int[] Patients)[] sites)
    {
        NonlinearMixedIteration iteration = new(model, start);
        while (!iteration.Converged && iteration.Rounds < 100)
        {
            double[] coefficients = iteration.Coefficients.ToArray();
            double[] theta = iteration.Theta.ToArray();
            iteration.Advance(HeartDisease.Sum(
                sites.Select(site => model.LocalStatistic(site.Table, site.Patients, coefficients, theta))));
        }

        return iteration.Result();
    }

    private static (Table Table, int[] Subjects) Theophylline()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("datasets_Theoph");
        return (
            new Table(2, ClinicalCsv.RowMajor(data.Numbers("Dose"), data.Numbers("Time")), data.Numbers("conc")),
            [.. data.Numbers("Subject").Select(subject => (int)subject)]);
    }
}
