using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Interop.Tests.Seal;

[assembly: AssemblyFixture(typeof(NodeSeal))]

namespace DigitalTwin.Interop.Tests.Seal;

/// <summary>Microsoft SEAL in a process of its own: npm's node-seal, driven by peer.mjs.</summary>
/// <remarks>
/// The package is installed by npm ci, by the digest in package-lock.json, beside the script's copy in the build output
/// on first use, and kept there. Node 20 loads node-seal 6.0.3 and not 7.0.0. It takes only plain moduli that it can
/// batch with: for others its WebAssembly lets an exception out that native SEAL catches.
/// </remarks>
public sealed class NodeSeal : IDisposable
{
    private const string Version = "6.0.3";

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(3);

    private readonly SemaphoreSlim _installing = new(1);
    private bool _tried;
    private string? _missing;

    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Seal");

    /// <summary>Skips the running test where Node is absent or the package cannot be installed.</summary>
    public async Task SkipUnlessInstalledAsync(CancellationToken cancellationToken)
    {
        await _installing.WaitAsync(cancellationToken);
        try
        {
            if (!_tried)
            {
                _missing = await InstallAsync(cancellationToken);
                _tried = true;
            }
        }
        finally
        {
            _installing.Release();
        }

        if (_missing is not null)
        {
            Assert.Skip(_missing);
        }
    }

    /// <summary>Sends one request and returns the answer; binary values are base64 in both.</summary>
    internal static async Task<JsonElement> CallAsync(JsonObject request, CancellationToken cancellationToken)
    {
        (int exitCode, string output, string errors) = await ForeignProgram.RunAsync(
            "node", [Path.Combine(Folder, "peer.mjs")], request.ToJsonString(), CallLimit, cancellationToken, Folder);
        Assert.True(exitCode == 0, $"node-seal ended with {exitCode}: {errors}");
        return JsonElement.Parse(output);
    }

    public void Dispose() => _installing.Dispose();

    /// <returns>Null, or what is missing.</returns>
    private static async Task<string?> InstallAsync(CancellationToken cancellationToken)
    {
        // Written last, so that an installation that was cut off is done again.
        string marker = Path.Combine(Folder, "node_modules", $".digitaltwin-{Version}");
        try
        {
            await ForeignProgram.RunAsync("node", ["--version"], "", CallLimit, cancellationToken, Folder);
            if (File.Exists(marker))
            {
                return null;
            }

            (int exitCode, _, string errors) = await ForeignProgram.RunAsync(
                "npm",
                ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", Folder],
                "",
                InstallLimit,
                cancellationToken,
                Folder);
            if (exitCode != 0)
            {
                return $"needs npm's node-seal {Version}, which npm could not install: {errors.Trim()}";
            }

            await File.WriteAllTextAsync(marker, "", cancellationToken);
            return null;
        }
        catch (Win32Exception)
        {
            return "needs node and npm (Debian packages nodejs and npm, version 18 or later)";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"needs npm's node-seal {Version}, which npm did not install within {InstallLimit}";
        }
    }
}
