using System.Globalization;
using System.Text;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Scenarios;

/// <summary>Accuracy of the private study over numbers of rounds and step sizes: how flat the optimum is.</summary>
internal static class SweepScenario
{
    private static readonly PrivacyBudget Promised = new(Epsilon: 1, Delta: 1e-3);
    private static readonly int[] Rounds = [10, 20, 50];
    private static readonly double[] Rates = [0.1, 0.25, 0.5];

    public static async Task<string> RunAsync(ScenarioHospitals hospitals, int seeds)
    {
        StringBuilder table = new();
        table.AppendLine("| Rounds | Learning rate | Accuracy, mean (sd) | AUROC | Brier score |");
        table.AppendLine("|---|---|---|---|---|");
        foreach (int rounds in Rounds)
        {
            foreach (double rate in Rates)
            {
                List<SimulatedRun> runs = [];
                for (ulong seed = 0; seed < (ulong)seeds; seed++)
                {
                    Study study = SimulatedRun.StudyOf(
                        AlgorithmKind.Gradient, Promised, NoisePlacement.Distributed, seed);
                    study = study with { Algorithm = study.Algorithm with { Rounds = rounds, LearningRate = rate } };
                    runs.Add(await SimulatedRun.OfAsync(hospitals.Plans, study, seed));
                }

                string accuracy = OverSeeds.Text([.. runs.Select(run => run.Metrics.Accuracy!.Value)]);
                string auroc = OverSeeds.Text([.. runs.Select(run => run.Metrics.Auroc!.Value)]);
                string brier = OverSeeds.Text([.. runs.Select(run => run.Metrics.Brier!.Value)]);
                table.AppendLine(
                    CultureInfo.InvariantCulture, $"| {rounds} | {rate} | {accuracy} | {auroc} | {brier} |");
            }
        }

        return table.ToString();
    }
}
