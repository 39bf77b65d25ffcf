using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Cli.Studies;

/// <summary>A released model as a file that people and other programs read: plain JSON, nothing executable.</summary>
internal static class ModelFile
{
    public static string Write(StudyDocument document, ModelState state)
    {
        JsonObject model = new()
        {
            ["study"] = document.Study.Name,
            ["kind"] = StudyWords.NameOf(document.Study.Model.Kind),
            ["hidden"] = new JsonArray([.. document.Study.Model.Hidden.Select(width => (JsonNode)width)]),
            ["kernel"] = document.Study.Model.Kernel == 0 ? null : document.Study.Model.Kernel,
            ["steps"] = document.Steps,
            ["features"] = new JsonArray([.. document.Features.Select(feature => (JsonNode)feature.Name)]),
            ["mean"] = Numbers(state.Mean),
            ["sd"] = Numbers(state.Deviation),
            ["parameters"] = Numbers(state.Parameters),
            ["standardisation"] = "z = (x - mean) / (sd + 1e-9)",
            ["trainedRounds"] = state.TrainedRounds,
            ["pooledTest"] = MetricsOf(state),
            ["sha256"] = state.Sha256(),
            ["document"] = document.Sha256,
        };
        return model.ToJsonString(new() { WriteIndented = true }) + "\n";
    }

    /// <summary>Pooled metrics on held-out rows; null before the evaluation round.</summary>
    public static JsonObject? MetricsOf(ModelState state) => EvaluationRound.MetricsOf(state) is not { } pooled
        ? null
        : new JsonObject
        {
            ["accuracy"] = pooled.Accuracy,
            ["auroc"] = pooled.Auroc,
            ["aurocErrorBound"] = pooled.AurocErrorBound,
            ["brier"] = pooled.Brier,
        };

    private static JsonArray Numbers(double[] values) => [.. values.Select(value => (JsonNode)value)];
}
