using System.Text.Json;
using System.Text.RegularExpressions;

namespace DigitalTwin.Architecture.Tests;

// Goal: the network of deploy/besu is no open chain. Besu itself cannot be run by a test here; what is held is the
// files: the compose tool takes them, and what must not stand in them does not.
public sealed partial class BesuNetworkTests
{
    private const string Overlay = "deploy/besu/docker-compose.yml";
    private const string Script = "deploy/besu/make-network.sh";

    [Fact]
    public void The_compose_tool_accepts_the_overlay()
    {
        (int ExitCode, string Output, string Error)? run = Repository.Run(
            "docker-compose", "--file", "docker-compose.yml", "--file", Overlay, "--profile", "besu", "config",
            "--quiet");
        if (run is null)
        {
            Assert.Skip("needs docker-compose");
        }

        Assert.True(run.Value.ExitCode == 0, run.Value.Error);
    }

    [Fact]
    public void Four_validators_run_without_fees_on_a_chain_of_their_own()
    {
        JsonElement network = JsonElement.Parse(Repository.Read("deploy/besu/network.json").Text);
        JsonElement config = network.GetProperty("genesis").GetProperty("config");

        Assert.Equal(4, network.GetProperty("blockchain").GetProperty("nodes").GetProperty("count").GetInt32());
        Assert.True(config.GetProperty("zeroBaseFee").GetBoolean());

        // 1337 is the chain of every tutorial, whose keys are published.
        Assert.NotEqual(1337, config.GetProperty("chainId").GetInt32());
    }

    [Fact]
    public void Nobody_from_outside_reaches_a_node_and_no_key_stands_in_a_file()
    {
        string overlay = Repository.Read(Overlay).Text;
        string script = Repository.Read(Script).Text;

        Assert.DoesNotContain("ports:", overlay);
        Assert.Contains("internal: true", overlay);
        Assert.Contains("min-gas-price=0", script);
        Assert.Contains("permissions-accounts-config-file-enabled=true", script);
        Assert.Contains("permissions-nodes-config-file-enabled=true", script);
        Assert.DoesNotContain("host-allowlist=[\"*\"]", script);
        Assert.DoesNotMatch("ADMIN|DEBUG|TXPOOL|PERM\"", script);
        Assert.All(
            Repository.Files(path => path.StartsWith("deploy/besu/", StringComparison.Ordinal)),
            file => Assert.DoesNotMatch(PrivateKey(), file.Text.Replace(MixHash, "")));
    }

    // The mix hash of every QBFT block, not a key: "cticalbyzantinefaultolerance", as Besu's documentation gives it.
    private const string MixHash = "63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";

    [GeneratedRegex("[0-9a-fA-F]{64}")]
    private static partial Regex PrivateKey();
}
