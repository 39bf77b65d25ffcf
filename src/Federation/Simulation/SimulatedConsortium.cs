using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Federation.Simulation;

/// <summary>A coordinator and its hospitals in one process: the real conductor, the real participants, real
/// masks.</summary>
/// <remarks>
/// Only network, disk, clock and signatures are replaced. One party moves at a time and each keeps its own replay of
/// the
/// ledger. Two runs with the same seed give the same statistics, sums and models; round keys, and with them the masked
/// addends, are fresh in every run.
/// </remarks>
public sealed class SimulatedConsortium
{
    private const string CoordinatorName = "coordinator";
    private const string ResearcherName = "researcher";

    /// <summary>How far the clock moves when nobody has anything to do; below the grace of an absent
    /// hospital.</summary>
    private static readonly TimeSpan IdleStep = TimeSpan.FromSeconds(1);

    /// <summary>Longer than any deadline a study can set: a study that waits for more is stuck.</summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromHours(25);

    private readonly VirtualTime _time = new();
    private readonly LedgerReader _reader;
    private readonly Conductor _conductor;
    private readonly Dictionary<string, TimeSpan> _awaySince = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StudyDocument> _documents = new(StringComparer.Ordinal);

    /// <param name="contract">Identifier of the data contract that all hospitals hold.</param>
    /// <param name="plans">The hospitals; names as the catalogue's identifiers.</param>
    /// <param name="seed">Seed of the hospitals' noise and mini-batches.</param>
    public SimulatedConsortium(string contract, IReadOnlyList<HospitalPlan> plans, ulong seed = 1)
    {
        _reader = new LedgerReader(Ledger);
        _conductor = new Conductor(Artefacts.Store, _time);
        Hospitals =
        [
            .. plans.Select(plan => new SimulatedHospital(
                plan,
                contract,
                seed,
                new SimulatedNetwork(plan.Name, Ledger, Artefacts, _time, () => Faults),
                new LedgerReader(Ledger))),
        ];
    }

    public SimulatedLedger Ledger { get; } = new();

    /// <summary>What the coordinator stores.</summary>
    public InMemoryArtefacts Artefacts { get; } = new();

    public IReadOnlyList<SimulatedHospital> Hospitals { get; }

    /// <summary>What goes wrong.</summary>
    public SimulatedFaults Faults { get; set; } = new();

    /// <summary>The hospital with this name.</summary>
    public SimulatedHospital this[string name] => Hospitals.Single(hospital => hospital.Name == name);

    /// <summary>Proposes a study and runs it to its end.</summary>
    /// <returns>The closed study.</returns>
    /// <exception cref="InvalidOperationException">The ledger refuses a record of the coordinator, or the study is
    /// stuck.</exception>
    public Task<StudyState> RunAsync(Study study, CancellationToken cancellationToken = default) =>
        RunAsync(study, state => state.Closing is not null, cancellationToken);

    /// <summary>Proposes a study and runs it until it has come far enough.</summary>
    /// <exception cref="InvalidOperationException">The ledger refuses a record of the coordinator, or the study is
    /// stuck.</exception>
    public async Task<StudyState> RunAsync(
        Study study, Func<StudyState, bool> isEnough, CancellationToken cancellationToken)
    {
        string name = Propose(study);
        TimeSpan idleSince = _time.Elapsed;
        while (true)
        {
            bool moved = await StepAsync(name, cancellationToken);
            StudyState state = Find(name);
            if (isEnough(state) && (!moved || state.Closing is null))
            {
                return state;
            }

            if (moved)
            {
                idleSince = _time.Elapsed;
            }
            else if (_time.Elapsed - idleSince > LongestIdle)
            {
                throw new InvalidOperationException($"Study {name} is stuck in {state.Current?.Phase}.");
            }
            else
            {
                _time.Advance(IdleStep);
            }
        }
    }

    /// <summary>Records a study as the researcher would, and hands its document to the coordinator.</summary>
    /// <returns>The study's name.</returns>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public string Propose(Study study)
    {
        SiteData data = Hospitals[0].Data;
        StudyDocument document = StudyDocument.Create(
            "study", study.ToYaml(), data.ContractSha256, data.Features, data.Steps);
        _documents[study.Name] = document;
        AppendOwn(ResearcherName, Role.Researcher, new Draft("study-proposed", new JsonObject
        {
            ["document"] = Artefacts.Put(document.Bytes),
            ["study"] = study.Name,
            ["title"] = study.Title,
        }));
        return study.Name;
    }

    /// <summary>Lets every hospital and then the coordinator take the step that is due, if one is.</summary>
    /// <returns>Whether anyone moved.</returns>
    public async Task<bool> StepAsync(string study, CancellationToken cancellationToken = default)
    {
        bool moved = false;
        foreach (SimulatedHospital hospital in Hospitals)
        {
            moved |= await AdvanceAsync(hospital, study, cancellationToken);
        }

        StudyState state = Find(study);
        Draft? proposed = _conductor.Next(state, [.. Hospitals.Select(hospital => hospital.Name)], AbsenceOf);
        if (state.Closing is null && Faults.Conduct(state, proposed) is { } draft)
        {
            AppendOwn(CoordinatorName, Role.Coordinator, draft);
            moved = true;
        }

        return moved;
    }

    /// <summary>The study as the coordinator's replay tells it.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public StudyState Find(string study) => _reader.Current().Find(study)
        ?? throw new InvalidOperationException($"Study {study} was never proposed.");

    /// <summary>The document of a study proposed here.</summary>
    public StudyDocument DocumentOf(string study) => _documents[study];

    /// <summary>The state with this digest, as the coordinator stores it.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public ModelState ModelOf(string sha256) => ModelState.Parse(Artefacts.Get(sha256)
        ?? throw new InvalidOperationException($"There is no model {sha256}."));

    private async Task<bool> AdvanceAsync(
        SimulatedHospital hospital, string study, CancellationToken cancellationToken)
    {
        StudyState state = hospital.Studies.Find(study)!;
        if (Faults.IsAway(hospital.Name, state))
        {
            _awaySince.TryAdd(hospital.Name, _time.Elapsed);
            return false;
        }

        _awaySince.Remove(hospital.Name);
        HashSet<string> enrolled = [.. Hospitals.Select(other => other.Name)];

        // Every record counts as cosigned at once: how cosignatures come about is the ledger's part.
        Surroundings around = new(enrolled, Ledger.SizeOf(LogKind.Data));
        try
        {
            return await hospital.Participant.AdvanceAsync(state, around, approved: true, cancellationToken);
        }
        catch (Exception problem) when (problem is RecordRefusedException or IOException)
        {
            // As in a real node: the ledger was faster, or the connection broke. It tries again.
            return false;
        }
    }

    private TimeSpan AbsenceOf(string site) =>
        _awaySince.TryGetValue(site, out TimeSpan since) ? _time.Elapsed - since : TimeSpan.Zero;

    private void AppendOwn(string author, Role role, Draft draft)
    {
        if (Ledger.Append(author, role, draft, _time.GetUtcNow(), out string? refusal) is null)
        {
            throw new InvalidOperationException($"The ledger refused {draft.Name} by {author}: {refusal}");
        }
    }
}
