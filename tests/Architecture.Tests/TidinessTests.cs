namespace DigitalTwin.Architecture.Tests;

// Goal: the whole repository stays readable. Method: every rule runs over every file it concerns, and once over a
// planted violation and its innocent neighbour, so that a rule that has gone blind is seen.
public sealed class TidinessTests
{
    private const string Path = "src/Ledger/Log.cs";

    [Fact]
    public void No_line_is_longer_than_120_columns()
    {
        Violations.None(Repository.CSharp.SelectMany(Tidiness.LongLines));
    }

    [Theory]
    [InlineData(120, 0)]
    [InlineData(121, 1)]
    public void A_long_line_is_found(int columns, int violations)
    {
        // Columns, not bytes: ε is one column in two bytes.
        SourceFile file = new(Path, $"short\n{new string('ε', columns)}\n");

        Assert.Equal(violations, Tidiness.LongLines(file).Count());
    }

    [Fact]
    public void No_file_is_longer_than_600_lines()
    {
        Violations.None(Repository.CSharp.SelectMany(Tidiness.LongFile));
    }

    [Theory]
    [InlineData(600, 0)]
    [InlineData(601, 1)]
    public void A_long_file_is_found(int lines, int violations)
    {
        SourceFile file = new(Path, string.Concat(Enumerable.Repeat("// line\n", lines)));

        Assert.Equal(violations, Tidiness.LongFile(file).Count());
    }

    [Fact]
    public void No_method_is_longer_than_70_lines()
    {
        Violations.None(Repository.CSharp.SelectMany(Tidiness.LongMembersOf));
    }

    [Fact]
    public void Every_exception_for_a_long_method_is_still_needed()
    {
        IEnumerable<string> longOnes = Repository.CSharp.SelectMany(file => CSharpMembers.Of(file.Text)
            .Where(member => member.Lines > Tidiness.MemberLines)
            .Select(member => $"{file.Path}: {member.Header}"));

        Violations.None(Tidiness.LongMembers.Keys.Except(longOnes));
    }

    [Theory]
    [InlineData(67, 0)]
    [InlineData(68, 1)]
    public void A_long_method_is_found(int statements, int violations)
    {
        string body = string.Concat(Enumerable.Repeat("        Act(\"{\");\n", statements));
        SourceFile file = new(Path, $"class Log\n{{\n    void Write()\n    {{\n{body}    }}\n}}\n");

        Assert.Equal(violations, Tidiness.LongMembersOf(file).Count());
    }

    [Fact]
    public void No_code_hides_in_a_region()
    {
        Violations.None(Repository.CSharp.SelectMany(Tidiness.Regions));
        Assert.Single(Tidiness.Regions(new SourceFile(Path, "class A;\n    #region B\n// a #region in a comment\n")));
    }

    [Fact]
    public void Open_work_has_an_owner()
    {
        const string Mark = "TO" + "DO";

        Violations.None(Repository.CSharp.SelectMany(Tidiness.Unowned));
        Assert.Single(Tidiness.Unowned(new SourceFile(Path, $"// {Mark}: later\n// {Mark}(ada): later\n")));
    }

    [Fact]
    public void Every_folder_is_named_after_what_it_holds()
    {
        Violations.None(Repository.Paths.SelectMany(Tidiness.FolderNames));
    }

    [Theory]
    [InlineData("src/Ledger/Utils/Log.cs", 1)]
    [InlineData("src/common/Log.cs", 1)]
    [InlineData("src/Ledger/Services/Helpers/Log.cs", 2)]
    [InlineData("src/Rpc/Grpc.Core.Api/Status.cs", 0)]
    [InlineData("src/Rpc/Grpc.Net.Common/ConnectivityState.cs", 0)]
    [InlineData("src/Ledger/Core.cs", 0)]
    public void A_folder_named_after_nothing_is_found(string path, int violations)
    {
        Assert.Equal(violations, Tidiness.FolderNames(path).Count());
    }

    [Fact]
    public void Wire_types_stop_at_the_edges_of_the_hosts()
    {
        Violations.None(SourcesAndProjects().SelectMany(Tidiness.WireTypes));
    }

    [Theory]
    [InlineData("src/Coordinator/Rounds/Round.cs", 1)]
    [InlineData("src/Federation/RoundClient.cs", 1)]
    [InlineData("src/Coordinator/Rounds/RoundService.cs", 0)]
    [InlineData("src/HospitalNode/Rounds/RoundClient.cs", 0)]
    [InlineData("src/Protos/Names.cs", 0)]
    [InlineData("tests/Coordinator.Tests/RoundTests.cs", 0)]
    public void A_wire_type_elsewhere_is_found(string path, int violations)
    {
        SourceFile file = new(path, "using DigitalTwin.Protos.V1;\n");

        Assert.Equal(violations, Tidiness.WireTypes(file).Count());
    }

    [Theory]
    [InlineData("<Using Include=\"DigitalTwin.Protos.V1\" />", 1)]
    [InlineData("<ProjectReference Include=\"../Protos/DigitalTwin.Protos.csproj\" />", 0)]
    public void An_implicit_using_of_wire_types_is_found(string item, int violations)
    {
        SourceFile file = new("src/HospitalNode/DigitalTwin.HospitalNode.csproj", item);

        Assert.Equal(violations, Tidiness.WireTypes(file).Count());
    }

    [Fact]
    public void Web_types_stay_in_the_hosts()
    {
        Violations.None(SourcesAndProjects().SelectMany(Tidiness.WebTypes));
    }

    [Theory]
    [InlineData("src/Ledger/Log.cs", "using Microsoft.AspNetCore.Http;", 1)]
    [InlineData("src/Federation/F.csproj", "<FrameworkReference Include=\"Microsoft.AspNetCore.App\" />", 1)]
    [InlineData("src/Cli/Demo.cs", "using Microsoft.AspNetCore.Http;", 0)]
    [InlineData("src/Rpc/Grpc.Core.Api/A.cs", "using Microsoft.AspNetCore.Http;", 0)]
    public void A_web_type_elsewhere_is_found(string path, string text, int violations)
    {
        Assert.Equal(violations, Tidiness.WebTypes(new SourceFile(path, text)).Count());
    }

    [Fact]
    public void No_binary_file_is_tracked()
    {
        Violations.None(Repository.Paths.SelectMany(
            path => Tidiness.Binary(path, File.ReadAllBytes(Repository.FullPath(path)))));
        Assert.Single(Tidiness.Binary("a.dll", [77, 90, 0]));
        Assert.Empty(Tidiness.Binary("a.txt", "text"u8));
    }

    [Fact]
    public void No_file_names_a_path_of_a_machine()
    {
        Violations.None(Repository.Files(_ => true).SelectMany(Tidiness.MachinePaths));
    }

    [Theory]
    [InlineData("work", 1)]
    [InlineData("home", 1)]
    [InlineData("root", 1)]
    [InlineData("var", 0)]
    public void A_path_of_a_machine_is_found(string top, int violations)
    {
        Assert.Equal(violations, Tidiness.MachinePaths(new SourceFile("a.md", $"see /{top}/ada/x")).Count());
        Assert.Empty(Tidiness.MachinePaths(new SourceFile("a.md", $"see docs/{top}/x and ../{top}/x")));
    }

    private static IEnumerable<SourceFile> SourcesAndProjects() => Repository.CSharp.Concat(Repository.Projects);
}
