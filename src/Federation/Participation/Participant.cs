using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Participation;

/// <summary>
/// The hospital's half of a study: checks everything for itself, then joins, commits, uploads and attests.
/// </summary>
/// <remarks>
/// It acts only on records that a quorum of hospitals has cosigned: two groups that were shown different keys or
/// cohorts never both reach a quorum, so their masks never meet in one sum.
/// </remarks>
public sealed class Participant(
    string site,
    NodePolicy policy,
    SiteData data,
    SpendingJournal journal,
    ReplayKey replay,
    ArtefactStore artefacts,
    StudyNetwork network)
{
    private readonly Dictionary<(string Study, int Round, int Attempt), RoundKeyPair> _keys = [];
    private readonly Dictionary<string, StudyDocument> _documents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _distrusted = new(StringComparer.Ordinal);
    private long _bytesAtLastAttestation;
    private (string Study, int Round, int Attempt) _uploaded;

    /// <summary>Takes the next step in <paramref name="study"/>, if one is due.</summary>
    /// <param name="approved">Whether a person has approved the study, where the policy asks for one.</param>
    /// <returns>Whether a step was taken; false while the node waits for others.</returns>
    public async Task<bool> AdvanceAsync(
        StudyState study, Surroundings around, bool approved, CancellationToken cancellationToken)
    {
        if (study.Closing is not null)
        {
            ForgetKeys(study.Name);
            return false;
        }

        if (!study.Approved)
        {
            return await AnswerAsync(study, approved, cancellationToken);
        }

        if (study.Current is not { } round || !round.Participants.Contains(site) || round.Declined.ContainsKey(site))
        {
            return false;
        }

        bool cosigned = around.FinalDataSize > round.LastIndex;
        switch (round.Phase)
        {
            case RoundPhase.Joining when !round.Keys.ContainsKey(site):
                return await JoinAsync(study, round, around, cancellationToken);
            case RoundPhase.Committing when cosigned && !round.Commitments.ContainsKey(site):
                return await CommitAsync(study, round, cancellationToken);
            case RoundPhase.Uploading when cosigned:
                return await UploadAsync(study, round, cancellationToken);
            case RoundPhase.Attesting when !round.Attestations.ContainsKey(site):
                return await AttestAsync(study, round, cancellationToken);
            case RoundPhase.Final when round.Purpose == RoundPurpose.Evaluate && !study.Evaluations.ContainsKey(site):
                return await PublishMetricsAsync(study, round, cancellationToken);
            default:
                return false;
        }
    }

    /// <summary>The document of a study that this node has read; null before that.</summary>
    public StudyDocument? DocumentOf(StudyState study) => _documents.GetValueOrDefault(study.Document);

    private async Task<bool> AnswerAsync(StudyState study, bool approved, CancellationToken cancellationToken)
    {
        if (study.Accepted.ContainsKey(site) || study.Declined.ContainsKey(site))
        {
            return false;
        }

        Refusal? refusal;
        try
        {
            StudyDocument document = await ReadDocumentAsync(study.Document, cancellationToken);
            refusal = CheckDocument(study, document);
            if (refusal is null && policy.PersonMustApprove && !approved)
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
            await network.AppendAsync(
                NewDraft("study-declined", study, new()
                {
                    ["document"] = study.Document,
                    ["reason"] = Conductor.LedgerText(refusal.Reason),
                    ["rule"] = refusal.Rule,
                }),
                cancellationToken);
            return true;
        }

        await network.AppendAsync(
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

    private Refusal? CheckDocument(StudyState study, StudyDocument document)
    {
        if (document.Study.Name != study.Name)
        {
            return new Refusal("document", $"The document is of study {document.Study.Name}.");
        }

        if (policy.Check(
            document.Study,
            data.Train.Rows + data.Test.Rows,
            PrivacySpending.EpsilonBeside(journal, study.Name)) is { } refusal)
        {
            return refusal;
        }

        if (document.Study.DifferentialPrivacy is not null)
        {
            // A promise that no noise can keep is refused here, and not when the first round asks for that noise.
            PrivateGradientRound.NoiseOf(document.Study, new StudyProgram(document).Model.ParameterCount);
        }

        return document.ContractSha256 == data.ContractSha256
            && document.Features.Count == data.Features.Count
            && document.Features.Zip(data.Features).All(pair => pair.First == pair.Second)
                ? null
                : new Refusal(
                    "contracts",
                    $"The study's contract {document.Study.Contract} differs from this node's copy.");
    }

    private async Task<bool> JoinAsync(
        StudyState study, RoundState round, Surroundings around, CancellationToken cancellationToken)
    {
        StudyDocument document = await ReadDocumentAsync(study.Document, cancellationToken);
        Refusal? refusal = await CheckRoundAsync(study, round, around, document, cancellationToken);
        if (refusal is not null)
        {
            await DeclineAsync(study, round, refusal, cancellationToken);
            return true;
        }

        // A key whose answer was lost may be on the ledger already: it is offered again, never another one.
        (string, int, int) attempt = (study.Name, round.Number, round.Attempt);
        if (!_keys.TryGetValue(attempt, out RoundKeyPair? pair))
        {
            ForgetKeys(study.Name);
            pair = RoundKeyPair.Generate();
            _keys[attempt] = pair;
        }

        await network.AppendAsync(
            NewDraft("round-joined", study, new()
            {
                ["attempt"] = round.Attempt,
                ["round"] = round.Number,
                ["roundKey"] = Convert.ToHexStringLower(pair.PublicKey),
            }),
            cancellationToken);
        return true;
    }

    private async Task<Refusal?> CheckRoundAsync(
        StudyState study,
        RoundState round,
        Surroundings around,
        StudyDocument document,
        CancellationToken cancellationToken)
    {
        // Again in each round: what was within the budget at the acceptance may have been spent by other studies since.
        if (CheckDocument(study, document) is { } refusal)
        {
            return refusal;
        }

        int fewest = Math.Max(policy.FewestSites, document.Study.MinimumSites);
        if (round.Participants.Distinct().Count() < fewest || round.Participants.Count < MaskedUpdate.MinimumCohort)
        {
            return new Refusal(
                "sites.fewest",
                $"The cohort has {round.Participants.Count} sites; {fewest} are needed.");
        }

        string? stranger = round.Participants.FirstOrDefault(peer =>
            !around.Enrolled.Contains(peer) || !study.Accepted.ContainsKey(peer));
        if (stranger is not null)
        {
            return new Refusal("cohort", $"{stranger} is not an enrolled hospital that accepted the study.");
        }

        if (journal.HasReleased(study.Name, round.BaseModel, round.Number, round.Attempt))
        {
            return new Refusal(
                "one-release",
                "An addend from this model has left already; a second sum could be subtracted.");
        }

        if (_distrusted.Contains(study.Name))
        {
            return new Refusal("sum", "This node found a wrong sum or step earlier in this study.");
        }

        StudyProgram program = new(document);
        string expected = study.LatestModel ?? program.Initial().Sha256();
        if (round.BaseModel != expected)
        {
            return new Refusal("base-model", $"The round starts from {round.BaseModel}, not from {expected}.");
        }

        // A study that has ended has no algorithm: the purpose is compared first.
        ModelState state = await ReadModelAsync(program, round.BaseModel, cancellationToken);
        RoundAlgorithm? algorithm = state.Next == round.Purpose
            ? program.AlgorithmFor(state, round.Participants.Count)
            : null;
        return algorithm is not null && algorithm.Words == round.Words && algorithm.Noise?.Sigma == round.Sigma
            ? null
            : new Refusal(
                "plan",
                $"The round asks for {round.Purpose}, {round.Words} words and σ {round.Sigma}; the study does not.");
    }

    private async Task<bool> CommitAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        // The peers mask with the key on the ledger: under any other one the masks would not cancel.
        if (!_keys.TryGetValue((study.Name, round.Number, round.Attempt), out RoundKeyPair? own)
            || !own.PublicKey.AsSpan().SequenceEqual(round.Keys[site]))
        {
            await DeclineAsync(
                study,
                round,
                new Refusal("restart", "The node restarted and its round key is gone."),
                cancellationToken);
            return true;
        }

        // A commitment whose answer was lost is handed in again as it was: a key pair masks once.
        if (journal.Find(study.Name, round.Number, round.Attempt) is { } made && artefacts.Get(made.Addend) is { } kept)
        {
            await AppendCommitmentAsync(study, round, made, kept.Length, cancellationToken);
            return true;
        }

        StudyDocument document = await ReadDocumentAsync(study.Document, cancellationToken);
        StudyProgram program = new(document);
        ModelState state = await ReadModelAsync(program, round.BaseModel, cancellationToken);
        RoundAlgorithm algorithm = program.AlgorithmFor(state, round.Participants.Count);
        ulong[] words = new ulong[round.Words];
        string clear;
        byte[] addend;
        try
        {
            (clear, addend) = Protect(study, round, own, state, algorithm, words);
        }
        catch (Exception problem) when (problem is QuantisationException or CohortException or CryptographicException
            or ArgumentException)
        {
            await DeclineAsync(study, round, new Refusal("statistic", problem.Message), cancellationToken);
            return true;
        }

        string digest = artefacts.Put(addend);
        SpendingEntry entry = new(
            study.Name,
            round.Number,
            round.Attempt,
            round.BaseModel,
            clear,
            digest,
            algorithm.Noise?.NoiseMultiplier,
            algorithm.Noise?.Coordinates ?? 0,
            algorithm.Noise?.SigmaGrid ?? 0,
            document.Study.DifferentialPrivacy?.Budget.Delta,
            Uploaded: false);
        journal.Add(entry);
        await AppendCommitmentAsync(study, round, entry, addend.Length, cancellationToken);
        return true;
    }

    private Task AppendCommitmentAsync(
        StudyState study, RoundState round, SpendingEntry entry, int bytes, CancellationToken cancellationToken)
    {
        byte[] commitment = Commitment.Of(
            "update",
            replay.Salt(study.Document, round.Number, round.Attempt),
            Convert.FromHexString(entry.ClearDigest));
        return network.AppendAsync(
            NewDraft("update-committed", study, new()
            {
                ["addend"] = entry.Addend,
                ["attempt"] = round.Attempt,
                ["bytes"] = bytes,
                ["commitment"] = Convert.ToHexStringLower(commitment),
                ["round"] = round.Number,
            }),
            cancellationToken);
    }

    // Writes the statistic in clear, digests it, and masks it in place: no copy in clear outlives this method.
    private (string Clear, byte[] Addend) Protect(
        StudyState study,
        RoundState round,
        RoundKeyPair own,
        ModelState state,
        RoundAlgorithm algorithm,
        ulong[] words)
    {
        RoundSetting setting = new(round.Participants.Count, Conductor.PublicRows(study, round.Participants));
        using SeededRandomBits noise = replay.Noise(study.Document, round.Number, round.Attempt, round.BaseModel);
        LocalInputs inputs = new(
            data.Train, data.Test, replay.Batches(study.Document, round.Number, round.BaseModel), noise);
        algorithm.Contribute(state, setting, inputs, words);
        byte[] plain = WordCodec.ToBytes(words);
        string clear = Convert.ToHexStringLower(SHA256.HashData(plain));
        CryptographicOperations.ZeroMemory(plain);

        RoundContext context = new(
            study.Name, (ulong)round.Number, (uint)round.Attempt, study.Document, round.BaseModel, round.Participants);
        Dictionary<string, byte[]> peers = round.Keys
            .Where(pair => pair.Key != site)
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        MaskedUpdate.Mask(words, site, own, peers, context);
        return (clear, WordCodec.ToBytes(words));
    }

    private async Task<bool> UploadAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        if (journal.Find(study.Name, round.Number, round.Attempt) is not { } entry
            || entry.Addend != round.Commitments.GetValueOrDefault(site)
            || _uploaded == (study.Name, round.Number, round.Attempt))
        {
            return false;
        }

        // Written down before the first byte travels: whatever happens next, this model is answered once.
        if (!entry.Uploaded)
        {
            journal.Add(entry with { Uploaded = true });
        }

        byte[] addend = artefacts.Get(entry.Addend)
            ?? throw new InvalidDataException($"The addend {entry.Addend} of this node is gone.");
        await network.UploadAsync(addend, cancellationToken);
        _uploaded = (study.Name, round.Number, round.Attempt);
        ForgetKeys(study.Name);
        return true;
    }

    private async Task<bool> AttestAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        StudyDocument document = await ReadDocumentAsync(study.Document, cancellationToken);
        StudyProgram program = new(document);
        Dictionary<string, byte[]> addends = new(StringComparer.Ordinal);
        foreach ((string peer, string digest) in round.Outcome!.Addends)
        {
            addends.Add(peer, await network.FetchAsync(digest, cancellationToken));
        }

        await ReadModelAsync(program, round.BaseModel, cancellationToken);
        Refusal? refusal = null;
        try
        {
            (byte[] sum, ModelState next) = Conductor.OpenSum(program, study, round, addends, artefacts);
            string sumDigest = Convert.ToHexStringLower(SHA256.HashData(sum));
            string model = next.Sha256();
            refusal = sumDigest != round.Outcome.Sum
                ? new Refusal("sum", $"The addends give the sum {sumDigest}, not {round.Outcome.Sum}.")
                : model != round.Outcome.Model
                    ? new Refusal("step", $"The sum gives the model {model}, not {round.Outcome.Model}.")
                    : null;
            if (refusal is null)
            {
                artefacts.Put(next.ToBytes());

                // Kept, so that this hospital's copy of the ledger can be audited without the coordinator.
                foreach (byte[] addend in addends.Values)
                {
                    artefacts.Put(addend);
                }
            }
        }
        catch (Exception problem) when (problem is InvalidDataException or ArithmeticException or FormatException)
        {
            refusal = new Refusal("sum", problem.Message);
        }

        if (refusal is not null)
        {
            _distrusted.Add(study.Name);
            await DeclineAsync(study, round, refusal, cancellationToken);
            return true;
        }

        JsonObject fields = new()
        {
            ["attempt"] = round.Attempt,
            ["model"] = round.Outcome.Model,
            ["round"] = round.Number,
            ["sum"] = round.Outcome.Sum,
            ["wireBytes"] = network.BytesSent - _bytesAtLastAttestation,
        };
        if (PrivacySpending.OfStudy(journal, study.Name) is { } spent)
        {
            fields["delta"] = Draft.Number(spent.Delta);
            fields["epsilon"] = Draft.Number(spent.Epsilon);
        }

        _bytesAtLastAttestation = network.BytesSent;
        await network.AppendAsync(
            NewDraft("sum-attested", study, fields),
            cancellationToken);
        return true;
    }

    private async Task<bool> PublishMetricsAsync(
        StudyState study,
        RoundState round,
        CancellationToken cancellationToken)
    {
        StudyDocument document = await ReadDocumentAsync(study.Document, cancellationToken);
        if (!document.Study.PerSiteMetrics)
        {
            return false;
        }

        StudyProgram program = new(document);
        ModelState model = await ReadModelAsync(program, round.BaseModel, cancellationToken);
        SiteEvaluation own = SiteMetrics.Of(program, model, data);
        JsonObject metrics = [];
        AddMetric(metrics, "accuracy", own.Accuracy);
        AddMetric(metrics, "auroc", own.Auroc);
        AddMetric(metrics, "brier", own.Brier);
        AddMetric(metrics, "calibrationSlope", own.CalibrationSlope);
        await network.AppendAsync(
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

    private Task DeclineAsync(
        StudyState study,
        RoundState round,
        Refusal refusal,
        CancellationToken cancellationToken) =>
        network.AppendAsync(
            NewDraft("round-declined", study, new()
            {
                ["attempt"] = round.Attempt,
                ["reason"] = Conductor.LedgerText(refusal.Reason),
                ["round"] = round.Number,
                ["rule"] = refusal.Rule,
            }),
            cancellationToken);

    private async Task<StudyDocument> ReadDocumentAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!_documents.TryGetValue(sha256, out StudyDocument? document))
        {
            byte[] bytes = artefacts.Get(sha256) ?? await network.FetchAsync(sha256, cancellationToken);
            document = StudyDocument.Parse(bytes);
            artefacts.Put(bytes);
            _documents.Add(sha256, document);
        }

        return document;
    }

    private async Task<ModelState> ReadModelAsync(
        StudyProgram program, string sha256, CancellationToken cancellationToken)
    {
        ModelState initial = program.Initial();
        if (initial.Sha256() == sha256)
        {
            return initial;
        }

        byte[] bytes = artefacts.Get(sha256) ?? await network.FetchAsync(sha256, cancellationToken);
        artefacts.Put(bytes);
        return ModelState.Parse(bytes);
    }

    private void ForgetKeys(string study)
    {
        foreach ((string Study, int Round, int Attempt) key in _keys.Keys.Where(key => key.Study == study).ToArray())
        {
            _keys[key].Dispose();
            _keys.Remove(key);
        }
    }

    private static Draft NewDraft(string name, StudyState study, JsonObject fields)
    {
        fields["study"] = study.Name;
        return new Draft(name, fields);
    }
}
