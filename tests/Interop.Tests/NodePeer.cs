using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DigitalTwin.Interop.Tests;

/// <summary>An npm package in a process of its own, driven by the script peer.mjs in the folder of its tests.</summary>
/// <remarks>
/// The package is installed by npm ci, by the digest in package-lock.json, beside the script's copy in the build output
/// on first use, and kept there. No script of a package runs while it is installed.
/// </remarks>
/// <param name="folder">Of the script and its package.json.</param>
/// <param name="package">Its name.</param>
/// <param name="version">The one that package.json names.</param>
public abstract class NodePeer(string folder, string package, string version) : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(3);

    private readonly SemaphoreSlim _installing = new(1);
    private bool _tried;
    private string? _missing;

    private string Folder { get; } = Path.Combine(AppContext.BaseDirectory, folder);

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

    public void Dispose()
    {
        _installing.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends one request and returns the answer; binary values are base64 in both.</summary>
    internal async Task<JsonElement> CallAsync(JsonObject request, CancellationToken cancellationToken)
    {
        (int exitCode, string output, string errors) = await ForeignProgram.RunAsync(
            "node", [Path.Combine(Folder, "peer.mjs")], request.ToJsonString(), CallLimit, cancellationToken, Folder);
        Assert.True(exitCode == 0, $"{package} ended with {exitCode}: {errors}");
        return JsonElement.Parse(output);
    }

    /// <returns>Null, or what is missing.</returns>
    private async Task<string?> InstallAsync(CancellationToken cancellationToken)
    {
        // Written last, so that an installation that was cut off is done again.
        string marker = Path.Combine(Folder, "node_modules", $".digitaltwin-{version}");
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
                return $"needs npm's {package} {version}, which npm could not install: {errors.Trim()}";
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
            return $"needs npm's {package} {version}, which npm did not install within {InstallLimit}";
        }
    }
}
