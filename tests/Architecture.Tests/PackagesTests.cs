using System.Xml.Linq;

namespace DigitalTwin.Architecture.Tests;

// Goal: one place says which version of a package is used, and a restore gives the same packages everywhere. Method:
// project and property files are read as XML; planted files show that each rule can fail.
public sealed class PackagesTests
{
    private const string Central = "Directory.Packages.props";

    // The contract assemblies are packages only under a switch; a central version would pin them always.
    private const string Switched = "src/Rpc/Rpc.props";

    private static readonly string[] VersionAttributes = ["Version", "VersionOverride"];

    // Generated from .proto files, without code of its own; the scenarios and the foreign clients exercise it.
    private static readonly string[] WithoutTests = ["src/Protos"];

    [Fact]
    public void Package_versions_stand_in_one_file_only()
    {
        Violations.None(Repository
            .Files(path => path.EndsWith(".csproj", StringComparison.Ordinal)
                || path.EndsWith(".props", StringComparison.Ordinal)
                || path.EndsWith(".targets", StringComparison.Ordinal))
            .SelectMany(Versions));
    }

    [Theory]
    [InlineData("src/A/A.csproj", "<PackageReference Include=\"X\" Version=\"1.0\" />", 1)]
    [InlineData("src/A/A.csproj", "<PackageReference Include=\"X\" VersionOverride=\"1.0\" />", 1)]
    [InlineData("src/A/A.csproj", "<PackageReference Include=\"X\"><Version>1.0</Version></PackageReference>", 1)]
    [InlineData("src/A/A.props", "<PackageVersion Include=\"X\" Version=\"1.0\" />", 1)]
    [InlineData("src/A/A.csproj", "<PackageReference Include=\"X\" />", 0)]
    [InlineData(Central, "<PackageVersion Include=\"X\" Version=\"1.0\" />", 0)]
    public void A_version_elsewhere_is_found(string path, string item, int violations)
    {
        SourceFile file = new(path, $"<Project><ItemGroup>{item}</ItemGroup></Project>");

        Assert.Equal(violations, Versions(file).Count());
    }

    [Fact]
    public void Every_project_has_its_lock_file()
    {
        Violations.None(Missing([.. Repository.Paths], project => $"{Folder(project)}/packages.lock.json"));
    }

    [Fact]
    public void Every_source_project_has_a_test_project()
    {
        Violations.None(Missing([.. Repository.Paths.Where(IsTested)], TestProjectOf));
    }

    [Fact]
    public void A_missing_lock_file_and_a_missing_test_project_are_found()
    {
        string[] paths =
        [
            "src/A/DigitalTwin.A.csproj",
            "src/A/packages.lock.json",
            "src/B/DigitalTwin.B.csproj",
            "tests/B.Tests/DigitalTwin.B.Tests.csproj",
            "tests/B.Tests/packages.lock.json",
        ];

        Assert.Single(Missing(paths, project => $"{Folder(project)}/packages.lock.json"));
        Assert.Equal(
            ["src/A/DigitalTwin.A.csproj: no tests/A.Tests/DigitalTwin.A.Tests.csproj"],
            Missing([.. paths.Where(IsTested)], TestProjectOf));
    }

    private static IEnumerable<string> Versions(SourceFile file)
    {
        if (file.Path is Central or Switched)
        {
            return [];
        }

        return XDocument.Parse(file.Text)
            .Descendants()
            .Where(item => item.Name.LocalName is "PackageReference" or "PackageVersion")
            .Where(item => VersionAttributes.Any(
                name => item.Attribute(name) is not null || item.Element(name) is not null))
            .Select(item => $"{file.Path}: the version of {item.Attribute("Include")?.Value} belongs in {Central}");
    }

    private static IEnumerable<string> Missing(string[] paths, Func<string, string> companion) => paths
        .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
        .Where(project => !paths.Contains(companion(project)))
        .Select(project => $"{project}: no {companion(project)}");

    private static bool IsTested(string path) => !WithoutTests.Contains(Folder(path));

    private static string TestProjectOf(string project)
    {
        if (!project.StartsWith("src/", StringComparison.Ordinal))
        {
            return project;
        }

        string name = project.Split('/')[1];
        return $"tests/{name}.Tests/DigitalTwin.{name}.Tests.csproj";
    }

    private static string Folder(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];
}
