using DigitalTwin.Models.Survival;

namespace DigitalTwin.Models.Tests.Survival;

// Goal: robust standard errors are those of independent implementations, do not depend on how a follow-up is cut into
// rows, and add up over hospitals. Method: lung clustered by institution against Debian's statsmodels 0.13.5,
// PHReg(ties='breslow').fit(groups=inst); cgd clustered by patient against a loop over event times in numpy that forms
// each risk set anew, which gives statsmodels' numbers on lung.
public sealed class CoxRobustTests
{
    [Theory]
    [InlineData(CoxTies.Breslow, 0.006858276179, 0.111792481972, 0.114755520905)]
    [InlineData(CoxTies.Efron, 0.006879076794, 0.112075445069, 0.115227397037)]
    public void Lung_clustered_by_institution_agrees(CoxTies ties, double age, double sex, double ecog)
    {
        SurvivalTable lung = SurvivalData.Lung();
        int[] institutions = [.. Enumerable.Range(0, lung.Rows).Select(lung.Stratum)];

        Agreement.Close(
            [age, sex, ecog], StandardErrors(SurvivalData.Unstratified(lung), institutions, ties), 1e-9);
    }

    [Theory]
    [InlineData(CoxTies.Efron, new[] { 0.309312617833, 0.320772064803, 0.014851097612, 0.590588422867 })]
    [InlineData(CoxTies.Breslow, new[] { 0.308458044485, 0.320598602069, 0.014807070799, 0.587675497526 })]
    public void Recurrent_infections_clustered_by_patient_agree(CoxTies ties, double[] expected)
    {
        int[] patients = [.. ClinicalCsv.LoadOrSkip("survival_cgd").Numbers("id").Select(id => (int)id)];

        Agreement.Close(expected, StandardErrors(SurvivalData.Infections(), patients, ties), 1e-8);
    }

    [Fact]
    public void A_follow_up_cut_in_two_rows_of_one_cluster_changes_nothing()
    {
        SurvivalTable whole = new(1, [1, 2, 3, 0.5], [4, 5, 6, 2], [1, 0, 1, 1], [0, 0, 0, 0]);
        SurvivalTable cut = new(1, [1, 1, 2, 3, 0.5], [3, 4, 5, 6, 2], [0, 1, 0, 1, 1], [0, 3, 0, 0, 0]);

        Agreement.Close(
            CoxRobust.LocalStatistic(whole, [1, 2, 3, 4], [0.4], CoxTies.Efron),
            CoxRobust.LocalStatistic(cut, [1, 1, 2, 3, 4], [0.4], CoxTies.Efron),
            1e-14);
    }

    [Fact]
    public void Statistics_of_hospitals_add_up_to_that_of_the_stratified_table()
    {
        SurvivalTable table = SurvivalData.Random(rows: 90, seed: 18);
        int[] clusters = [.. Enumerable.Range(0, 90).Select(row => (table.Stratum(row) * 100) + (row % 7))];

        double[] sum = HeartDisease.Sum(Enumerable.Range(0, 90).GroupBy(table.Stratum).Select(
            rows => CoxRobust.LocalStatistic(
                table.Select([.. rows]), [.. rows.Select(row => clusters[row])], [0.2, -0.1], CoxTies.Efron)));

        Agreement.Close(CoxRobust.LocalStatistic(table, clusters, [0.2, -0.1], CoxTies.Efron), sum, 1e-12);
    }

    [Fact]
    public void Wrong_shapes_are_refused()
    {
        SurvivalTable table = new(1, [1], [1], [1]);

        Assert.Throws<ArgumentException>(() => CoxRobust.LocalStatistic(table, [1, 2], [0], CoxTies.Efron));
        Assert.Throws<ArgumentException>(() => CoxRobust.LocalStatistic(table, [1], [0, 0], CoxTies.Efron));
        Assert.Throws<ArgumentException>(() => CoxRobust.StandardErrors([1, 2], [1, 2], 1));
    }

    private static double[] StandardErrors(SurvivalTable table, int[] clusters, CoxTies ties)
    {
        double[] coefficients = CoxFit.Run(table, ties).Coefficients;
        return CoxRobust.StandardErrors(
            CoxRobust.LocalStatistic(table, clusters, coefficients, ties),
            CoxLikelihood.LocalStatistic(table, coefficients, ties),
            table.Columns);
    }
}
