using System.Text;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Models.Networks.Interchange;

namespace DigitalTwin.Cli.Studies;

/// <summary>
/// A released model as files that people and other programs read: plain JSON, and ONNX for runtimes; nothing of ours
/// executes.
/// </summary>
internal static class ModelFile
{
    /// <summary>Writes <c>model.json</c> and <c>model.onnx</c> to a folder, and says where the first one is.</summary>
    public static string Save(string folder, StudyDocument document, ModelState state)
    {
        DurableFile.CreateFolder(folder);
        string path = Path.Combine(folder, "model.json");
        DurableFile.WriteAtomically(path, Encoding.UTF8.GetBytes(Json(document, state)));
        DurableFile.WriteAtomically(Path.Combine(folder, "model.onnx"), Onnx(document, state));
        return path;
    }

    /// <summary>The network that gives the log-odds of standardised inputs.</summary>
    internal static byte[] Onnx(StudyDocument document, ModelState state) => OnnxModel.Write(
        StudyModel.NetworkOf(document), [.. state.Parameters.Select(parameter => (float)parameter)]);

    private static string Json(StudyDocument document, ModelState state)
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
