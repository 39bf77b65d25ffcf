using System.Globalization;
using System.Text;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;

namespace DigitalTwin.Scenarios;

/// <summary>FedAvg and FedAdam against the accuracies published for Fed-Heart-Disease.</summary>
/// <remarks>
/// FLamby (du Terrail et al., NeurIPS 2022 Datasets and Benchmarks) standardises each training centre by its own rows
/// and
/// the pooled test set by the pooled training rows. A study of ours always standardises federally, so for these rows
/// the
/// simulator is given tables that are scaled like that already; on them federated standardisation is nearly the
/// identity
/// (means 0, deviations 1, but 0.97 where a column is constant at one centre).
/// </remarks>
internal static class FlambyScenario
{
    private static readonly (AlgorithmKind Kind, string Name, double Published)[] Strategies =
        [(AlgorithmKind.FedAvg, "FedAvg", 0.7480), (AlgorithmKind.FedAdam, "FedAdam", 0.7787)];

    public static async Task<string> RunAsync(ScenarioHospitals hospitals, int seeds)
    {
        HospitalPlan[] scaled = ScaledLikeFlamby(hospitals);
        StringBuilder table = new();
        table.AppendLine("| Strategy | Scaling | Accuracy, mean (sd) | Published |");
        table.AppendLine("|---|---|---|---|");
        foreach ((AlgorithmKind kind, string name, double published) in Strategies)
        {
            string[] rows =
            [
                await RowAsync(name, "each centre by its own rows (FLamby)", scaled, kind, seeds),
                await RowAsync(name, "federated standardisation (ours)", hospitals.Plans, kind, seeds),
            ];
            foreach (string row in rows)
            {
                string reference = hospitals.IsReal ? published.ToString("F4", CultureInfo.InvariantCulture) : "–";
                table.AppendLine(CultureInfo.InvariantCulture, $"{row} {reference} |");
            }
        }

        return table.ToString();
    }

    private static async Task<string> RowAsync(
        string name, string scaling, IReadOnlyList<HospitalPlan> plans, AlgorithmKind kind, int seeds)
    {
        List<double> accuracies = [];
        for (ulong seed = 0; seed < (ulong)seeds; seed++)
        {
            Study study = SimulatedRun.StudyOf(kind, budget: null, NoisePlacement.Distributed, seed);
            accuracies.Add((await SimulatedRun.OfAsync(plans, study, seed)).Metrics.Accuracy!.Value);
        }

        return $"| {name} | {scaling} | {OverSeeds.Text(accuracies)} |";
    }

    private static HospitalPlan[] ScaledLikeFlamby(ScenarioHospitals hospitals)
    {
        (double[] mean, double[] deviation) = ScenarioHospitals.MomentsOf(hospitals.PooledTrain());
        return
        [
            .. hospitals.Plans.Select(plan =>
            {
                (double[] ownMean, double[] ownDeviation) = ScenarioHospitals.MomentsOf(plan.Data.Train);
                Table train = plan.Data.Train.Standardise(ownMean, ownDeviation);
                return plan with
                {
                    Data = plan.Data with { Train = train, Test = plan.Data.Test.Standardise(mean, deviation) },
                };
            }),
        ];
    }
}
