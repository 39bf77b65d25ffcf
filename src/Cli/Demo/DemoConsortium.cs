using System.Text.Json;
using DigitalTwin.Coordinator;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Demo;

/// <summary>
/// The processes of the demonstration: one coordinator and its hospitals, on loopback, each with an own folder.
/// </summary>
internal sealed class DemoConsortium : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    private readonly string _output;
    private readonly TimeProvider _time;
    private readonly List<ChildProcess> _children = [];

    private DemoConsortium(string output, TimeProvider time)
    {
        _output = output;
        _time = time;
    }

    public IReadOnlyList<ChildProcess> Children => _children;

    public string CoordinatorState => Path.Combine(_output, "state", "coordinator");

    public MemberFolder Researcher => new(Path.Combine(_output, "state", "researcher"));

    private string Logs => Path.Combine(_output, "logs");

    public MemberFolder FolderOf(string site) => new(Path.Combine(_output, "state", site));

    /// <summary>Makes the consortium, starts every process, and enrols a researcher.</summary>
    public static async Task<DemoConsortium> StartAsync(
        DemoOptions options, IReadOnlyList<DemoSite> sites, TimeProvider time, CancellationToken cancellationToken)
    {
        DemoConsortium consortium = new(options.Output, time);
        try
        {
            await consortium.StartCoordinatorAsync(cancellationToken);
            Uri enrolment = consortium.EnrolmentAddress();
            foreach (DemoSite site in sites)
            {
                consortium.StartNode(site, enrolment, options.Seed);
            }

            await consortium.EnrolResearcherAsync(enrolment, cancellationToken);
            return consortium;
        }
        catch
        {
            await consortium.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first node that ended before the study did, with what it last said; null while all run.</summary>
    public (string Name, string Words)? FirstEnded() => _children.Find(child => child.HasExited) is { } ended
        ? (ended.Name, ended.LastError.Length > 0 ? ended.LastError : "it said nothing; see its log.")
        : null;

    /// <summary>What the coordinator last said when it has ended; null while it runs.</summary>
    public string? CoordinatorEnded() =>
        _children is [{ HasExited: true } coordinator, ..] ? coordinator.LastError : null;

    /// <summary>
    /// Stops the hospitals first, so that they can hand in their last cosignatures, then the coordinator.
    /// </summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_children.Skip(1).Select(child => child.StopAsync()));
        if (_children.Count > 0)
        {
            await _children[0].StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (ChildProcess child in _children)
        {
            child.Dispose();
        }

        _children.Clear();
    }

    private async Task StartCoordinatorAsync(CancellationToken cancellationToken)
    {
        Consortium.Create(CoordinatorState, new ConsortiumSettings("demo", "localhost"), _time);
        DurableFile.CreateFolder(Logs);
        ChildProcess coordinator = ChildProcess.Start(
            "coordinator", Logs, "coordinator", "run", "--state", CoordinatorState, "--port", "0", "--enrol-port", "0");
        _children.Add(coordinator);
        long start = _time.GetTimestamp();
        while (!File.Exists(new CoordinatorFolder(CoordinatorState).Endpoints))
        {
            if (coordinator.HasExited || _time.GetElapsedTime(start) > StartPatience)
            {
                throw new CommandException(
                    ExitCodes.Environment,
                    $"The coordinator did not start: {coordinator.LastError} "
                        + $"See {Path.Combine(Logs, "coordinator.log")}.");
            }

            await Task.Delay(LookAgain, _time, cancellationToken);
        }
    }

    private Uri EnrolmentAddress()
    {
        using JsonDocument endpoints = JsonDocument.Parse(
            File.ReadAllText(new CoordinatorFolder(CoordinatorState).Endpoints));
        return new UriBuilder("https", "localhost", endpoints.RootElement.GetProperty("EnrolmentPort").GetInt32()).Uri;
    }

    private void StartNode(DemoSite site, Uri enrolment, ulong seed)
    {
        MemberFolder folder = FolderOf(site.Name);
        DurableFile.CreateFolder(folder.Identity);
        DurableFile.WriteAtomically(folder.Policy, System.Text.Encoding.UTF8.GetBytes(DemoPolicy.Yaml));
        DurableFile.WriteAtomically(
            folder.ReplaySecret, DemoSites.ReplayKeyOf(seed, site.Name), ownerOnly: true);
        string token = Consortium.IssueToken(CoordinatorState, site.Name, Role.Hospital, TokenLifetime, _time);
        List<string> arguments =
        [
            "node", "run", "--state", folder.Root, "--data", site.Source.File, "--contract", site.Source.Contract,
            "--token", token, "--coordinator", enrolment.ToString(), "--member", site.Name,
        ];
        if (site.Source.SplitFile is { } split)
        {
            arguments.AddRange(["--split", split, "--split-site", site.Source.SplitSite]);
        }

        _children.Add(ChildProcess.Start(site.Name, Logs, arguments));
    }

    private async Task EnrolResearcherAsync(Uri enrolment, CancellationToken cancellationToken)
    {
        string token = Consortium.IssueToken(CoordinatorState, "researcher", Role.Researcher, TokenLifetime, _time);
        await EnrolmentClient.EnrolAsync(
            Researcher, "researcher", EnrolmentToken.Parse(token), enrolment, _time, cancellationToken);
    }
}
