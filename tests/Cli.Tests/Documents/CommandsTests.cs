namespace DigitalTwin.Cli.Tests.Documents;

// Goal: no command of the documentation is only believed. Method: every command line of every page is found, and either
// a test types the page, or the table names the file that runs it and the words with which it stands there.
public sealed class CommandsTests
{
    private const string Ci = ".ci/run";
    private const string Demo = "tests/Cli.Tests/DemoTests.cs";
    private const string Dp = "tests/Cli.Tests/DpTests.cs";
    private const string Containers = "tests/Architecture.Tests/ContainersTests.cs";

    /// <summary>Pages that <see cref="OperationsTests"/> types from the first to the last line.</summary>
    private static readonly string[] TypedPages = ["docs/operations.md"];

    private static readonly string[] Programs = ["dtwin", "dotnet", "docker-compose", ".ci/run"];

    /// <summary>Command, the file that runs it, and the words there that do so.</summary>
    private static readonly Dictionary<string, (string File, string Words)> RunElsewhere = new(StringComparer.Ordinal)
    {
        ["dotnet build"] = (Ci, "dotnet build"),
        ["dotnet test"] = (Ci, "dotnet test"),
        ["dotnet test --project tests/Privacy.Tests"] = (Ci, "dotnet test"),
        ["dotnet format --verify-no-changes"] = (Ci, "dotnet format --verify-no-changes"),
        ["dotnet run --project src/Cli -- demo"] = (Ci, "dotnet run --project src/Cli --no-build -- demo"),
        ["dotnet run --project src/Cli -- demo --algorithm newton --epsilon none"] =
            (Demo, "\"--algorithm\", \"newton\", \"--epsilon\", \"none\""),
        ["dtwin dp epsilon --sampling-rate 0.01 --noise-multiplier 1.0 --steps 10000 --delta 1e-5"] =
            (Dp, "dp epsilon --sampling-rate 0.01 --noise-multiplier 1.0 --steps 10000 --delta 1e-5"),
        ["dtwin dp sigma --epsilon 1 --sampling-rate 0.01 --steps 1000 --delta 1e-5"] =
            (Dp, "dp sigma --epsilon 1 --sampling-rate 0.01 --steps 1000 --delta 1e-5"),
        ["docker-compose config --quiet"] = (Containers, "docker-compose"),
        [".ci/run"] = (Ci, "#!/usr/bin/env bash"),
    };

    public static TheoryData<string, string> Commands()
    {
        TheoryData<string, string> commands = [];
        foreach (Page page in Pages.All().Where(page => !TypedPages.Contains(page.Path)))
        {
            foreach (string command in page.Commands().Where(IsOurs))
            {
                commands.Add(page.Path, command);
            }
        }

        return commands;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_documented_command_is_run_somewhere(string page, string command)
    {
        Assert.True(RunElsewhere.ContainsKey(command), $"{page} says {command}, and nothing runs it.");
        (string file, string words) = RunElsewhere[command];
        Assert.Contains(words, File.ReadAllText(Pages.FullPath(file)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_starts_with_the_two_commands_of_a_fresh_clone()
    {
        Page readme = Pages.Read("README.md");

        Assert.Equal(["dotnet run --project src/Cli -- demo", "dotnet test"], readme.Commands().Take(2));
        Assert.True(readme.Text.Split("```")[0].Split('\n').Length < 20, "They stand on the first screen.");
    }

    [Fact]
    public void The_table_names_no_command_that_is_documented_nowhere()
    {
        HashSet<string> documented = [.. Pages.All().SelectMany(page => page.Commands())];

        Assert.All(RunElsewhere.Keys, command => Assert.Contains(command, documented));
    }

    [Fact]
    public void A_typed_page_holds_commands() =>
        Assert.All(TypedPages, path => Assert.Contains(Pages.Read(path).Commands(), IsOurs));

    private static bool IsOurs(string command) => Programs.Contains(command.Split(' ')[0]);
}
