using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests;

// Goal: every entry of every gradient is the derivative of the loss. Method: central differences of order h^2 over all
// parameters, at random rows and parameters.
public sealed class GradientTests
{
    private const double Step = 1e-5;

    public static TheoryData<string> Models => [.. ModelsByName.Keys];

    private static Dictionary<string, DifferentiableModel> ModelsByName { get; } = new()
    {
        ["logistic"] = new LogisticModel(13),
        ["tanh 13-7-1"] = new MultilayerPerceptron(13, [7], Activation.Tanh),
        ["tanh 4-5-3-1"] = new MultilayerPerceptron(4, [5, 3], Activation.Tanh),
        ["relu 13-8-1"] = new MultilayerPerceptron(13, [8]),
        ["relu 4-6-5-1"] = new MultilayerPerceptron(4, [6, 5]),
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradient_agrees_with_central_differences(string name)
    {
        DifferentiableModel model = ModelsByName[name];
        for (ulong trial = 0; trial < 20; trial++)
        {
            PhiloxStream random = new(seed: 11, trial);
            double[] parameters = [.. Enumerable.Range(0, model.ParameterCount).Select(_ => random.NextNormal())];
            double[] row = [.. Enumerable.Range(0, model.Columns).Select(_ => random.NextNormal())];
            double label = random.NextBelow(2);
            double[] gradient = new double[model.ParameterCount];

            double loss = model.LossAndGradient(parameters, row, label, gradient);

            Assert.Equal(DeterministicMath.LogLoss(model.Margin(parameters, row), label), loss);
            for (int i = 0; i < gradient.Length; i++)
            {
                double difference = (LossAt(i, +Step) - LossAt(i, -Step)) / (2 * Step);
                Assert.Equal(difference, gradient[i], 1e-6 * Math.Max(1, Math.Abs(difference)));
            }

            double LossAt(int parameter, double shift)
            {
                double[] shifted = [.. parameters];
                shifted[parameter] += shift;
                return DeterministicMath.LogLoss(model.Margin(shifted, row), label);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradient_is_added_to_what_is_there(string name)
    {
        DifferentiableModel model = ModelsByName[name];
        double[] parameters = model.InitialParameters(3);
        double[] row = [.. Enumerable.Range(0, model.Columns).Select(i => 0.1 * i)];
        double[] once = new double[model.ParameterCount];
        double[] onTop = [.. Enumerable.Repeat(5.0, model.ParameterCount)];

        model.LossAndGradient(parameters, row, 1, once);
        model.LossAndGradient(parameters, row, 1, onTop);

        Assert.All(once.Zip(onTop), pair => Assert.Equal(5 + pair.First, pair.Second, 1e-14));
    }
}
