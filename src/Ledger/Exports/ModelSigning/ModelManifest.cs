using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace DigitalTwin.Ledger.Exports.ModelSigning;

/// <summary>One file of a model: its path from the root with <c>/</c>, and the lower-case hex SHA-256.</summary>
public sealed record ModelResource(string Name, string Sha256);

/// <summary>The files of a model, sorted by name, as a model signature lists them.</summary>
/// <remarks>OpenSSF Model Signing v1.0, sections 5.2 and 6: serialization <c>files</c>, hash <c>sha256</c>.</remarks>
public sealed class ModelManifest
{
    /// <summary>Left out of every manifest at the top of a model (section 6.2).</summary>
    public static readonly IReadOnlyList<string> AlwaysIgnored = [".git", ".gitattributes", ".github", ".gitignore"];

    internal ModelManifest(string name, IReadOnlyList<ModelResource> resources, IReadOnlyList<string> ignored)
    {
        Name = name;
        Resources = resources;
        Ignored = ignored;
    }

    /// <summary>Name of the model's folder.</summary>
    public string Name { get; }

    /// <summary>The files, in the order of the code points of their names.</summary>
    public IReadOnlyList<ModelResource> Resources { get; }

    /// <summary>Paths from the root that are not part of the model.</summary>
    public IReadOnlyList<string> Ignored { get; }

    /// <summary>SHA-256 over the raw digests of the files in their order, in lower-case hex (section 6.5.1).</summary>
    public string RootDigest => Convert.ToHexStringLower(
        SHA256.HashData([.. Resources.SelectMany(resource => Convert.FromHexString(resource.Sha256))]));

    /// <summary>Reads every file of a folder.</summary>
    /// <param name="folder">Root of the model.</param>
    /// <param name="ignored">Paths from the root to leave out, such as the signature itself.</param>
    /// <exception cref="ModelSignatureException">The folder holds a link, or no file.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ModelManifest Of(string folder, IReadOnlyCollection<string> ignored)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(ignored);
        string root = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        string[] leftOut = [.. AlwaysIgnored.Concat(ignored).Distinct().Order(StringComparer.Ordinal)];
        List<ModelResource> resources = [];
        Collect(new DirectoryInfo(root), "", leftOut, resources);
        if (resources.Count == 0)
        {
            throw new ModelSignatureException($"{folder} holds no file: an empty model has no signature.");
        }

        return new ModelManifest(
            Path.GetFileName(root), [.. resources.OrderBy(file => file.Name, CodePointOrder.Comparer)], leftOut);
    }

    internal JsonObject ToStatement() => new()
    {
        ["_type"] = ModelSignature.StatementType,
        ["subject"] = new JsonArray(new JsonObject
        {
            ["name"] = Name,
            ["digest"] = new JsonObject { ["sha256"] = RootDigest },
        }),
        ["predicateType"] = ModelSignature.PredicateType,
        ["predicate"] = new JsonObject
        {
            ["resources"] = new JsonArray([.. Resources.Select(resource => (JsonNode)new JsonObject
            {
                ["name"] = resource.Name,
                ["digest"] = resource.Sha256,
                ["algorithm"] = "sha256",
            })]),
            ["serialization"] = new JsonObject
            {
                ["method"] = "files",
                ["hash_type"] = "sha256",
                ["allow_symlinks"] = false,
                ["ignore_paths"] = new JsonArray([.. Ignored.Select(path => (JsonNode)path)]),
            },
        },
    };

    private static void Collect(
        DirectoryInfo folder, string prefix, IReadOnlyCollection<string> ignored, List<ModelResource> resources)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
        {
            string name = prefix + entry.Name;
            if (ignored.Contains(name))
            {
                continue;
            }

            if (entry.LinkTarget is not null)
            {
                throw new ModelSignatureException($"{name} is a link: a signed model holds files only.");
            }

            if (entry is DirectoryInfo inner)
            {
                Collect(inner, name + "/", ignored, resources);
                continue;
            }

            using FileStream file = File.OpenRead(entry.FullName);
            resources.Add(new ModelResource(name, Convert.ToHexStringLower(SHA256.HashData(file))));
        }
    }
}
