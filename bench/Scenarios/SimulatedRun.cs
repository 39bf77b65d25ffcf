using System.Globalization;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Scenarios;

/// <summary>One study run through the whole protocol.</summary>
/// <param name="Epsilon">What the hospitals reported to have spent; null without differential privacy.</param>
internal sealed record SimulatedRun(ModelState Model, PooledMetrics Metrics, double? Epsilon)
{
    /// <summary>Runs <paramref name="study"/> in a fresh consortium.</summary>
    /// <exception cref="InvalidOperationException">The study did not complete.</exception>
    public static async Task<SimulatedRun> OfAsync(IReadOnlyList<HospitalPlan> hospitals, Study study, ulong seed)
    {
        SimulatedConsortium consortium = new(ScenarioHospitals.Contract, hospitals, seed);
        StudyState ended = await consortium.RunAsync(study);
        if (ended.Closing is not { Verdict: "complete", Model: { } released })
        {
            throw new InvalidOperationException($"Seed {seed}: {ended.Closing?.Reason}");
        }

        ModelState model = consortium.ModelOf(released);
        return new SimulatedRun(
            model,
            EvaluationRound.MetricsOf(model)!,
            ended.Rounds[^1].Attestations.Values.Max(attestation => attestation.Epsilon));
    }

    /// <summary>The study that the product's own template makes.</summary>
    public static Study StudyOf(AlgorithmKind algorithm, PrivacyBudget? budget, NoisePlacement noise, ulong seed) =>
        StudyTemplate.Create(
            "scenario",
            "Scenario",
            ScenarioHospitals.Contract,
            ModelKind.Logistic,
            algorithm,
            budget,
            noise,
            SumProtection.Masks,
            TimeSpan.FromMinutes(1),
            seed);
}

/// <summary>Mean and standard deviation over seeds.</summary>
internal static class OverSeeds
{
    /// <summary><c>mean (sd)</c> with four decimals; the sample standard deviation, 0 for one seed.</summary>
    public static string Text(IReadOnlyCollection<double> values)
    {
        double mean = values.Average();
        double squares = values.Sum(value => (value - mean) * (value - mean));
        double deviation = Math.Sqrt(squares / Math.Max(1, values.Count - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{mean:F4} ({deviation:F4})");
    }
}
