using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>One witness of <c>witnesses.json</c>.</summary>
/// <param name="Url">Submission prefix of the witness protocol.</param>
/// <param name="Vkey">Its verifier key.</param>
internal sealed record WitnessEntry(Uri Url, string Vkey);

/// <summary>The parties outside the consortium that the coordinator asks for cosignatures.</summary>
internal static class WitnessFile
{
    /// <summary>The witnesses of the file; none where there is no file.</summary>
    /// <exception cref="CoordinatorException">The file is malformed.</exception>
    public static IReadOnlyList<(Uri Url, NoteVerifierKey Key)> Load(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            WitnessEntry?[] entries =
                JsonSerializer.Deserialize(File.ReadAllBytes(path), WitnessJson.Default.WitnessEntryArray) ?? [];
            return [.. entries.Select(entry => Checked(entry ?? throw new JsonException("An entry is null.")))];
        }
        catch (Exception error) when (error is JsonException or NoteFormatException)
        {
            throw new CoordinatorException($"{path} can't be used: {error.Message}", error);
        }
    }

    private static (Uri Url, NoteVerifierKey Key) Checked(WitnessEntry entry)
    {
        NoteVerifierKey key = NoteVerifierKey.Parse(entry.Vkey);
        return key.Type == NoteKeyType.Witness && entry.Url is { IsAbsoluteUri: true, Scheme: "http" or "https" }
            ? (entry.Url, key)
            : throw new NoteFormatException($"{entry.Url} with {entry.Vkey} is no witness with an http address.");
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WitnessEntry[]))]
internal sealed partial class WitnessJson : JsonSerializerContext;
