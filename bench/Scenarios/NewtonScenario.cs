using System.Globalization;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Scenarios;

/// <summary>How far the masked federated Newton ends from the optimum on all rows in one table.</summary>
internal static class NewtonScenario
{
    public static async Task<string> RunAsync(ScenarioHospitals hospitals)
    {
        Study study = SimulatedRun.StudyOf(AlgorithmKind.Newton, budget: null, NoisePlacement.Distributed, seed: 1);
        SimulatedRun run = await SimulatedRun.OfAsync(hospitals.Plans, study, seed: 1);
        Table pooled = hospitals.PooledTrain();
        (double[] mean, double[] deviation) = ScenarioHospitals.MomentsOf(pooled);
        double[] optimum = LogisticFit.Fit(pooled.Standardise(mean, deviation), study.Algorithm.L2);
        double farthest = optimum.Zip(run.Model.Parameters).Max(pair => Math.Abs(pair.First - pair.Second));
        PooledMetrics metrics = run.Metrics;
        string figures = string.Create(
            CultureInfo.InvariantCulture, $"{metrics.Accuracy:F4} | {metrics.Auroc:F4} | {metrics.Brier:F4}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            | Rounds | Largest difference from the pooled optimum | Accuracy | AUROC | Brier score |
            |---|---|---|---|---|
            | {run.Model.TrainedRounds} | {farthest:0.0e+0} | {figures} |

            """);
    }
}
