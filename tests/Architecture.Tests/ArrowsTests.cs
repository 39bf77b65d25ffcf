namespace DigitalTwin.Architecture.Tests;

// Goal: a reader sees from the arrows alone that the coordinator cannot reach a patient. Method: the table of arrows is
// compared with every project file, and with planted project files that break it.
public sealed class ArrowsTests
{
    private const string CoordinatorPath = "src/Coordinator/DigitalTwin.Coordinator.csproj";

    [Fact]
    public void Every_project_references_only_what_the_table_allows()
    {
        Violations.None(SourceProjects().SelectMany(project => Arrows.Violations(project, ReadOrNull)));
    }

    [Theory]
    [InlineData("../Clinical/DigitalTwin.Clinical.csproj")]
    [InlineData("..\\Twins\\DigitalTwin.Twins.csproj")]
    [InlineData("../HospitalNode/DigitalTwin.HospitalNode.csproj")]
    public void A_forbidden_reference_is_found(string reference)
    {
        SourceFile project = new(CoordinatorPath, Project($"<ProjectReference Include=\"{reference}\" />"));

        Assert.Single(Arrows.Violations(project, _ => null));
    }

    [Fact]
    public void A_forbidden_reference_in_an_imported_file_is_found()
    {
        SourceFile project = new(CoordinatorPath, "<Project><Import Project=\"../Rpc/Rpc.props\" /></Project>");
        string props = Project(
            "<ProjectReference Include=\"$(MSBuildThisFileDirectory)Grpc.Core.Api/Grpc.Core.Api.csproj\" />"
            + "<ProjectReference Include=\"$(MSBuildThisFileDirectory)../Clinical/DigitalTwin.Clinical.csproj\" />");

        Assert.Equal(
            [$"{CoordinatorPath}: DigitalTwin.Coordinator must not reference DigitalTwin.Clinical"],
            Arrows.Violations(project, path => path == "src/Rpc/Rpc.props" ? props : null));
    }

    [Fact]
    public void A_project_that_the_table_does_not_know_is_found()
    {
        Assert.Single(Arrows.Violations(new SourceFile("src/New/DigitalTwin.New.csproj", Project("")), _ => null));
    }

    [Fact]
    public void The_table_has_no_circle()
    {
        HashSet<string> settled = [];
        bool found = true;
        while (found)
        {
            found = false;
            foreach ((string name, string[] allowed) in Arrows.Allowed)
            {
                found |= allowed.All(settled.Contains) && settled.Add(name);
            }
        }

        Assert.Empty(Arrows.Allowed.Keys.Except(settled));
    }

    [Fact]
    public void Nothing_that_the_coordinator_reaches_knows_a_patient()
    {
        HashSet<string> reached = ["DigitalTwin.Coordinator"];
        while (reached.Count < (reached = [.. reached, .. reached.SelectMany(name => Arrows.Allowed[name])]).Count)
        {
        }

        Assert.DoesNotContain("DigitalTwin.Clinical", reached);
        Assert.DoesNotContain("DigitalTwin.Twins", reached);
        Assert.DoesNotContain("DigitalTwin.HospitalNode", reached);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("DigitalTwin.sln").Text;

        Violations.None(NotIn(solution, Repository.Projects.Select(project => project.Path)));
    }

    [Fact]
    public void A_project_that_the_solution_lacks_is_found()
    {
        const string Solution = "Project(\"{0}\") = \"A\", \"src\\A\\A.csproj\", \"{1}\"";

        Assert.Equal(["src/B/B.csproj"], NotIn(Solution, ["src/A/A.csproj", "src/B/B.csproj"]));
    }

    private static IEnumerable<string> NotIn(string solution, IEnumerable<string> projects)
    {
        string listed = solution.Replace('\\', '/');
        foreach (string project in projects)
        {
            if (!listed.Contains($"\"{project}\"", StringComparison.Ordinal))
            {
                yield return project;
            }
        }
    }

    private static IEnumerable<SourceFile> SourceProjects() =>
        Repository.Projects.Where(project => project.Path.StartsWith("src/", StringComparison.Ordinal));

    private static string? ReadOrNull(string path) =>
        File.Exists(Repository.FullPath(path)) ? Repository.Read(path).Text : null;

    private static string Project(string items) => $"<Project><ItemGroup>{items}</ItemGroup></Project>";
}
