using System.Text.Json;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Exports.ModelSigning;

/// <summary>Reads the signed statement of a model signature.</summary>
/// <remarks>
/// What the specification lets vary is accepted: unknown fields of a resource, an absent list of ignored paths, any
/// name of the model. Shards and other hashes are optional there and refused here, in words.
/// </remarks>
internal static class ModelStatement
{
    public static ModelManifest Read(JsonElement statement)
    {
        Require(statement.GetProperty("_type").GetString() == ModelSignature.StatementType,
            $"_type must be {ModelSignature.StatementType}");
        Require(statement.GetProperty("predicateType").GetString() == ModelSignature.PredicateType,
            $"predicateType must be {ModelSignature.PredicateType}");
        JsonElement subjects = statement.GetProperty("subject");
        Require(subjects.GetArrayLength() == 1, "there must be one subject");
        JsonElement predicate = statement.GetProperty("predicate");
        JsonElement serialization = predicate.GetProperty("serialization");
        Require(serialization.GetProperty("method").GetString() == "files", "serialization must be by files");
        Require(serialization.GetProperty("hash_type").GetString() == "sha256", "hash_type must be sha256");
        Require(!serialization.GetProperty("allow_symlinks").GetBoolean(), "links are not followed");
        ModelManifest manifest = new(
            subjects[0].GetProperty("name").GetString() ?? "",
            [.. predicate.GetProperty("resources").EnumerateArray().Select(Resource)],
            serialization.TryGetProperty("ignore_paths", out JsonElement ignored)
                ? [.. ignored.EnumerateArray().Select(path => path.GetString()!)]
                : []);
        Require(manifest.Resources.Count > 0, "a model has at least one file");
        Require(manifest.Resources.DistinctBy(file => file.Name).Count() == manifest.Resources.Count,
            "no file may be listed twice");
        Require(subjects[0].GetProperty("digest").GetProperty("sha256").GetString() == manifest.RootDigest,
            "the subject's digest must be that of the files' digests");
        return manifest;
    }

    private static ModelResource Resource(JsonElement resource)
    {
        string name = resource.GetProperty("name").GetString() ?? "";
        string digest = resource.GetProperty("digest").GetString() ?? "";
        Require(resource.GetProperty("algorithm").GetString() == "sha256", "every algorithm must be sha256");
        Require(IsRelative(name), $"'{name}' is no path inside a model");
        Require(PredicateReader.IsSha256(digest), $"the digest of {name} must be lower-case hex of 32 bytes");
        return new ModelResource(name, digest);
    }

    private static bool IsRelative(string name) =>
        name.Length > 0 && name.Split('/').All(part => part is not ("" or "." or ".."));

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new ModelSignatureException($"The signed statement breaks a rule: {rule}.");
        }
    }
}
