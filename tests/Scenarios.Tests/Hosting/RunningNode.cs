using DigitalTwin.HospitalNode;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.Scenarios.Tests.Hosting;

/// <summary>One hospital's real node in this process; it can be stopped, torn down and started again on its
/// folder.</summary>
internal sealed class RunningNode(string name, MemberFolder folder, LoadedData data) : IAsyncDisposable
{
    private NodeRuntime? _runtime;
    private CancellationTokenSource? _stop;
    private Task _run = Task.CompletedTask;

    public string Name => name;

    public MemberFolder Folder => folder;

    public LoadedData Data => data;

    public LogLines Log { get; } = new();

    /// <summary>Ends when the node does; faulted when it gave up by itself.</summary>
    public Task Run => _run;

    public void Start()
    {
        _stop = new CancellationTokenSource();
        _runtime = NodeRuntime.Open(folder, data, TimeProvider.System, Log);
        _run = Task.Run(() => _runtime.RunAsync(_stop.Token));
    }

    /// <summary>Asks the node to stop and waits for it.</summary>
    public async Task StopAsync()
    {
        if (_runtime is { } runtime)
        {
            await _stop!.CancelAsync();
            await SettledAsync();
            runtime.Dispose();
            Forget();
        }
    }

    /// <summary>Takes connection and files away from under the node, in the middle of whatever it does.</summary>
    public async Task KillAsync()
    {
        if (_runtime is { } runtime)
        {
            runtime.Dispose();
            await _stop!.CancelAsync();
            await SettledAsync();
            Forget();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    // How a run ended is the business of the test that asks for it, not of whoever tidies up.
    private async Task SettledAsync() => await Task.WhenAny(_run);

    private void Forget()
    {
        _stop!.Dispose();
        _stop = null;
        _runtime = null;
    }
}
