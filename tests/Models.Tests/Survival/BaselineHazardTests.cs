using DigitalTwin.Models.Survival;

namespace DigitalTwin.Models.Tests.Survival;

// Goal: the baseline hazard is Breslow's estimator. Method: with zero coefficients it is the Nelson-Aalen curve, worked
// by hand; with fitted ones the expected events of all rows sum to the observed, which defines it.
public sealed class BaselineHazardTests
{
    [Fact]
    public void Without_effects_it_is_the_nelson_aalen_estimator()
    {
        SurvivalTable table = new(1, [1, 2, 3, 4, 5], [1, 2, 2, 3, 4], [1, 1, 1, 0, 1]);

        BaselineHazard breslow = BaselineHazard.Of(table, [0], CoxTies.Breslow);
        BaselineHazard efron = BaselineHazard.Of(table, [0], CoxTies.Efron);

        Assert.Equal([1, 2, 4], breslow.Times.ToArray());
        Agreement.Close([0.2, 0.2 + (2.0 / 4), 0.2 + (2.0 / 4) + 1], breslow.Cumulative, 1e-14);
        Agreement.Close(
            [0.2, 0.2 + (1.0 / 4) + (1.0 / 3), 0.2 + (1.0 / 4) + (1.0 / 3) + 1], efron.Cumulative, 1e-14);
        Assert.Equal(0, breslow.CumulativeAt(0.5));
        Assert.Equal(breslow.CumulativeAt(2), breslow.CumulativeAt(3.9));
    }

    [Fact]
    public void Expected_events_of_the_fitted_rows_sum_to_the_observed()
    {
        SurvivalTable lung = SurvivalData.Unstratified(SurvivalData.Lung());
        CoxResult fit = CoxFit.Run(lung, CoxTies.Breslow);

        BaselineHazard baseline = BaselineHazard.Of(lung, fit.Coefficients, CoxTies.Breslow);

        double expected = Enumerable.Range(0, lung.Rows).Sum(row =>
            -Math.Log(baseline.Survival(lung.Stop(row), fit.Coefficients, lung.Row(row))));
        Assert.Equal(164, expected, 1e-8);
    }

    [Fact]
    public void A_stratum_without_rows_has_no_hazard()
    {
        SurvivalTable table = new(1, [1], [1], [1]);

        BaselineHazard hazard = BaselineHazard.Of(table, [0.5], stratum: 3);

        Assert.Equal(0, hazard.Times.Length);
        Assert.Equal(1, hazard.Survival(5, [0.5], [1]));
    }
}
