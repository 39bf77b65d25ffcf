using System.IO.Compression;
using System.Text.Json;
using DigitalTwin.Interop.Tests.Ethereum;

[assembly: AssemblyFixture(typeof(EthereumPackages))]

namespace DigitalTwin.Interop.Tests.Ethereum;

/// <summary>npm's @ethersproject/testcases, anvil and hardhat.</summary>
public sealed class EthereumPackages() : NodePeer("Ethereum", "hardhat, anvil and ethers' test cases", "1")
{
    /// <summary>Where npm installs.</summary>
    internal static string Modules { get; } = Path.Combine(AppContext.BaseDirectory, "Ethereum", "node_modules");

    /// <summary>The cases of one file of @ethersproject/testcases.</summary>
    internal static JsonElement Cases(string name)
    {
        string path = Path.Combine(Modules, "@ethersproject", "testcases", "testcases", $"{name}.json.gz");
        using GZipStream stream = new(File.OpenRead(path), CompressionMode.Decompress);
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return JsonElement.Parse(bytes.ToArray());
    }
}
