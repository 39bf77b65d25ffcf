using DigitalTwin.Cli.Auditing;
using DigitalTwin.Cli.Demo;
using DigitalTwin.Cli.Studies;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Models.Numerics;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.Scenarios.Tests.Hosting;

/// <summary>A coordinator, four hospitals on invented patients, and a researcher: the real hosts, real TLS, one
/// process.</summary>
internal sealed class RunningConsortium : IAsyncDisposable
{
    /// <summary>No study here lasts longer: whatever goes wrong, nobody hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private const ulong Seed = 20_240_607;

    private readonly TemporaryFolder _folder;
    private readonly List<RunningNode> _nodes = [];
    private readonly List<TlsTap> _taps = [];

    private RunningConsortium(RunningCoordinator coordinator, TemporaryFolder folder)
    {
        Coordinator = coordinator;
        _folder = folder;
        Researcher = new MemberFolder(folder["researcher"]);
    }

    public RunningCoordinator Coordinator { get; }

    public IReadOnlyList<RunningNode> Nodes => _nodes;

    public MemberFolder Researcher { get; }

    public RunningNode this[string name] => _nodes.Single(node => node.Name == name);

    /// <summary>Makes and starts everything.</summary>
    /// <param name="policyOf">The policy of a hospital by its name; the demonstration's wide one without it.</param>
    /// <param name="changed">What becomes of a hospital's rows before its node sees them.</param>
    /// <param name="tapped">Hospitals whose connection goes through a <see cref="TlsTap"/>.</param>
    public static async Task<RunningConsortium> StartAsync(
        Func<string, string>? policyOf = null,
        Func<LoadedData, LoadedData>? changed = null,
        IReadOnlyCollection<string>? tapped = null)
    {
        TemporaryFolder folder = new();
        RunningConsortium consortium = new(await RunningCoordinator.StartNewAsync(folder["coordinator"]), folder);
        try
        {
            await consortium.Coordinator.EnrolAsync(consortium.Researcher, "researcher", Role.Researcher);
            PhiloxStream stream = new(Seed, stream: 0);
            foreach (SyntheticHospital hospital in SyntheticHospitals.HeartDisease(stream.NextUInt64))
            {
                await consortium.AddNodeAsync(
                    hospital,
                    policyOf?.Invoke(hospital.Name) ?? DemoPolicy.Yaml,
                    changed ?? (data => data),
                    tapped?.Contains(hospital.Name) ?? false);
            }

            return consortium;
        }
        catch
        {
            await consortium.DisposeAsync();
            throw;
        }
    }

    public TlsTap TapOf(string node) => _taps.Single(tap => tap.Member == node);

    /// <summary>Path of a file or folder beside the consortium's own.</summary>
    public string PathOf(string name) => _folder[name];

    /// <summary>Proposes a study and follows it to its end.</summary>
    public async Task<StudyState> RunStudyAsync(string yaml, Action<StudyState>? onChange = null)
    {
        using CancellationTokenSource limit = new(Patience);
        using StudyDesk desk = new(Researcher, TimeProvider.System);
        StudyDocument document = StudyDesk.Compile("study.yaml", yaml);
        return await desk.RunAsync(
            document,
            replica => replica.Members.Hospitals().Count == _nodes.Count,
            onChange ?? (_ => { }),
            limit.Token);
    }

    /// <summary>Stops everything and verifies a plain copy of the coordinator's ledger, as an auditor would.</summary>
    public async Task<AuditReport> StopAndAuditAsync()
    {
        await StopNodesAsync();
        await Coordinator.StopAbruptlyAsync();
        string copy = _folder["audit"];
        CopyWithoutLocks(Coordinator.Folder.Ledger, copy);
        return AuditReport.Of(copy, Coordinator.Genesis);
    }

    /// <summary>Stops everything and fails unless the ledger verifies and every sum adds up.</summary>
    public async Task AssertVerifiesAsync()
    {
        AuditReport audit = await StopAndAuditAsync();
        string[] errors = [.. audit.Sentences().Where(
            sentence => !sentence.StartsWith("warning", StringComparison.Ordinal))];
        Assert.Equal([], errors);
        Assert.True(audit.Passed);
    }

    public static void CopyWithoutLocks(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from).Where(file => Path.GetFileName(file) != "lock"))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            CopyWithoutLocks(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopNodesAsync();
        foreach (TlsTap tap in _taps)
        {
            await tap.DisposeAsync();
        }

        await Coordinator.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StopNodesAsync() => await Task.WhenAll(_nodes.Select(node => node.StopAsync()));

    private async Task AddNodeAsync(
        SyntheticHospital hospital, string policy, Func<LoadedData, LoadedData> changed, bool tapped)
    {
        string file = _folder[hospital.Name + ".csv"];
        await File.WriteAllTextAsync(file, hospital.ToCsv());
        MemberFolder folder = new(_folder[hospital.Name]);
        MemberIdentity identity = await Coordinator.EnrolAsync(folder, hospital.Name, Role.Hospital);
        await File.WriteAllTextAsync(folder.Policy, policy);
        if (tapped)
        {
            TlsTap tap = TlsTap.Start(Coordinator, hospital.Name, folder);
            _taps.Add(tap);
            folder.Save(identity with { Coordinator = tap.Address });
        }

        LoadedData data = SiteDataLoader.Load(new DataSource(file, "heart-disease/v1", null, hospital.Name));
        RunningNode node = new(hospital.Name, folder, changed(data));
        _nodes.Add(node);
        node.Start();
    }
}
