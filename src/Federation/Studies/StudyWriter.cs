using System.Globalization;
using System.Text;
using DigitalTwin.Documents;

namespace DigitalTwin.Federation.Studies;

/// <summary>
/// Writes a study as the YAML that <see cref="StudyReader"/> reads: every field explicit, nothing left to defaults.
/// </summary>
internal static class StudyWriter
{
    public static string Write(Study study)
    {
        AlgorithmSpecification algorithm = study.Algorithm;
        StringBuilder yaml = new();
        Line(yaml, $"version: {Study.SchemaVersion}");
        Line(yaml, $"study: {study.Name}");
        Line(yaml, $"title: {Quote(study.Title)}");
        Line(yaml, $"data: {{ contract: {Quote(study.Contract)} }}");
        Line(yaml, $"model: {{ kind: {StudyWords.NameOf(study.Model.Kind)}{ShapeOf(study.Model)} }}");
        Line(yaml, $"algorithm:");
        Line(yaml, $"  kind: {NameOf(algorithm.Kind)}");
        Line(yaml, $"  rounds: {algorithm.Rounds}");
        Line(yaml, $"  l2: {algorithm.L2:R}");
        Line(yaml, $"  learningRate: {algorithm.LearningRate:R}");
        if (algorithm.Kind == AlgorithmKind.Gradient)
        {
            Line(yaml, $"  momentum: {algorithm.Momentum:R}");
        }
        else if (algorithm.Kind is AlgorithmKind.FedAvg or AlgorithmKind.FedAdam)
        {
            Line(yaml, $"  localSteps: {algorithm.LocalSteps}");
            Line(yaml, $"  batchSize: {algorithm.BatchSize}");
        }

        if (algorithm.Kind == AlgorithmKind.FedAdam)
        {
            Line(yaml, $"  serverLearningRate: {algorithm.ServerLearningRate:R}");
        }

        Line(yaml, $"privacy:");
        Line(yaml, $"  protection: {StudyWords.NameOf(study.Protection)}");
        if (study.Compact is { } compact)
        {
            Line(yaml, $"  encoding:");
            Line(yaml, $"    kind: compact");
            Line(yaml, $"    slotBits: {compact.SlotBits}");
            Line(yaml, $"    clip: {compact.Clip:R}");
            Line(yaml, $"    patients: {compact.Patients}");
        }

        if (study.DifferentialPrivacy is { } dp)
        {
            Line(yaml, $"  dp:");
            Line(yaml, $"    unit: patient");
            Line(yaml, $"    epsilon: {dp.Budget.Epsilon:R}");
            Line(yaml, $"    delta: {dp.Budget.Delta:R}");
            Line(yaml, $"    noise: {NameOf(dp.Noise)}");
            Line(yaml, $"    clip: {dp.Clip:R}");
        }
        else
        {
            Line(yaml, $"  dp: none");
        }

        Line(yaml, $"sites: {{ minimum: {study.MinimumSites}, onMissing: {NameOf(study.OnMissing)} }}");
        Line(yaml, $"rounds: {{ deadline: {DurationText.Of(study.Deadline)} }}");
        Line(yaml, $"evaluation: {{ perSite: {(study.PerSiteMetrics ? "true" : "false")} }}");
        Line(yaml, $"seed: {study.Seed}");
        return yaml.ToString();
    }

    private static string ShapeOf(ModelSpecification model)
    {
        string widths = string.Join(", ", model.Hidden);
        return model.Kind switch
        {
            ModelKind.Logistic => "",
            ModelKind.Mlp => $", hidden: [{widths}]",
            ModelKind.Cnn1d => $", hidden: [{widths}], kernel: {model.Kernel}",
            _ => $", hidden: {widths}",
        };
    }

    /// <summary>The word that stands for <paramref name="value"/> in a document.</summary>
    internal static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static void Line(StringBuilder yaml, FormattableString line) =>
        yaml.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    // Free text is quoted, so that no character of it is read as YAML.
    private static string Quote(string text)
    {
        string escaped = text
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"\"{escaped}\"";
    }
}
