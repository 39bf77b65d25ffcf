using System.Text.Json;
using System.Text.Json.Serialization;

namespace DigitalTwin.Cli.Reporting;

/// <summary>Writes and reads the JSON document of a run; the serializer is generated, nothing is reflected.</summary>
public static class ResultJson
{
    /// <summary>Writes one indented JSON document; keys are camel case and nulls are written.</summary>
    /// <exception cref="ArgumentException">A number is NaN or infinite: undefined is null, with a flag.</exception>
    public static string Write(RunResult result) =>
        JsonSerializer.Serialize(result, RunResultContext.Default.RunResult);

    /// <summary>Reads what <see cref="Write"/> wrote; keys it does not know are passed over.</summary>
    /// <exception cref="JsonException">The text is not the document of a run.</exception>
    public static RunResult Read(string json) =>
        JsonSerializer.Deserialize(json, RunResultContext.Default.RunResult)
            ?? throw new JsonException("Expected the result of a run, got null.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunResult))]
internal sealed partial class RunResultContext : JsonSerializerContext;
