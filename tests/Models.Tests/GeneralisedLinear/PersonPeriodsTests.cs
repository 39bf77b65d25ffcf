using DigitalTwin.Models.GeneralisedLinear;

namespace DigitalTwin.Models.Tests.GeneralisedLinear;

// Goal: the expansion counts every interval once, and a hazard fitted on it is that of an independent implementation.
// Method: patients worked by hand; lung cut at 90 to 720 days, expanded in Python by its own loop, and statsmodels
// 0.13.5 sm.GLM(y, X, Binomial(link)).fit(tol=1e-14): params of age, sex, ph.ecog and of the first interval.
public sealed class PersonPeriodsTests
{
    private static readonly double[] Cuts = [90, 180, 270, 360, 540, 720];

    [Fact]
    public void Each_patient_has_a_row_per_interval_survived_and_one_for_the_event()
    {
        // Event at 15; censored inside (10, 20]; censored at the cut 20; censored after the last cut.
        Table patients = new(1, [1, 2, 3, 4], [1, 0, 0, 1]);

        Table rows = PersonPeriods.Expand(patients, [15, 15, 20, 99], [10, 20, 30]);

        Assert.Equal(
            [
                "1 0 0 1:0", "0 1 0 1:1", "1 0 0 2:0", "1 0 0 3:0", "0 1 0 3:0", "1 0 0 4:0", "0 1 0 4:0", "0 0 1 4:0",
            ],
            Enumerable.Range(0, rows.Rows).Select(
                row => $"{string.Join(' ', rows.Row(row).ToArray())}:{rows.Label(row)}"));
    }

    [Fact]
    public void Logistic_hazard_of_lung_agrees_with_statsmodels()
    {
        GlmResult fit = LungHazard(GlmFamily.Logistic);

        Assert.Equal(741, fit.Rows);
        Agreement.Close([0.009794263635, -0.713081733143, 0.570886309803], fit.Parameters.AsSpan(6), 1e-9);
        Agreement.Close([0.011007706096, 0.203636816766, 0.1415777208], fit.StandardErrors.AsSpan(6), 1e-9);
        Assert.Equal(-2.324606909832, fit.Parameters[0], 1e-9);
        Assert.Equal(689.6208858466639, fit.Deviance, 1e-8);
    }

    [Fact]
    public void Grouped_proportional_hazards_of_lung_agree_with_statsmodels()
    {
        GlmResult fit = LungHazard(GlmFamily.ComplementaryLogLog);

        Agreement.Close([0.009019235058, -0.598499063402, 0.473036073869], fit.Parameters.AsSpan(6), 1e-8);
        Agreement.Close([0.009382597152, 0.174421070926, 0.117960629138], fit.StandardErrors.AsSpan(6), 1e-8);
        Assert.Equal(-2.378365551814, fit.Parameters[0], 1e-8);
        Assert.Equal(690.5157501773012, fit.Deviance, 1e-8);
    }

    [Fact]
    public void Without_features_survival_is_the_life_table()
    {
        // Ten patients, a constant feature: two events in the first interval, four of eight in the second.
        double[] times = [5, 5, 15, 15, 15, 15, 25, 25, 25, 25];
        double[] events = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0];
        Table rows = PersonPeriods.Expand(new Table(1, new double[10], events), times, [10, 20]);
        GeneralisedLinearModel model = new(GlmFamily.Logistic, 3, hasIntercept: false);
        GlmIteration iteration = new(model, PersonPeriods.Ridge(2, 1, l2: 1));

        iteration.Advance(model.StartStatistic(rows));
        while (!iteration.Finished)
        {
            iteration.Advance(model.LocalStatistic(rows, iteration.Parameters));
        }

        Agreement.Close([0.8, 0.4], PersonPeriods.Survival(model, iteration.Parameters, [0]), 1e-10);
    }

    [Fact]
    public void Falling_cuts_and_times_of_zero_are_refused()
    {
        Table patient = new(1, [1], [1]);

        Assert.Throws<ArgumentException>(() => PersonPeriods.Expand(patient, [1], [2, 1]));
        Assert.Throws<ArgumentException>(() => PersonPeriods.Expand(patient, [0], [1]));
        Assert.Throws<ArgumentException>(() => PersonPeriods.Expand(patient, [1, 2], [1]));
    }

    private static GlmResult LungHazard(GlmFamily family)
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_lung").Complete("ph.ecog");
        Table patients = new(
            3,
            ClinicalCsv.RowMajor(data.Numbers("age"), data.Numbers("sex"), data.Numbers("ph.ecog")),
            data.Is("status", "2"));
        Table rows = PersonPeriods.Expand(patients, data.Numbers("time"), Cuts);
        return GlmFit.Run(new GeneralisedLinearModel(family, rows.Columns, hasIntercept: false), rows);
    }
}
