using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.Tests.Training;

// Goal: the statistic holds the derivatives it claims, the step is Newton's, and data without an optimum end in finite
// numbers. Method: central differences; random tables; tables built to have one class, separated classes or a flat
// Hessian.
public sealed class NewtonLogisticTests
{
    [Fact]
    public void Statistic_holds_rows_loss_gradient_and_hessian()
    {
        const double H = 1e-5;
        Table table = RandomTable(rows: 60, columns: 3, seed: 1);
        double[] parameters = [0.3, -0.7, 0.2, 0.1];

        double[] statistic = NewtonLogistic.LocalStatistic(table, parameters);

        Assert.Equal(NewtonLogistic.StatisticLength(3), statistic.Length);
        Assert.Equal(60, NewtonLogistic.RowsOf(statistic));
        int next = 6;
        for (int i = 0; i < 4; i++)
        {
            double[] up = Shifted(i, +H);
            double[] down = Shifted(i, -H);
            Assert.Equal((up[1] - down[1]) / (2 * H), statistic[2 + i], 1e-6);
            for (int j = i; j < 4; j++)
            {
                Assert.Equal((up[2 + j] - down[2 + j]) / (2 * H), statistic[next++], 1e-6);
            }
        }

        Assert.Equal(statistic.Length, next);

        double[] Shifted(int parameter, double shift)
        {
            double[] shifted = [.. parameters];
            shifted[parameter] += shift;
            return NewtonLogistic.LocalStatistic(table, shifted);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50)]
    public void At_the_optimum_the_penalised_gradient_vanishes(double l2)
    {
        Table table = RandomTable(rows: 200, columns: 4, seed: 2);

        LogisticFitResult fit = LogisticFit.Run(table, l2);

        double[] statistic = NewtonLogistic.LocalStatistic(table, fit.Parameters);
        double ridge = 0;
        for (int i = 0; i < 5; i++)
        {
            double penalty = i == 4 ? 0 : l2 * fit.Parameters[i];
            ridge += 0.5 * penalty * fit.Parameters[i];
            Assert.Equal(0, statistic[2 + i] + penalty, 1e-9);
        }

        Assert.True(fit.Converged);
        Assert.Equal(NewtonLogistic.LossOf(statistic) + ridge, fit.Objective, 1e-9);
    }

    [Fact]
    public void Equal_inputs_give_equal_bits_and_statistics_add_over_sites()
    {
        Table table = RandomTable(rows: 90, columns: 4, seed: 3);
        double[] parameters = [0.1, 0.2, -0.3, 0.4, 0.5];
        int[] rows = [.. Enumerable.Range(0, 90)];

        double[] whole = NewtonLogistic.LocalStatistic(table, parameters);
        double[] again = NewtonLogistic.LocalStatistic(table, parameters);
        double[] sum = HeartDisease.Sum(rows.Chunk(25).Select(
            site => NewtonLogistic.LocalStatistic(table.Select(site), parameters)));

        Assert.Equal(
            whole.Select(BitConverter.DoubleToInt64Bits), again.Select(BitConverter.DoubleToInt64Bits));
        Assert.All(whole.Zip(sum), pair => Assert.Equal(pair.First, pair.Second, 1e-11));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    public void One_class_ends_finite_and_not_converged(double label, double l2)
    {
        Table random = RandomTable(rows: 30, columns: 3, seed: 4);
        double[] features = [.. Enumerable.Range(0, 30).SelectMany(row => random.Row(row).ToArray())];
        Table table = new(3, features, [.. Enumerable.Repeat(label, 30)]);

        LogisticFitResult fit = LogisticFit.Run(table, l2);

        Assert.False(fit.Converged);
        Assert.All(fit.Parameters, value => Assert.True(double.IsFinite(value)));
        Assert.All(new LogisticModel(3).Probabilities(fit.Parameters, table), p => Assert.Equal(label, p, 1e-3));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.1, true)]
    public void Separated_classes_have_an_optimum_only_with_a_ridge(double l2, bool expected)
    {
        Table table = new(1, [-2, -1, 1, 2], [0, 0, 1, 1]);

        LogisticFitResult fit = LogisticFit.Run(table, l2);

        Assert.Equal(expected, fit.Converged);
        Assert.All(fit.Parameters, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void An_overshooting_step_is_halved_until_the_objective_falls()
    {
        // One feature, statistic [n, loss, gradient w, gradient b, ww, wb, bb]: the first sum leads to w = 4.
        NewtonIteration newton = new(columns: 1, l2: 0);
        newton.Advance([10, 7, -4, 0, 1, 0, 1]);
        Assert.Equal([4, 0], newton.Parameters.ToArray());

        newton.Advance([10, 9, 5, 0, 1, 0, 1]);
        Assert.Equal([2, 0], newton.Parameters.ToArray());

        newton.Advance([10, 8, 5, 0, 1, 0, 1]);
        Assert.Equal([1, 0], newton.Parameters.ToArray());

        newton.Advance([10, 6, 0.5, 0, 1, 0, 1]);
        Assert.Equal([0.5, 0], newton.Parameters.ToArray());
        Assert.False(newton.Finished);
    }

    [Fact]
    public void Where_no_shorter_step_helps_the_iteration_ends_at_the_best_point_not_converged()
    {
        NewtonIteration newton = new(columns: 1, l2: 0, tolerance: 1e-3);
        newton.Advance([10, 7, -4, 0, 1, 0, 1]);
        while (!newton.Finished)
        {
            newton.Advance([10, 9, 5, 0, 1, 0, 1]);
        }

        Assert.Equal([0, 0], newton.Parameters.ToArray());
        Assert.InRange(newton.Rounds, 12, 14);
        Assert.False(newton.Converged);
    }

    [Fact]
    public void Every_fit_of_far_outlying_rows_ends_and_its_objective_never_rises()
    {
        // Features of size up to thousands, without standardisation: the intercept often runs into its limit, where
        // cutting the full step would lead uphill and never end.
        for (ulong trial = 0; trial < 300; trial++)
        {
            PhiloxStream random = new(seed: 41, trial);
            double[] features = [.. Enumerable.Range(0, 12).Select(
                _ => (random.NextBelow(2) == 0 ? 1 : -1) * DeterministicMath.Exp(3 * random.NextNormal()))];
            Table table = new(1, features, [.. features.Select(_ => (double)random.NextBelow(2))]);
            NewtonIteration newton = new(columns: 1, l2: 1e-3);
            double last = double.PositiveInfinity;
            while (!newton.Finished)
            {
                newton.Advance(NewtonLogistic.LocalStatistic(table, newton.Parameters));
                Assert.True(newton.Objective <= last * (1 + 1e-9));
                Assert.InRange(newton.Rounds, 1, 100);
                last = newton.Objective;
            }

            Assert.NotEqual(newton.Converged, newton.InterceptAtLimit);
        }
    }

    [Fact]
    public void A_hessian_that_rounding_has_flattened_is_damped_not_refused()
    {
        // p(1 - p) of every patient rounded to 0, as a fixed-point sum would with one class far along.
        double[] sum = new double[NewtonLogistic.StatisticLength(2)];
        sum[0] = 30;
        sum[4] = -1e-5;

        NewtonStep step = NewtonLogistic.Step(sum, [0, 0, 20], l2: 1);

        Assert.All(step.Parameters, value => Assert.True(double.IsFinite(value)));
        Assert.True(step.Parameters[2] > 20);
    }

    [Fact]
    public void A_finished_iteration_takes_no_further_sum()
    {
        Table table = RandomTable(rows: 50, columns: 2, seed: 5);
        NewtonIteration newton = new(columns: 2, l2: 1);
        while (!newton.Finished)
        {
            newton.Advance(NewtonLogistic.LocalStatistic(table, newton.Parameters));
        }

        Assert.Throws<InvalidOperationException>(
            () => newton.Advance(NewtonLogistic.LocalStatistic(table, newton.Parameters)));
    }

    [Theory]
    [InlineData(3, 0.0)]
    [InlineData(8, double.NaN)]
    [InlineData(8, double.PositiveInfinity)]
    public void A_sum_of_another_length_or_without_numbers_is_refused(int length, double value)
    {
        double[] sum = new double[length];
        sum[^1] = value;

        Assert.Throws<ArgumentException>(() => NewtonLogistic.Step(sum, [0, 0], l2: 1));
    }

    [Fact]
    public void No_rows_give_zeros_that_have_not_converged()
    {
        LogisticFitResult fit = LogisticFit.Run(new Table(2, [], []), l2: 1);

        Assert.Equal([0, 0, 0], fit.Parameters);
        Assert.False(fit.Converged);
    }

    private static Table RandomTable(int rows, int columns, ulong seed)
    {
        PhiloxStream random = new(seed, stream: 40);
        double[] features = [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextNormal())];
        double[] labels = [.. Enumerable.Range(0, rows).Select(
            row => random.NextUnit() < DeterministicMath.Sigmoid(features[row * columns] - 0.5) ? 1.0 : 0.0)];
        return new Table(columns, features, labels);
    }
}
