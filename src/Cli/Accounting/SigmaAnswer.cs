using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Cli.Accounting;

/// <summary>The least noise multiplier that keeps a number of steps within a budget, by every accounting.</summary>
/// <param name="Renyi">By Rényi differential privacy; null where no noise suffices.</param>
/// <param name="PrivacyLoss">By the upper bound of the privacy loss distribution; null where no noise suffices.</param>
/// <param name="ClosedForm">Exact, where every patient is in every step; else null.</param>
internal sealed record SigmaAnswer(double? Renyi, double? PrivacyLoss, double? ClosedForm)
{
    /// <summary>The noise that is enough by the tightest accounting that applies; null where none is.</summary>
    public double? Least => ClosedForm ?? PrivacyLoss ?? Renyi;

    public static SigmaAnswer Of(PoissonSampling sampling, int steps, PrivacyBudget budget)
    {
        PrivacyComposition At(double multiplier) => PrivacyComposition.Of(sampling.Gaussian(multiplier), steps);
        double? byRenyi = NoiseCalibration.ByRenyi(budget, At);
        return new SigmaAnswer(
            byRenyi,
            NoiseCalibration.ByPrivacyLoss(budget, At, byRenyi),
            sampling.Rate == 1 ? GaussianComposition.NoiseMultiplier(budget, steps) : null);
    }

    public JsonObject ToJson() => new()
    {
        ["rdp"] = new JsonObject { ["noiseMultiplier"] = Renyi },
        ["pld"] = new JsonObject { ["noiseMultiplier"] = PrivacyLoss },
        ["closedForm"] = ClosedForm,
    };

    /// <summary>The answer for people: noise is rounded up.</summary>
    public IEnumerable<string> ToLines()
    {
        yield return $"{"accounting",-14}{"noise multiplier",18}";
        yield return $"{"RDP",-14}{Up(Renyi),18}";
        yield return $"{"PLD",-14}{Up(PrivacyLoss),18}";
        yield return $"{"closed form",-14}{Up(ClosedForm),18}";
    }

    private static string Up(double? multiplier) => multiplier is { } noise
        ? (Math.Ceiling(noise * 1e4) / 1e4).ToString("0.0000", CultureInfo.InvariantCulture)
        : Figures.Undefined;
}
