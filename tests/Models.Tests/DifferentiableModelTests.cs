using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests;

// Goal: shapes, starts and penalties of the two models. Method: the perceptron without a hidden layer must be the
// logistic model; starts are checked against the limits of their papers.
public sealed class DifferentiableModelTests
{
    [Fact]
    public void A_perceptron_without_hidden_layers_is_the_logistic_model()
    {
        PhiloxStream random = new(seed: 60, stream: 0);
        LogisticModel logistic = new(5);
        MultilayerPerceptron perceptron = new(5, []);
        double[] parameters = [.. Enumerable.Range(0, 6).Select(_ => random.NextNormal())];
        double[] row = [.. Enumerable.Range(0, 5).Select(_ => random.NextNormal())];
        double[] first = new double[6];
        double[] second = new double[6];

        Assert.Equal(logistic.ParameterCount, perceptron.ParameterCount);
        Assert.Equal(
            logistic.LossAndGradient(parameters, row, 1, first),
            perceptron.LossAndGradient(parameters, row, 1, second));
        Assert.Equal(first, second);
        Assert.Equal(
            Enumerable.Range(0, 6).Select(logistic.IsPenalised), Enumerable.Range(0, 6).Select(perceptron.IsPenalised));
    }

    [Fact]
    public void Probability_is_the_sigmoid_of_weights_times_features_plus_intercept()
    {
        double p = new LogisticModel(2).Probability([0.5, -1, 0.25], [2, 3]);

        Assert.Equal(1 / (1 + Math.Exp(1.75)), p, 1e-15);
    }

    [Fact]
    public void Weights_are_penalised_and_biases_are_not()
    {
        // 2-3-1: six weights, three biases, three weights, one bias.
        MultilayerPerceptron model = new(2, [3]);

        string penalised = string.Concat(Enumerable.Range(0, 13).Select(i => model.IsPenalised(i) ? 'w' : 'b'));

        Assert.Equal("wwwwwwbbbwwwb", penalised);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.IsPenalised(13));
    }

    [Theory]
    [InlineData(Activation.Relu, 24)]
    [InlineData(Activation.Tanh, 124)]
    public void A_perceptron_starts_inside_the_limit_of_its_paper(Activation activation, int fan)
    {
        MultilayerPerceptron model = new(24, [100], activation);
        double limit = Math.Sqrt(6.0 / fan);

        double[] start = model.InitialParameters(seed: 61);

        Assert.Equal(start, model.InitialParameters(seed: 61));
        Assert.NotEqual(start, model.InitialParameters(seed: 62));
        Assert.All(start[..2400], weight => Assert.InRange(weight, -limit, limit));
        Assert.InRange(start[..2400].Max(), 0.99 * limit, limit);
        Assert.All(start[2400..2500], bias => Assert.Equal(0, bias));
        Assert.Equal(0, start[^1]);
    }

    [Fact]
    public void A_logistic_model_starts_inside_the_limit_of_a_linear_layer()
    {
        LogisticModel model = new(13);

        double[] start = [.. Enumerable.Range(0, 200).SelectMany(seed => model.InitialParameters((ulong)seed))];

        Assert.All(start, parameter => Assert.InRange(Math.Abs(parameter), 0, 1 / Math.Sqrt(13)));
        Assert.InRange(start.Max(), 0.99 / Math.Sqrt(13), 1);
        Assert.InRange(start.Average(), -0.02, 0.02);
    }

    [Fact]
    public void Parameters_or_rows_of_another_length_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new LogisticModel(2).Margin([1, 2], [1, 2]));
        Assert.Throws<ArgumentException>(() => new LogisticModel(2).Margin([1, 2, 3], [1]));
        Assert.Throws<ArgumentException>(() => new MultilayerPerceptron(2, [3]).Margin(new double[12], [1, 2]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void A_layer_without_units_is_refused(int units)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LogisticModel(units));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MultilayerPerceptron(4, [units]));
    }
}
