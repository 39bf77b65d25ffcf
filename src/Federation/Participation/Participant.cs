using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Participation;

/// <summary>
/// The hospital's half of a study: it answers the proposal, takes part in the rounds, and publishes its own metrics.
/// </summary>
public sealed class Participant : IDisposable
{
    private readonly string _site;
    private readonly NodePolicy _policy;
    private readonly Func<StudyState, Snapshot> _snapshots;
    private readonly StudyNetwork _network;
    private readonly StudyArtefacts _artefacts;
    private readonly RoundGuard _guard;
    private readonly RoundSteps _steps;
    private readonly HashSet<string> _over = new(StringComparer.Ordinal);

    /// <param name="secrets">Keeps what an open round still needs after a restart.</param>
    /// <param name="snapshots">
    /// The rows offered to a study now; without it <paramref name="data"/> throughout, and no record of it.
    /// </param>
    public Participant(
        string site,
        NodePolicy policy,
        SiteData data,
        SpendingJournal journal,
        ReplayKey replay,
        ArtefactStore artefacts,
        SecretStore secrets,
        StudyNetwork network,
        Func<StudyState, Snapshot>? snapshots = null)
    {
        _site = site;
        _policy = policy;
        _snapshots = snapshots ?? (_ => new Snapshot(data));
        _network = network;
        _artefacts = new StudyArtefacts(artefacts, network);
        _guard = new RoundGuard(site, policy, _snapshots, journal, _artefacts);
        _steps = new RoundSteps(site, _snapshots, journal, replay, secrets, _artefacts, network, _guard);
    }

    /// <summary>Takes the next step in <paramref name="study"/>, if one is due.</summary>
    /// <param name="approved">Whether a person has approved the study, where the policy asks for one.</param>
    /// <returns>Whether a step was taken; false while the node waits for others.</returns>
    public async Task<bool> AdvanceAsync(
        StudyState study, Surroundings around, bool approved, CancellationToken cancellationToken)
    {
        if (study.Closing is not null)
        {
            if (_over.Add(study.Name))
            {
                _steps.Forget(study);
            }

            return false;
        }

        if (!study.Approved)
        {
            return await AnswerAsync(study, approved, cancellationToken);
        }

        if (study.Current is not { } round)
        {
            return false;
        }

        bool evaluated = round is { Phase: RoundPhase.Final, Purpose: RoundPurpose.Evaluate }
            && round.Survivors.Contains(_site);
        return evaluated && !study.Evaluations.ContainsKey(_site)
            ? await PublishMetricsAsync(study, round, cancellationToken)
            : await _steps.AdvanceAsync(study, round, around, cancellationToken);
    }

    /// <summary>The document of a study that this node has read; null before that.</summary>
    public StudyDocument? DocumentOf(StudyState study) => _artefacts.KnownDocument(study.Document);

    public void Dispose() => _steps.Dispose();

    private async Task<bool> AnswerAsync(StudyState study, bool approved, CancellationToken cancellationToken)
    {
        if (study.Accepted.ContainsKey(_site) || study.Declined.ContainsKey(_site))
        {
            return false;
        }

        Refusal? refusal;
        try
        {
            StudyDocument document = await _artefacts.DocumentAsync(study.Document, cancellationToken);
            refusal = _guard.CheckDocument(study, document);
            if (refusal is null && _policy.PersonMustApprove && !approved)
            {
                return false;
            }
        }
        catch (FormatException problem)
        {
            refusal = new Refusal("document", problem.Message);
        }

        if (refusal is not null)
        {
            await _network.AppendAsync(
                NewDraft("study-declined", study, new()
                {
                    ["document"] = study.Document,
                    ["reason"] = Conductor.LedgerText(refusal.Reason),
                    ["rule"] = refusal.Rule,
                }),
                cancellationToken);
            return true;
        }

        SiteData data = _snapshots(study).Data;
        await _network.AppendAsync(
            NewDraft("study-accepted", study, new()
            {
                ["contract"] = data.ContractSha256,
                ["document"] = study.Document,
                ["prevalenceBucket"] = data.PrevalenceBucket,
                ["rowsBucket"] = data.RowsBucket,
            }),
            cancellationToken);
        return true;
    }

    private async Task<bool> PublishMetricsAsync(
        StudyState study,
        RoundState round,
        CancellationToken cancellationToken)
    {
        StudyDocument document = await _artefacts.DocumentAsync(study.Document, cancellationToken);
        if (!document.Study.PerSiteMetrics)
        {
            return false;
        }

        StudyProgram program = new(document);
        ModelState model = await _artefacts.ModelAsync(program, round.BaseModel, cancellationToken);
        SiteEvaluation own = SiteMetrics.Of(program, model, _steps.DataOf(study));
        JsonObject metrics = [];
        AddMetric(metrics, "accuracy", own.Accuracy);
        AddMetric(metrics, "auroc", own.Auroc);
        AddMetric(metrics, "brier", own.Brier);
        AddMetric(metrics, "calibrationSlope", own.CalibrationSlope);
        await _network.AppendAsync(
            NewDraft("site-evaluated", study, new()
            {
                ["flags"] = new JsonArray([.. own.Flags.Select(flag => (JsonNode)flag)]),
                ["metrics"] = metrics,
                ["model"] = round.BaseModel,
            }),
            cancellationToken);
        return true;
    }

    private static void AddMetric(JsonObject metrics, string name, double? value)
    {
        if (value is { } known)
        {
            metrics[name] = Draft.Number(Math.Round(known, SiteMetrics.PublishedDecimals));
        }
    }

    private static Draft NewDraft(string name, StudyState study, JsonObject fields)
    {
        fields["study"] = study.Name;
        return new Draft(name, fields);
    }
}
