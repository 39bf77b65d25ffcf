namespace DigitalTwin.Architecture.Tests;

// Goal: a container can do what its role needs and no more, and hospitals cannot reach each other. Method: the compose
// file is read with its anchors resolved and held against the rules; one edit at a time breaks each of them.
public sealed class ContainersTests
{
    private const string ComposeFile = "docker-compose.yml";

    [Fact]
    public void The_composition_keeps_every_rule()
    {
        Violations.None(new Composition(Repository.Read(ComposeFile).Text).Violations());
    }

    [Fact]
    public void There_are_one_coordinator_four_hospitals_and_one_auditor()
    {
        Composition composition = new(Repository.Read(ComposeFile).Text);

        Assert.Equal(["coordinator"], composition.ServicesThat("coordinator", "run"));
        Assert.Equal(
            ["cleveland", "hungarian", "switzerland", "va-long-beach"],
            composition.ServicesThat("node", "run"));
        Assert.Equal(["auditor"], composition.ServicesThat("audit", "verify"));
    }

    [Theory]
    [InlineData("read_only: true", "read_only: false", "the root file system is not read-only")]
    [InlineData("    - ALL\n", "    - CHOWN\n", "capabilities are not dropped")]
    [InlineData("no-new-privileges:true", "no-new-privileges:false", "privileges can be gained")]
    [InlineData("  init: true\n", "  privileged: true\n", "it is privileged")]
    [InlineData("  init: true\n", "  ports: [\"7443:7443\"]\n", "a port is published to the machine")]
    [InlineData("  init: true\n", "  user: root\n", "it runs as root")]
    [InlineData("network_mode: none", "network_mode: host", "it shares a network of another")]
    [InlineData("cleveland:/data:ro", "cleveland:/data", "it may write to a folder of the machine")]
    [InlineData("- coordinator-state:/state", "- /var/run/docker.sock:/state", "it mounts what it must not")]
    [InlineData("  init: true\n", "  environment: [\"TOKEN=abc\"]\n", "a secret stands in the file")]
    [InlineData("  init: true\n", "  environment: {DB_PASSWORD: abc}\n", "a secret stands in the file")]
    [InlineData("    healthcheck:", "    x-healthcheck:", "nobody asks whether it is well")]
    [InlineData("- hungarian-state:/state", "- cleveland-state:/state", "share the volume")]
    [InlineData("networks: [hungarian]", "networks: [cleveland]", "can reach each other")]
    [InlineData("    networks: [researcher]\n", "", "is on the default network")]
    [InlineData("internal: true", "internal: false", "leads out of the machine")]
    public void A_broken_rule_is_found(string original, string changed, string violation)
    {
        string text = Repository.Read(ComposeFile).Text;
        Assert.Contains(original, text);

        IEnumerable<string> violations = new Composition(text.Replace(original, changed)).Violations();

        Assert.Contains(violations, one => one.Contains(violation));
    }

    [Fact]
    public void The_compose_tool_accepts_the_file()
    {
        (int ExitCode, string Output, string Error)? run =
            Repository.Run("docker-compose", "--file", ComposeFile, "config", "--quiet");
        if (run is null)
        {
            Assert.Skip("needs docker-compose");
        }

        Assert.True(run.Value.ExitCode == 0, run.Value.Error);
    }

    [Fact]
    public void The_image_runs_as_an_unprivileged_user_and_starts_dtwin()
    {
        string[] lines = Repository.Read("deploy/Dockerfile").Lines;
        string[] lastStage = [.. lines.Skip(Array.FindLastIndex(lines, line => line.StartsWith("FROM ")))];

        Assert.Equal("FROM mcr.microsoft.com/dotnet/aspnet:10.0", lastStage[0]);
        Assert.Equal("USER 1654:1654", lastStage.Last(line => line.StartsWith("USER ")));
        Assert.Contains("ENTRYPOINT [\"dtwin\"]", lastStage);
        Assert.DoesNotContain(lastStage, line => line.StartsWith("RUN "));
    }

    [Fact]
    public void The_image_is_built_from_a_list_of_what_goes_in()
    {
        string[] lines = Repository.Read("deploy/Dockerfile.dockerignore").Lines;

        Assert.Equal("*", lines.First(line => line.Length > 0 && line[0] != '#'));
        Assert.DoesNotContain("!data", lines);
    }
}
