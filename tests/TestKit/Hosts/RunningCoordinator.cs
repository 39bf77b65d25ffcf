using System.Text.Json;
using DigitalTwin.Coordinator;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DigitalTwin.TestKit.Hosts;

/// <summary>The real coordinator of a new consortium, in this process, on loopback, with real TLS.</summary>
internal sealed class RunningCoordinator : IAsyncDisposable
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    private WebApplication? _application;

    private RunningCoordinator(string stateFolder, string genesis)
    {
        StateFolder = stateFolder;
        Genesis = genesis;
    }

    public string StateFolder { get; }

    /// <summary>SHA-256 of the genesis record, as the operator was told.</summary>
    public string Genesis { get; }

    /// <summary>The ports; they stay the same over restarts.</summary>
    public Endpoints Ports { get; private set; } = new(0, 0);

    public CoordinatorFolder Folder => new(StateFolder);

    /// <summary>What the host composed, for looking inside.</summary>
    public IServiceProvider Services =>
        (_application ?? throw new InvalidOperationException("The coordinator does not run.")).Services;

    public Uri Members => new($"https://localhost:{Ports.Port}");

    public Uri Enrolment => new($"https://localhost:{Ports.EnrolmentPort}");

    /// <summary>Makes a consortium in <paramref name="stateFolder"/> and starts its coordinator on free
    /// ports.</summary>
    /// <param name="founded">The clock at its making; the system's without it.</param>
    public static async Task<RunningCoordinator> StartNewAsync(string stateFolder, TimeProvider? founded = null)
    {
        string genesis = Consortium.Create(
            stateFolder, new ConsortiumSettings("test", "localhost"), founded ?? TimeProvider.System);
        RunningCoordinator coordinator = new(stateFolder, genesis);
        await coordinator.StartAsync();
        return coordinator;
    }

    /// <summary>The coordinator of a folder that was made elsewhere, not started.</summary>
    public static RunningCoordinator Of(string stateFolder, string genesis) => new(stateFolder, genesis);

    public async Task StartAsync()
    {
        WebApplication application = CoordinatorHost.Build(
            new CoordinatorOptions(StateFolder, Ports.Port, Ports.EnrolmentPort, AnyAddress: false),
                TimeProvider.System);
        try
        {
            await application.StartAsync();
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        _application = application;
        using JsonDocument endpoints = JsonDocument.Parse(await File.ReadAllTextAsync(Folder.Endpoints));
        Ports = new Endpoints(
            endpoints.RootElement.GetProperty("Port").GetInt32(),
            endpoints.RootElement.GetProperty("EnrolmentPort").GetInt32());
    }

    /// <summary>Tears it down without the courtesy of finishing any call.</summary>
    public async Task StopAbruptlyAsync()
    {
        if (_application is { } application)
        {
            _application = null;
            await application.StopAsync(new CancellationToken(canceled: true));
            await application.DisposeAsync();
        }
    }

    /// <summary>Whether the host ended by itself, as after an exception that nobody caught.</summary>
    public bool HasEnded => _application is null
        || Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    public EnrolmentToken NewToken(string member, Role role) => EnrolmentToken.Parse(
        Consortium.IssueToken(StateFolder, member, role, TokenLifetime, TimeProvider.System));

    /// <summary>Enrols a member with keys of its own in <paramref name="folder"/>.</summary>
    public Task<MemberIdentity> EnrolAsync(MemberFolder folder, string member, Role role) =>
        EnrolmentClient.EnrolAsync(
            folder, member, NewToken(member, role), Enrolment, TimeProvider.System, CancellationToken.None);

    public async ValueTask DisposeAsync() => await StopAbruptlyAsync();
}
