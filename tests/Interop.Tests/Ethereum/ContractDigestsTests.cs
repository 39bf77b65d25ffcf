using System.Security.Cryptography;
using System.Text.Json;
using DigitalTwin.Ledger.Ethereum.Anchoring;

namespace DigitalTwin.Interop.Tests.Ethereum;

// Goal: what is deployed is what was reviewed. Method: the sources are compiled again and the bytecode's digests held
// against the committed ones; a changed source is refused by the script itself.
public sealed class ContractDigestsTests(SolidityCompiler compiler)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CheckpointAnchor")]
    [InlineData("MemberRegistry")]
    [InlineData("RoundLedger")]
    public async Task The_sources_compile_to_the_committed_digest(string contract)
    {
        ContractArtefact artefact = await compiler.ArtefactAsync(contract, Token);
        string file = Path.Combine(AppContext.BaseDirectory, "Contracts", "digests.json");
        JsonElement digests = JsonElement.Parse(await File.ReadAllTextAsync(file, Token));

        Assert.Equal(
            digests.GetProperty("bytecode").GetProperty(contract).GetString(),
            Convert.ToHexStringLower(SHA256.HashData(artefact.CreationCode)));
        Assert.Equal(digests.GetProperty("compiler").GetString(), artefact.Compiler);
        Assert.True(artefact.CreationCode.Length < 24_576, "EIP-170 bounds the code of a contract.");
    }

    [Fact]
    public async Task An_edited_source_gives_no_artefact()
    {
        await compiler.SkipUnlessInstalledAsync(Token);
        string folder = Path.Combine(AppContext.BaseDirectory, "Contracts", "edited");
        Directory.CreateDirectory(folder);
        foreach (string path in Directory.EnumerateFiles(Path.GetDirectoryName(folder)!))
        {
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)), overwrite: true);
        }

        string anchor = Path.Combine(folder, "CheckpointAnchor.sol");
        string source = await File.ReadAllTextAsync(anchor, Token);
        await File.WriteAllTextAsync(anchor, source.Replace("if (size < largest)", "if (size + 1 < largest)"), Token);
        (int exitCode, _, string errors) = await ForeignProgram.RunAsync(
            "node", ["compile.mjs", "--check"], "", TimeSpan.FromSeconds(90), Token, folder);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("not that of digests.json", errors);
    }
}
