using DigitalTwin.Models.GeneralisedLinear;
using DigitalTwin.Models.MixedEffects;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Survival;

namespace DigitalTwin.Models.Tests;

// Goal: the iterations end, and end at the optimum, when every site's statistic is rounded to a fixed-point step before
// it is added, as secure sums do. Method: a step of 2^-24, three sites, tolerances of the size of that noise.
public sealed class FixedPointSumTests
{
    private const int Sites = 3;
    private const double Step = 1.0 / (1 << 24);

    [Fact]
    public void Poisson_regression_ends_at_the_pooled_optimum()
    {
        PhiloxStream random = new(20, 0);
        double[] features = [.. Enumerable.Range(0, 400).Select(_ => random.NextNormal())];
        double[] labels = [.. Enumerable.Range(0, 200).Select(_ => (double)random.NextBelow(6))];
        Table table = new(2, features, labels);
        GeneralisedLinearModel model = new(GlmFamily.Poisson, 2);
        GlmIteration iteration = new(model, model.Ridge(0.5), tolerance: 1e-6);

        iteration.Advance(Sum(200, rows => model.StartStatistic(table.Select(rows))));
        while (!iteration.Finished && iteration.Rounds < 50)
        {
            double[] parameters = iteration.Parameters.ToArray();
            iteration.Advance(Sum(200, rows => model.LocalStatistic(table.Select(rows), parameters)));
        }

        Assert.True(iteration.Converged);
        Agreement.Close(GlmFit.Run(model, table, l2: 0.5).Parameters, iteration.Parameters, 1e-6);
    }

    [Fact]
    public void Cox_regression_on_a_grid_ends_at_the_pooled_optimum()
    {
        SurvivalTable table = Survival.SurvivalData.Unstratified(Survival.SurvivalData.Random(rows: 90, seed: 21));
        CoxTimeGrid grid = new([.. Enumerable.Range(1, 30).Select(day => (double)day)], [0, 0]);
        CoxIteration iteration = new(2, tolerance: 1e-6);

        while (!iteration.Finished && iteration.Rounds < 50)
        {
            double[] coefficients = iteration.Coefficients.ToArray();
            double[] sum = Sum(90, rows => grid.LocalStatistic(table.Select(rows), coefficients));
            iteration.Advance(grid.ToLikelihood(sum, CoxTies.Efron));
        }

        Assert.True(iteration.Converged);
        Agreement.Close(CoxFit.Run(table).Coefficients, iteration.Coefficients, 1e-5);
    }

    [Fact]
    public void A_mixed_model_ends_at_the_pooled_optimum()
    {
        PhiloxStream random = new(22, 0);
        double[] effects = [.. Enumerable.Range(0, 60).Select(_ => random.NextNormal())];
        double[] ones = [.. Enumerable.Repeat(1.0, 300)];
        double[] responses = [.. Enumerable.Range(0, 300).Select(row => 1 + effects[row % 60] + random.NextNormal())];
        LinearMixedModel model = new(1, 1);
        MixedModelIteration iteration = new(model, tolerance: 1e-5);

        while (!iteration.Finished && iteration.Rounds < 50)
        {
            double[] theta = iteration.Theta.ToArray();

            // Rows of a patient are 60 apart and stay together under a split by remainders of 3.
            iteration.Advance(Sum(300, rows => model.LocalStatistic(TableOf(rows), theta)));
        }

        MixedModelResult pooled = MixedModelFit.Run(TableOf([.. Enumerable.Range(0, 300)]));
        Assert.True(iteration.Converged);
        Assert.Equal(pooled.RandomCovariance[0], iteration.Result().RandomCovariance[0], 1e-5);
        Assert.Equal(pooled.Coefficients[0], iteration.Result().Coefficients[0], 1e-5);

        LongitudinalTable TableOf(int[] rows) => new(
            1,
            1,
            [.. rows.Select(row => ones[row])],
            [.. rows.Select(row => ones[row])],
            [.. rows.Select(row => responses[row])],
            [.. rows.Select(row => row % 60)]);
    }

    private static double[] Sum(int rows, Func<int[], double[]> statistic) =>
        HeartDisease.Sum(Enumerable.Range(0, rows).GroupBy(row => row % Sites).Select(
            site => statistic([.. site]).Select(entry => Math.Round(entry / Step) * Step).ToArray()));
}
