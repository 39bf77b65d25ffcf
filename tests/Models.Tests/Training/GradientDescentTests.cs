using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.Tests.Training;

// Goal: one patient moves the clipped sum by at most C, and full-batch rounds reach the optimum that Newton finds.
// Method: tables with and without one row, extreme rows among them; the same data through both algorithms.
public sealed class GradientDescentTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(3)]
    public void One_patient_moves_the_clipped_sum_by_at_most_the_clip(double clip)
    {
        PhiloxStream random = new(seed: 50, stream: 0);
        MultilayerPerceptron model = new(3, [4]);
        for (int trial = 0; trial < 200; trial++)
        {
            double[] parameters = [.. Enumerable.Range(0, model.ParameterCount).Select(_ => 2 * random.NextNormal())];
            double[] row = [.. Enumerable.Range(0, 3).Select(_ => 5 * random.NextNormal())];

            double[] sum = GradientDescent.ClippedGradientSum(model, new Table(3, row, [1]), parameters, clip);

            Assert.InRange(Math.Sqrt(sum.Sum(x => x * x)), 0, clip);
        }
    }

    [Fact]
    public void A_gradient_inside_the_clip_is_left_as_it_is()
    {
        Table table = new(2, [0.1, 0.2, -0.3, 0.4], [0, 1]);
        LogisticModel model = new(2);

        double[] clipped = GradientDescent.ClippedGradientSum(model, table, [0, 0, 0], clip: 2);

        Assert.Equal(GradientDescent.LocalStatistic(model, table, [0, 0, 0])[2..], clipped);
    }

    [Fact]
    public void A_gradient_beyond_the_clip_keeps_its_direction()
    {
        // At zero the gradient is (p - y)(x, 1) = -1/2 (6, 0, 1), of length sqrt(37) / 2.
        double[] clipped = GradientDescent.ClippedGradientSum(
            new LogisticModel(2), new Table(2, [6, 0], [1]), [0, 0, 0], clip: 1);

        Assert.Equal(-6 / Math.Sqrt(37), clipped[0], 1e-11);
        Assert.Equal(0, clipped[1]);
        Assert.Equal(-1 / Math.Sqrt(37), clipped[2], 1e-11);
    }

    [Fact]
    public void A_row_whose_gradient_is_no_number_adds_nothing()
    {
        Table table = new(2, [double.MaxValue, double.MaxValue, 0, 0], [0, 1]);

        double[] sum = GradientDescent.ClippedGradientSum(new LogisticModel(2), table, [1, -1, 0], clip: 1);

        Assert.Equal([0, 0, -0.5], sum);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void Rounds_converge_to_the_optimum_of_newton(double momentum)
    {
        PhiloxStream random = new(seed: 51, stream: 0);
        double[] features = [.. Enumerable.Range(0, 300).Select(_ => random.NextNormal())];
        double[] labels = [.. Enumerable.Range(0, 100).Select(
            row => random.NextUnit() < DeterministicMath.Sigmoid(features[3 * row]) ? 1.0 : 0.0)];
        Table table = new(3, features, labels);
        LogisticModel model = new(3);
        GradientDescentSettings settings = new(LearningRate: 0.5, L2: 2, momentum);

        double[] parameters = new double[4];
        double[] velocity = new double[4];
        for (int round = 0; round < 2000; round++)
        {
            double[] sum = GradientDescent.LocalStatistic(model, table, parameters);
            parameters = GradientDescent.Step(model, parameters, sum.AsSpan(2), sum[0], settings, velocity);
        }

        double[] optimum = LogisticFit.Fit(table, l2: 2);
        Assert.All(optimum.Zip(parameters), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Fact]
    public void A_step_adds_ridge_to_weights_and_carries_the_velocity()
    {
        double[] velocity = [1, 10];
        GradientDescentSettings settings = new(LearningRate: 0.1, L2: 4, Momentum: 0.5);

        double[] next = GradientDescent.Step(new LogisticModel(1), [2, 3], [6, 8], rows: 2, settings, velocity);

        // v = 0.5 * 1 + (6 + 4 * 2) / 2 for the weight, 0.5 * 10 + 8 / 2 for the intercept.
        Assert.Equal([7.5, 9], velocity);
        Assert.Equal(2 - 0.75, next[0], 1e-15);
        Assert.Equal(3 - 0.9, next[1], 1e-15);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_divisor_or_clip_that_is_not_positive_is_refused(double value)
    {
        LogisticModel model = new(1);
        GradientDescentSettings settings = new(0.1, 0, 0);

        Assert.Throws<ArgumentOutOfRangeException>(
            () => GradientDescent.Step(model, [0, 0], [1, 1], value, settings, new double[2]));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => GradientDescent.ClippedGradientSum(model, new Table(1, [1], [1]), [0, 0], value));
    }
}
