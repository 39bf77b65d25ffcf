using System.Globalization;
using System.Text;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Scenarios;

/// <summary>What the default private study costs in accuracy, with the noise shared or each hospital's own.</summary>
internal static class PrivateScenario
{
    private static readonly PrivacyBudget Promised = new(Epsilon: 1, Delta: 1e-3);

    public static async Task<string> RunAsync(ScenarioHospitals hospitals, int seeds)
    {
        StringBuilder table = new();
        table.AppendLine("| Noise | Accuracy, mean (sd) | AUROC | Brier score | ε at δ = 0.001 |");
        table.AppendLine("|---|---|---|---|---|");
        table.AppendLine(await RowAsync(hospitals, seeds, "distributed", Promised, NoisePlacement.Distributed));
        table.AppendLine(await RowAsync(hospitals, seeds, "local", Promised, NoisePlacement.Local));
        table.AppendLine(await RowAsync(hospitals, seeds, "none", budget: null, NoisePlacement.Distributed));
        return table.ToString();
    }

    private static async Task<string> RowAsync(
        ScenarioHospitals hospitals, int seeds, string name, PrivacyBudget? budget, NoisePlacement noise)
    {
        List<SimulatedRun> runs = [];
        for (ulong seed = 0; seed < (ulong)seeds; seed++)
        {
            Study study = SimulatedRun.StudyOf(AlgorithmKind.Gradient, budget, noise, seed);
            runs.Add(await SimulatedRun.OfAsync(hospitals.Plans, study, seed));
        }

        string epsilon = runs.Max(run => run.Epsilon) is { } spent
            ? spent.ToString("F6", CultureInfo.InvariantCulture)
            : "–";
        return $"| {name} | {OverSeeds.Text([.. runs.Select(run => run.Metrics.Accuracy!.Value)])} "
            + $"| {OverSeeds.Text([.. runs.Select(run => run.Metrics.Auroc!.Value)])} "
            + $"| {OverSeeds.Text([.. runs.Select(run => run.Metrics.Brier!.Value)])} | {epsilon} |";
    }
}
