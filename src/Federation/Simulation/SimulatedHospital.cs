using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Simulation;

/// <summary>A hospital to simulate.</summary>
/// <param name="Policy">Its limits; null for a hospital that allows whatever a study can ask.</param>
/// <param name="Snapshots">The rows it offers to a study from round to round; null for always the same.</param>
public sealed record HospitalPlan(
    string Name, SiteData Data, NodePolicy? Policy = null, Func<StudyState, Snapshot>? Snapshots = null);

/// <summary>A hospital of a simulated consortium: a real participant, its journal and its secrets.</summary>
public sealed class SimulatedHospital
{
    private readonly NodePolicy _policy;
    private readonly Func<StudyState, Snapshot>? _snapshots;
    private readonly SimulatedNetwork _network;
    private readonly LedgerReader _reader;

    internal SimulatedHospital(
        HospitalPlan plan, string contract, ulong seed, SimulatedNetwork network, LedgerReader reader)
    {
        Name = plan.Name;
        Data = plan.Data;
        _policy = plan.Policy ?? EverythingAllowed(contract);
        _snapshots = plan.Snapshots;
        _network = network;
        _reader = reader;
        Replay = new ReplayKey(SHA256.HashData(
            Encoding.UTF8.GetBytes(FormattableString.Invariant($"DigitalTwin/simulation/{seed}/{plan.Name}"))));
        Participant = NewParticipant();
    }

    public string Name { get; }

    public SiteData Data { get; }

    /// <summary>What the hospital has released.</summary>
    public SpendingJournal Journal { get; } = SpendingJournal.InMemory();

    /// <summary>The secret of its noise, batches and salts; with it a test recomputes what was masked.</summary>
    public ReplayKey Replay { get; }

    /// <summary>Artefacts on the hospital's own disk.</summary>
    public InMemoryArtefacts Artefacts { get; } = new();

    /// <summary>Its secrets of open rounds.</summary>
    public SecretStore Secrets { get; } = SecretStore.InMemory();

    /// <summary>Bytes that have left it.</summary>
    public long BytesSent => _network.BytesSent;

    internal Participant Participant { get; private set; }

    /// <summary>The studies as this hospital's own replay of the ledger tells them.</summary>
    internal StudyBook Studies => _reader.Current();

    /// <summary>
    /// Kills and starts the node: journal, artefacts and kept secrets stay; round keys and all else in memory go.
    /// </summary>
    public void Restart()
    {
        Participant.Dispose();
        Participant = NewParticipant();
    }

    private Participant NewParticipant() =>
        new(Name, _policy, Data, Journal, Replay, Artefacts.Store, Secrets, _network, _snapshots);

    private static NodePolicy EverythingAllowed(string contract) => new()
    {
        Contracts = [contract],
        Models = [.. StudyWords.Models],
        Algorithms = ["gradient", "newton", "fedavg", "fedadam"],
        AllowWithoutDifferentialPrivacy = true,
        MostEpsilonPerStudy = double.MaxValue,
        MostEpsilonInTotal = double.MaxValue,
        MostDelta = 1,
        AllowDistributedNoise = true,
        FewestSites = Study.FewestSites,
        FewestRows = 1,
        AllowPerSiteMetrics = true,
        PersonMustApprove = false,
    };
}
