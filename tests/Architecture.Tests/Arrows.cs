using System.Xml.Linq;

namespace DigitalTwin.Architecture.Tests;

/// <summary>Which project may reference which, and the reading of project files.</summary>
internal static class Arrows
{
    private static readonly string[] Rpc = ["Grpc.Core.Api", "Grpc.Net.Common"];

    private static readonly string[] Libraries =
    [
        .. Rpc,
        "DigitalTwin.Protos",
        "DigitalTwin.Models",
        "DigitalTwin.Privacy",
        "DigitalTwin.Documents",
        "DigitalTwin.Clinical",
        "DigitalTwin.Ledger",
        "DigitalTwin.Federation",
        "DigitalTwin.Twins",
    ];

    /// <summary>Project name to the names it may reference. The coordinator reaches no patient.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Allowed = new Dictionary<string, string[]>
    {
        ["Grpc.Core.Api"] = [],
        ["Grpc.Net.Common"] = ["Grpc.Core.Api"],
        ["DigitalTwin.Protos"] = Rpc,
        ["DigitalTwin.Models"] = [],
        ["DigitalTwin.Privacy"] = [],
        ["DigitalTwin.Documents"] = [],
        ["DigitalTwin.Clinical"] = ["DigitalTwin.Documents"],
        ["DigitalTwin.Ledger"] = [],
        ["DigitalTwin.Federation"] =
            ["DigitalTwin.Models", "DigitalTwin.Privacy", "DigitalTwin.Ledger", "DigitalTwin.Documents"],
        ["DigitalTwin.Twins"] = ["DigitalTwin.Models", "DigitalTwin.Clinical"],
        ["DigitalTwin.Coordinator"] =
        [
            .. Rpc,
            "DigitalTwin.Federation",
            "DigitalTwin.Ledger",
            "DigitalTwin.Privacy",
            "DigitalTwin.Protos",
            "DigitalTwin.Documents",
        ],
        ["DigitalTwin.HospitalNode"] = Libraries,
        ["DigitalTwin.Cli"] = [.. Libraries, "DigitalTwin.Coordinator", "DigitalTwin.HospitalNode"],
    };

    /// <summary>Names of the projects that a project file references, also through files that it imports.</summary>
    /// <param name="project">The project file.</param>
    /// <param name="read">Gives the text of an imported file by its path in the repository, or null.</param>
    public static IEnumerable<string> References(SourceFile project, Func<string, string?> read)
    {
        XDocument document = XDocument.Parse(project.Text);
        foreach (XElement reference in document.Descendants("ProjectReference"))
        {
            yield return Path.GetFileNameWithoutExtension(Expanded(reference.Attribute("Include")!.Value, project));
        }

        foreach (XElement import in document.Descendants("Import").Where(one => one.Attribute("Sdk") is null))
        {
            string path = Expanded(import.Attribute("Project")!.Value, project);
            if (read(path) is string text)
            {
                foreach (string name in References(new SourceFile(path, text), read))
                {
                    yield return name;
                }
            }
        }
    }

    public static IEnumerable<string> Violations(SourceFile project, Func<string, string?> read)
    {
        string name = Path.GetFileNameWithoutExtension(project.Name);
        if (!Allowed.TryGetValue(name, out string[]? allowed))
        {
            return [$"{project.Path}: the table of arrows does not know {name}"];
        }

        return References(project, read)
            .Where(reference => !allowed.Contains(reference))
            .Select(reference => $"{project.Path}: {name} must not reference {reference}");
    }

    private static string Expanded(string path, SourceFile within)
    {
        string relative = path.Replace("$(MSBuildThisFileDirectory)", "", StringComparison.Ordinal).Replace('\\', '/');
        return Path.GetRelativePath("/", Path.GetFullPath($"/{within.Folder}/{relative}")).Replace('\\', '/');
    }
}
