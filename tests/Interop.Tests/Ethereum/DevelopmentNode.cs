using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Ethereum.Nodes;

namespace DigitalTwin.Interop.Tests.Ethereum;

/// <summary>A node of another implementation on a port of this machine, with a chain of its own without fees.</summary>
internal sealed class DevelopmentNode : IAsyncDisposable
{
    public const long ChainId = 1337;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private DevelopmentNode(Process process, Uri address)
    {
        _process = process;
        Address = address;
        Rpc = new JsonRpcClient(Http, address, TimeProvider.System);
        Node = new EthereumNode(Rpc);
    }

    public static HttpClient Http { get; } = JsonRpcClient.CreateHttp();

    public Uri Address { get; }

    public JsonRpcClient Rpc { get; }

    public EthereumNode Node { get; }

    /// <summary>Starts a node by its name.</summary>
    public static Task<DevelopmentNode> StartAsync(string name, CancellationToken cancellationToken) =>
        name == "anvil" ? StartAnvilAsync([], cancellationToken) : StartHardhatAsync(cancellationToken);

    /// <summary>Starts anvil of foundry.</summary>
    /// <param name="arguments">More of them, for example where to keep the chain.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="port">The port to take; a free one when left out.</param>
    public static Task<DevelopmentNode> StartAnvilAsync(
        string[] arguments, CancellationToken cancellationToken, int? port = null)
    {
        int taken = port ?? FreePort();
        string binary = Path.Combine(
            EthereumPackages.Modules, "@foundry-rs", $"anvil-linux-{Processor}", "bin", "anvil");
        return StartAsync(
            binary,
            [
                "--port", $"{taken}", "--chain-id", $"{ChainId}", "--hardfork", "london", "--base-fee", "0",
                "--gas-price", "0", "--accounts", "1", "--quiet", .. arguments,
            ],
            taken,
            cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    /// <summary>Asks the node to end, as an operator would: anvil then writes its chain.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using Process interrupt = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        await interrupt.WaitForExitAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Calls a method that only development nodes have.</summary>
    public Task<JsonElement> DoAsync(
        string method, CancellationToken cancellationToken, params JsonNode[] parameters) =>
        Rpc.CallAsync(method, new JsonArray([.. parameters]), cancellationToken);

    private static string Processor => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
        == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private static Task<DevelopmentNode> StartHardhatAsync(CancellationToken cancellationToken)
    {
        int port = FreePort();
        string command = Path.Combine(EthereumPackages.Modules, "hardhat", "internal", "cli", "bootstrap.js");
        return StartAsync("node", [command, "node", "--port", $"{port}"], port, cancellationToken);
    }

    private static async Task<DevelopmentNode> StartAsync(
        string program, string[] arguments, int port, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = Path.GetDirectoryName(EthereumPackages.Modules),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HARDHAT_DISABLE_TELEMETRY_PROMPT"] = "true";
        Process process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        DevelopmentNode node = new(process, new Uri($"http://127.0.0.1:{port}"));
        try
        {
            await node.AnswersAsync(cancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    private async Task AnswersAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (true)
        {
            try
            {
                await Node.ChainIdAsync(limit.Token);
                return;
            }
            catch (RpcUnavailableException) when (!_process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
