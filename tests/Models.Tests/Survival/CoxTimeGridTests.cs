using DigitalTwin.Models.Survival;

namespace DigitalTwin.Models.Tests.Survival;

// Goal: with all events on the grid, risk sets summed over hospitals give the unstratified pooled fit. Method: random
// whole days split over three sites, and lung split by institution on a grid of its own event times.
public sealed class CoxTimeGridTests
{
    [Theory]
    [InlineData(CoxTies.Efron)]
    [InlineData(CoxTies.Breslow)]
    public void With_events_on_the_grid_the_statistic_is_that_of_the_pooled_rows(CoxTies ties)
    {
        SurvivalTable pooled = SurvivalData.Unstratified(SurvivalData.Random(rows: 90, seed: 9));
        CoxTimeGrid grid = new([.. Enumerable.Range(1, 30).Select(day => (double)day)], [0.1, -0.2]);
        double[] coefficients = [0.5, -0.2];

        double[] sum = HeartDisease.Sum(Enumerable.Range(0, 90).Chunk(30).Select(
            rows => grid.LocalStatistic(pooled.Select(rows), coefficients)));

        Agreement.Close(
            CoxLikelihood.LocalStatistic(pooled, coefficients, ties), grid.ToLikelihood(sum, ties), 1e-12);
    }

    [Fact]
    public void Lung_split_by_institution_gives_the_unstratified_fit_and_baseline()
    {
        SurvivalTable byInstitution = SurvivalData.Lung();
        SurvivalTable pooled = SurvivalData.Unstratified(byInstitution);
        int[] all = [.. Enumerable.Range(0, pooled.Rows)];
        int[][] sites = [.. all.GroupBy(byInstitution.Stratum).Select(group => group.ToArray())];
        double[] times = [.. all.Where(pooled.HasEvent).Select(pooled.Stop).Distinct().Order()];
        CoxTimeGrid grid = new(times, [60, 1.5, 1]);
        CoxIteration federated = new(3);

        double[] sum = [];
        while (!federated.Finished)
        {
            double[] coefficients = federated.Coefficients.ToArray();
            sum = HeartDisease.Sum(sites.Select(rows => grid.LocalStatistic(pooled.Select(rows), coefficients)));
            federated.Advance(grid.ToLikelihood(sum, CoxTies.Efron));
        }

        CoxResult fit = CoxFit.Run(pooled);
        Agreement.Close(fit.Coefficients, federated.Result().Coefficients, 1e-10);
        Agreement.Close(fit.StandardErrors, federated.Result().StandardErrors, 1e-10);
        double[] origin = [60, 1.5, 1];
        Assert.Equal(
            BaselineHazard.Of(pooled, fit.Coefficients).Survival(365, fit.Coefficients, origin),
            grid.Baseline(sum, CoxTies.Efron).Survival(365, fit.Coefficients, [0, 0, 0]),
            1e-9);
    }

    [Fact]
    public void An_event_between_grid_times_counts_at_the_next_and_one_after_the_last_is_censored()
    {
        CoxTimeGrid grid = new([10, 20], [0]);
        SurvivalTable table = new(1, [1, 2, 3, 4], [5, 12, 15, 25], [1, 1, 0, 1]);
        SurvivalTable asCounted = new(1, [1, 2, 3, 4], [10, 20, 15, 25], [1, 1, 0, 0]);

        double[] actual = grid.ToLikelihood(grid.LocalStatistic(table, [0.3]), CoxTies.Efron);

        Agreement.Close(CoxLikelihood.LocalStatistic(asCounted, [0.3], CoxTies.Efron), actual, 1e-12);
    }

    [Fact]
    public void Grids_and_sums_of_the_wrong_shape_are_refused()
    {
        CoxTimeGrid grid = new([1, 2], [0]);

        Assert.Throws<ArgumentException>(() => new CoxTimeGrid([2, 1], [0]));
        Assert.Throws<ArgumentException>(() => new CoxTimeGrid([], [0]));
        Assert.Throws<ArgumentException>(() => grid.ToLikelihood([1, 2], CoxTies.Efron));
        Assert.Throws<ArgumentException>(() => grid.LocalStatistic(SurvivalData.Random(5, 1), [0, 0]));
    }
}
