using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Tests.Networks.Losses;

// Goal: every loss and its gradient are those of an independent implementation. Method: Golden/losses.json, made by
// PyTorch's automatic differentiation in doubles (losses.py says how), to 1e-10.
public sealed class LossGoldenTests
{
    private const double Tolerance = 1e-10;

    public static TheoryData<string> Names => [.. Losses.Keys];

    private static Dictionary<string, Loss> Losses { get; } = new()
    {
        ["squared"] = new SquaredLoss(2),
        ["masked multi-task"] = new BinaryLoss(3),
        ["softmax"] = new SoftmaxLoss(5),
        ["poisson"] = new PoissonLoss(),
        ["quantile"] = new QuantileLoss(0.1, 0.5, 0.9),
        ["ordinal"] = new OrdinalLoss(4),
        ["hazard"] = new HazardLoss(4),
        ["cox breslow"] = new CoxLoss(CoxTies.Breslow),
        ["cox efron"] = new CoxLoss(CoxTies.Efron),
        ["cox breslow stratified"] = new CoxLoss(CoxTies.Breslow) { IsStratified = true },
        ["cox efron stratified"] = new CoxLoss(CoxTies.Efron) { IsStratified = true },
    };

    private static GoldenLoss[] Goldens { get; } = JsonSerializer.Deserialize<GoldenLoss[]>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Networks", "Golden", "losses.json")))!;

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_gradient_are_those_of_an_independent_implementation(string name)
    {
        GoldenLoss golden = Goldens.Single(one => one.Name == name);
        double[] gradient = new double[golden.Outputs.Length];

        double loss = Losses[name].LossAndGradient(
            golden.Outputs.Length / Losses[name].OutputSize,
            golden.Outputs,
            [.. golden.Targets.Select(target => target ?? float.NaN)],
            gradient);

        Assert.Equal(golden.Loss, loss, Tolerance * Math.Max(1, golden.Loss));
        Assert.All(golden.Gradient.Zip(gradient), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    // A target that is null is unknown.
    private sealed record GoldenLoss(
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("outputs")] double[] Outputs,
        [property: JsonPropertyName("targets")] float?[] Targets,
        [property: JsonPropertyName("loss")] double Loss,
        [property: JsonPropertyName("gradient")] double[] Gradient);
}
