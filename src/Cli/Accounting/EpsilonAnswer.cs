using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Cli.Accounting;

/// <summary>ε of a number of noisy steps, by every accounting that applies.</summary>
/// <param name="Steps">How many steps.</param>
/// <param name="Renyi">By Rényi differential privacy, an upper bound.</param>
/// <param name="PrivacyLoss">By the privacy loss distribution, between two bounds.</param>
/// <param name="ClosedForm">Exact, where every patient is in every step; else null.</param>
internal sealed record EpsilonAnswer(int Steps, RenyiEpsilon Renyi, EpsilonBounds PrivacyLoss, double? ClosedForm)
{
    public static string Header { get; } = Row("steps", "RDP", "order", "PLD, from", "to", "closed form");

    /// <param name="sampling">How batches are drawn.</param>
    /// <param name="noiseMultiplier">σ over the clipping norm.</param>
    /// <param name="steps">How many steps.</param>
    /// <param name="delta">δ.</param>
    /// <param name="width">How far apart the bounds may be.</param>
    public static EpsilonAnswer Of(
        PoissonSampling sampling,
        double noiseMultiplier,
        int steps,
        double delta,
        double width = PrivacyLossAccountant.Width)
    {
        PrivacyComposition composition = PrivacyComposition.Of(sampling.Gaussian(noiseMultiplier), steps);
        return new EpsilonAnswer(
            steps,
            RenyiAccountant.Epsilon(composition, delta),
            PrivacyLossAccountant.Epsilon(composition, delta, width)!.Value,
            composition.GaussianMu is { } mu ? GaussianComposition.Epsilon(mu, delta) : null);
    }

    public JsonObject ToJson() => new()
    {
        ["rdp"] = new JsonObject { ["epsilon"] = Finite(Renyi.Epsilon), ["order"] = Finite(Renyi.Order) },
        ["pld"] = new JsonObject
        {
            ["lower"] = Finite(PrivacyLoss.Lower),
            ["upper"] = Finite(PrivacyLoss.Upper),
        },
        ["closedForm"] = ClosedForm is { } exact ? Finite(exact) : null,
    };

    /// <summary>A row below <see cref="Header"/>: what bounds from above is rounded up, the lower bound down.</summary>
    public string ToLine() => Row(
        Figures.Count(Steps),
        Up(Renyi.Epsilon),
        Renyi.Order.ToString("0.#", CultureInfo.InvariantCulture),
        Text(Math.Floor(PrivacyLoss.Lower * 1e4) / 1e4),
        Up(PrivacyLoss.Upper),
        ClosedForm is { } exact ? Up(exact) : Figures.Undefined);

    private static string Row(string steps, string renyi, string order, string lower, string upper, string exact) =>
        $"{steps,12}{renyi,14}{order,8}{lower,14}{upper,14}{exact,14}";

    private static string Up(double epsilon) => Text(Math.Ceiling(epsilon * 1e4) / 1e4);

    private static string Text(double epsilon) => epsilon.ToString("0.0000", CultureInfo.InvariantCulture);

    // JSON has no word for infinity.
    private static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
