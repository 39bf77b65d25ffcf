using System.Globalization;
using System.Text;
using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Scenarios;

/// <summary>
/// Death in hospital from the first 48 hours of intensive care, learned by four units through the whole protocol.
/// </summary>
internal static class IcuScenario
{
    private const string Contract = "icu-mortality/v1";

    /// <summary>Three quarters of the patients train.</summary>
    private const double TestShare = 0.25;

    /// <summary>Ridge penalty of the local comparator, that of a node's own report.</summary>
    private const double LocalRidge = 1.0;

    private static readonly (string Name, string Model, string Algorithm, string Privacy)[] Studies =
    [
        ("logistic, fedavg", "{ kind: logistic }",
            "{ kind: fedavg, rounds: 15, localSteps: 60, batchSize: 32, learningRate: 0.001, l2: 0.01 }",
            "{ protection: masks, dp: none }"),
        ("gru, fedavg", "{ kind: gru, hidden: 32 }",
            "{ kind: fedavg, rounds: 15, localSteps: 60, batchSize: 32, learningRate: 0.1 }",
            "{ protection: masks, dp: none }"),
        ("gru-d, fedavg", "{ kind: gru-d, hidden: 32 }",
            "{ kind: fedavg, rounds: 15, localSteps: 60, batchSize: 32, learningRate: 0.1 }",
            "{ protection: masks, dp: none }"),
        ("cnn1d, fedavg", "{ kind: cnn1d, hidden: [16], kernel: 5 }",
            "{ kind: fedavg, rounds: 15, localSteps: 60, batchSize: 32, learningRate: 0.01 }",
            "{ protection: masks, dp: none }"),
        ("gru, private gradient", "{ kind: gru, hidden: 16 }",
            "{ kind: gradient, rounds: 40, learningRate: 2, momentum: 0.8, l2: 0 }",
            "{ protection: masks, encoding: { kind: compact, patients: 4000 }, dp: { epsilon: 3, delta: 1e-4 } }"),
    ];

    /// <summary>The table for the files in <paramref name="source"/>, for the first splits of patients.</summary>
    public static async Task<string> RunAsync(string source, int seeds, TextWriter progress)
    {
        using ChallengeFolder folder = new(source);
        ClinicalTable[] units =
        [
            .. Enumerable.Range(0, ChallengeFolder.Units.Count).Select(unit =>
                CsvCohortReader.Read(DataContract.Embedded(Contract), folder.Of(unit))),
        ];
        StringBuilder table = new();
        table.AppendLine("| Model | AUROC, mean (sd) | Brier score | ε at δ = 0.0001 |");
        table.AppendLine("|---|---|---|---|");
        List<Split> splits = [.. Enumerable.Range(0, seeds).Select(seed => Split.Of(units, folder, (ulong)seed))];
        table.AppendLine(Row("SAPS-I", [.. splits.Select(split => split.SapsI())], null, null));
        table.AppendLine(Row(
            "each unit alone, logistic, last values", [.. splits.Select(split => split.Alone())], null, null));
        foreach ((string name, string model, string algorithm, string privacy) in Studies)
        {
            List<ModelState> models = [];
            double? epsilon = null;
            foreach ((Split split, int seed) in splits.Select((split, seed) => (split, seed)))
            {
                (ModelState state, double? spent) = await TrainAsync(split, model, algorithm, privacy, seed);
                await progress.WriteLineAsync($"{name}, split {seed + 1} of {seeds}");
                models.Add(state);
                epsilon = spent;
            }

            PooledMetrics[] metrics = [.. models.Select(state => EvaluationRound.MetricsOf(state)!)];
            table.AppendLine(Row(
                name, [.. metrics.Select(one => one.Auroc!.Value)], [.. metrics.Select(one => one.Brier!.Value)],
                epsilon));
        }

        table.AppendLine();
        table.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{units.Sum(unit => unit.Rows)} patients of {string.Join(", ", ChallengeFolder.Units)} units, "
                + $"{seeds} splits, a quarter of each unit held out."));
        return table.ToString();
    }

    private static async Task<(ModelState Model, double? Epsilon)> TrainAsync(
        Split split, string model, string algorithm, string privacy, int seed)
    {
        Study study = Study.Parse("icu.yaml", $$"""
            version: 1
            study: icu
            title: Death in intensive care
            data: { contract: {{Contract}} }
            model: {{model}}
            algorithm: {{algorithm}}
            privacy: {{privacy}}
            rounds: { deadline: 1h }
            seed: {{seed}}
            """);
        SimulatedConsortium consortium = new(Contract, split.Plans, (ulong)seed);
        StudyState ended = await consortium.RunAsync(study);
        return ended.Closing is { Verdict: "complete", Model: { } released }
            ? (consortium.ModelOf(released),
                ended.Rounds[^1].Attestations.Values.Max(attestation => attestation.Epsilon))
            : throw new InvalidOperationException($"Seed {seed}: {ended.Closing?.Reason}");
    }

    private static string Row(string name, double[] aurocs, double[]? briers, double? epsilon) =>
        $"| {name} | {OverSeeds.Text(aurocs)} | {(briers is null ? "–" : OverSeeds.Text(briers))} "
            + $"| {epsilon?.ToString("F4", CultureInfo.InvariantCulture) ?? "–"} |";

    /// <summary>The units with one division of their patients.</summary>
    private sealed record Split(IReadOnlyList<HospitalPlan> Plans, double[] TestScores)
    {
        public static Split Of(ClinicalTable[] units, ChallengeFolder folder, ulong seed)
        {
            PhiloxStream random = new(seed, stream: 2012);
            List<HospitalPlan> plans = [];
            List<double> scores = [];
            for (int unit = 0; unit < units.Length; unit++)
            {
                (int[] train, int[] test) = TrainTestSplit.Stratified(units[unit], TestShare, random.NextUInt64);
                plans.Add(ScenarioHospitals.PlanOf(
                    DataContract.Embedded(Contract), ChallengeFolder.Units[unit], units[unit], train, test));
                scores.AddRange(test.Select(row => folder.SapsI[unit][units[unit].SourceRows[row]]));
            }

            return new Split(plans, [.. scores]);
        }

        /// <summary>AUROC of the clinical score on the held-out patients that have one.</summary>
        public double SapsI()
        {
            double[] labels = Labels();
            int[] known = [.. Enumerable.Range(0, labels.Length).Where(i => !double.IsNaN(TestScores[i]))];
            return BinaryMetrics.Auroc([.. known.Select(i => labels[i])], [.. known.Select(i => TestScores[i])])!.Value;
        }

        /// <summary>AUROC over all held-out patients of what each unit would predict without the others.</summary>
        public double Alone()
        {
            List<double> predictions = [];
            foreach (SiteData data in Plans.Select(plan => plan.Data))
            {
                int columns = data.Features.Count;
                double[] mean = [.. data.Features.Select(feature => feature.Mean)];
                double[] deviation = [.. data.Features.Select(feature => feature.StandardDeviation)];
                Table train = data.Train.LastColumns(columns).Standardise(mean, deviation);
                double[] fit = LogisticFit.Fit(train, LocalRidge);
                predictions.AddRange(new LogisticModel(columns).Probabilities(
                    fit, data.Test.LastColumns(columns).Standardise(mean, deviation)));
            }

            return BinaryMetrics.Auroc(Labels(), [.. predictions])!.Value;
        }

        private double[] Labels() => [.. Plans.SelectMany(plan => plan.Data.Test.Labels.ToArray())];
    }
}
