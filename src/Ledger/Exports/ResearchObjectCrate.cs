using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace DigitalTwin.Ledger.Exports;

/// <summary>What a crate says about itself.</summary>
/// <param name="Published">Day on which the evidence was complete.</param>
/// <param name="License">Under what terms it may be used: a URL or a sentence.</param>
public sealed record CrateDescription(string Name, string Description, DateOnly Published, string License);

/// <summary>The metadata of a folder of evidence: an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1).</summary>
/// <remarks>
/// Every file is an entity with size, media type and SHA-256. The crate's own context has no term for a SHA-256, so
/// schema.org's is added beside it.
/// </remarks>
public static class ResearchObjectCrate
{
    /// <summary>Name of the metadata file, in the root of the crate.</summary>
    public const string FileName = "ro-crate-metadata.json";

    private const string Profile = "https://w3id.org/ro/crate/1.1";

    /// <summary>Describes every file that lies under <paramref name="root"/>.</summary>
    /// <param name="about">A sentence for a path, or null where its name says enough.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static JsonObject Describe(string root, CrateDescription crate, Func<string, string?> about)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(crate);
        ArgumentNullException.ThrowIfNull(about);
        string[] paths = [.. PathsUnder(root).Where(path => path != FileName)];
        JsonArray graph =
        [
            new JsonObject
            {
                ["@id"] = FileName,
                ["@type"] = "CreativeWork",
                ["conformsTo"] = Id(Profile),
                ["about"] = Id("./"),
            },
            new JsonObject
            {
                ["@id"] = "./",
                ["@type"] = "Dataset",
                ["name"] = crate.Name,
                ["description"] = crate.Description,
                ["datePublished"] = crate.Published.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                ["license"] = crate.License,
                ["hasPart"] = new JsonArray([.. paths.Select(path => (JsonNode)Id(path))]),
            },
            .. paths.Select(path => File(root, path, about(path))),
        ];
        return new JsonObject
        {
            ["@context"] = new JsonArray(
                $"{Profile}/context", new JsonObject { ["sha256"] = "https://schema.org/sha256" }),
            ["@graph"] = graph,
        };
    }

    /// <summary>Every file under a folder, with <c>/</c>, in ordinal order.</summary>
    public static IEnumerable<string> PathsUnder(string root) => Directory
        .EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'))
        .Order(StringComparer.Ordinal);

    private static JsonObject File(string root, string path, string? about)
    {
        using FileStream content = System.IO.File.OpenRead(Path.Combine(root, path));
        JsonObject file = new()
        {
            ["@id"] = path,
            ["@type"] = "File",
            ["name"] = path[(path.LastIndexOf('/') + 1)..],
            ["contentSize"] = content.Length.ToString(CultureInfo.InvariantCulture),
            ["encodingFormat"] = MediaTypeOf(path),
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)),
        };
        if (about is not null)
        {
            file["description"] = about;
        }

        return file;
    }

    private static string MediaTypeOf(string path) => Path.GetExtension(path) switch
    {
        ".json" => "application/json",
        ".html" => "text/html",
        ".md" => "text/markdown",
        ".txt" or ".pem" or InclusionProofFile.FileEnding => "text/plain",
        ModelSigning.ModelSignature.FileEnding => "application/vnd.dev.sigstore.bundle.v0.3+json",
        _ => "application/octet-stream",
    };

    private static JsonObject Id(string id) => new() { ["@id"] = id };
}
