using System.Globalization;
using System.Text;
using System.Text.Json;
using DigitalTwin.Cli.Demo;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.Coordinator;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Cli.Tests.Processes;

/// <summary>
/// A coordinator and eight hospitals on invented patients: nine processes of the built executable on loopback.
/// </summary>
internal sealed class ProcessConsortium : IDisposable
{
    /// <summary>How long a study here may take, from its launch to the end of every report.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Hospitals whose addends a sum needs: the quorum ⌊2·8/3⌋ + 1.</summary>
    public const int Threshold = 6;

    // Each draw gives four hospitals.
    private const int Draws = 2;
    private const string Contract = "heart-disease/v1";
    private const ulong Seed = 20_260_301;

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, RunningDtwin> _nodes = new(StringComparer.Ordinal);
    private readonly List<RunningDtwin> _ended = [];
    private readonly RunningDtwin _coordinator;
    private bool _stopped;

    private ProcessConsortium()
    {
        Consortium.Create(Coordinator.Root, new ConsortiumSettings("eight", "localhost"), TimeProvider.System);
        _coordinator = Dtwin.Start(
            _folder.FullPath,
            "coordinator", "run", "--state", Coordinator.Root, "--port", "0", "--enrol-port", "0");
    }

    public CoordinatorFolder Coordinator => new(_folder["coordinator"]);

    public IReadOnlyCollection<string> Hospitals => _nodes.Keys;

    /// <summary>What the coordinator and the hospitals have said so far, the killed ones included.</summary>
    public IEnumerable<string> Logs =>
        _nodes.Values.Concat(_ended).Append(_coordinator).Select(process => process.Output + process.Error);

    /// <summary>Starts all nine and enrols a researcher.</summary>
    public static ProcessConsortium Start()
    {
        ProcessConsortium consortium = new();
        try
        {
            consortium._coordinator.WaitUntil(
                () => File.Exists(consortium.Coordinator.Endpoints), "the coordinator's start", Patience);
            PhiloxStream stream = new(Seed, stream: 0);
            for (int draw = 1; draw <= Draws; draw++)
            {
                foreach (SyntheticHospital hospital in SyntheticHospitals.HeartDisease(stream.NextUInt64))
                {
                    consortium.EnrolAndStart(
                        string.Create(CultureInfo.InvariantCulture, $"{hospital.Name}-{draw}"), hospital.ToCsv());
                }
            }

            consortium.EnrolResearcher();
            foreach ((string name, RunningDtwin node) in consortium._nodes)
            {
                node.WaitUntil(
                    () => node.Output.Contains("follows", StringComparison.Ordinal), $"the start of {name}", Patience);
            }

            return consortium;
        }
        catch
        {
            consortium.Dispose();
            throw;
        }
    }

    public MemberFolder FolderOf(string member) => new(_folder[member]);

    public DataSource SourceOf(string hospital) => new(_folder[hospital + ".csv"], Contract, null, hospital);

    /// <summary>
    /// Kept shares and keys of open rounds that a hospital has on its disk; empty when there are none.
    /// </summary>
    public string[] SecretsOf(string hospital) => Directory.Exists(FolderOf(hospital).RoundSecrets)
        ? Directory.GetFiles(FolderOf(hospital).RoundSecrets)
        : [];

    /// <summary>Launches a study as a process of the researcher's.</summary>
    public RunningDtwin Launch(string yaml) => Dtwin.Start(
        _folder.FullPath,
        "study", "launch", _folder.Write("study.yaml", yaml),
        "--state", _folder["researcher"], "--out", _folder["out"]);

    /// <summary>Ends these hospitals with SIGKILL, in the middle of whatever they do.</summary>
    public void Kill(params IReadOnlyList<string> hospitals)
    {
        foreach (string hospital in hospitals)
        {
            _nodes[hospital].Kill();
        }

        foreach (string hospital in hospitals)
        {
            _nodes.Remove(hospital, out RunningDtwin? ended);
            _ended.Add(ended!);
        }
    }

    /// <summary>Starts a killed hospital again on its folder.</summary>
    public void Restart(string hospital) => _nodes.Add(hospital, StartNode(hospital));

    /// <summary>Waits until the hospitals that run have seen the end of the study and wiped what they kept.</summary>
    public void WaitUntilNobodyKeepsSecrets()
    {
        foreach ((string name, RunningDtwin node) in _nodes)
        {
            node.WaitUntil(() => SecretsOf(name).Length == 0, $"the wiping of the secrets of {name}", Patience);
        }
    }

    /// <summary>Ends every process as its operator would, hospitals first; all answer with exit code 0.</summary>
    public void Stop()
    {
        _stopped = true;
        foreach (RunningDtwin node in _nodes.Values)
        {
            node.Signal("TERM");
        }

        foreach ((string name, RunningDtwin node) in _nodes)
        {
            AssertEnded(name, node);
        }

        _coordinator.Signal("TERM");
        AssertEnded("the coordinator", _coordinator);
    }

    /// <summary>A plain copy of the coordinator's ledger, as an auditor would get it.</summary>
    public string CopyOfLedger()
    {
        Assert.True(_stopped, "A ledger is copied when nobody writes to it.");
        string copy = _folder["audit"];
        foreach (string file in Directory.EnumerateFiles(Coordinator.Ledger, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(Coordinator.Ledger, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    public void Dispose()
    {
        foreach (RunningDtwin process in _nodes.Values.Concat(_ended).Append(_coordinator))
        {
            process.Dispose();
        }

        _folder.Dispose();
    }

    private static void AssertEnded(string name, RunningDtwin process)
    {
        Answer end = process.Finish(Patience);
        Assert.True(end.ExitCode == ExitCodes.Complete, $"{name}: {end}");
    }

    private void EnrolAndStart(string hospital, string rows)
    {
        _folder.Write(hospital + ".csv", rows);
        MemberFolder folder = FolderOf(hospital);
        Directory.CreateDirectory(folder.Root);
        File.WriteAllText(folder.Policy, DemoPolicy.Yaml, Encoding.UTF8);
        string token = Consortium.IssueToken(
            Coordinator.Root, hospital, Role.Hospital, TokenLifetime, TimeProvider.System);
        _nodes.Add(
            hospital,
            StartNode(hospital, "--token", token, "--coordinator", Enrolment().ToString(), "--member", hospital));
    }

    private RunningDtwin StartNode(string hospital, params IEnumerable<string> enrolment) => Dtwin.Start(
        _folder.FullPath,
        ["node", "run", "--state", _folder[hospital], "--data", _folder[hospital + ".csv"], .. enrolment]);

    private void EnrolResearcher()
    {
        string token = Consortium.IssueToken(
            Coordinator.Root, "researcher", Role.Researcher, TokenLifetime, TimeProvider.System);
        Answer answer = Dtwin.RunIn(
            _folder.FullPath,
            "study", "enroll", "--state", _folder["researcher"], "--member", "researcher", "--token", token,
            "--coordinator", Enrolment().ToString());
        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
    }

    private Uri Enrolment()
    {
        using JsonDocument endpoints = JsonDocument.Parse(File.ReadAllText(Coordinator.Endpoints));
        return new UriBuilder("https", "localhost", endpoints.RootElement.GetProperty("EnrolmentPort").GetInt32()).Uri;
    }
}
