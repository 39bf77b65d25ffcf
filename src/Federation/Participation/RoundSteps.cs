using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Participation;

/// <summary>The hospital's half of a round: it joins, deals, commits, uploads, opens and attests.</summary>
/// <remarks>
/// It acts only on records that a quorum of hospitals has cosigned: two groups that were shown different keys, cohorts
/// or survivors never both reach a quorum, so their masks never meet in one sum and no two sums are opened.
/// </remarks>
internal sealed class RoundSteps(
    string site,
    SiteData data,
    SpendingJournal journal,
    ReplayKey replay,
    SecretStore secrets,
    StudyArtefacts artefacts,
    StudyNetwork network,
    RoundGuard guard) : IDisposable
{
    private readonly MaskProtection _masks = new(site, secrets);
    private readonly EncryptionProtection _encryption = new(site, secrets);
    private readonly KeyCeremony _ceremony = new(site, secrets);
    private readonly HashSet<string> _delivered = new(StringComparer.Ordinal);
    private long _bytesAtLastAttestation;

    /// <summary>Takes the step that is due in the study's current round, if one is.</summary>
    /// <returns>Whether a step was taken; false while the node waits for others.</returns>
    public async Task<bool> AdvanceAsync(
        StudyState study, RoundState round, Surroundings around, CancellationToken cancellationToken)
    {
        if (!round.Cohort.Contains(site) || round.Declined.ContainsKey(site))
        {
            return false;
        }

        bool cosigned = around.FinalDataSize > round.PhaseIndex;
        switch (round.Phase)
        {
            case RoundPhase.Joining when !round.Keys.ContainsKey(site):
                return await JoinAsync(study, round, around, cancellationToken);
            case RoundPhase.Sharing when cosigned && !round.Bundles.ContainsKey(site):
                return await DealAsync(study, round, cancellationToken);
            case RoundPhase.Sharing when round.Bundles.TryGetValue(site, out AnnouncedArtefact? bundle):
                return await DeliverAsync(bundle.Sha256, cancellationToken);
            case RoundPhase.Committing when cosigned && !round.Commitments.ContainsKey(site):
                return await CommitAsync(study, round, cancellationToken);
            case RoundPhase.Uploading when cosigned:
                return await UploadAsync(study, round, cancellationToken);
            case RoundPhase.Opening when cosigned:
                return await OpenAsync(study, round, cancellationToken);
            case RoundPhase.Attesting when !round.Attestations.ContainsKey(site):
                return await AttestAsync(study, round, cancellationToken);
            case RoundPhase.Final or RoundPhase.Aborted:
                ProtectionOf(round).Forget(study, all: false);
                return false;
            default:
                return false;
        }
    }

    /// <summary>Wipes every secret of a study that is over.</summary>
    public void Forget(StudyState study)
    {
        foreach (NodeProtection protection in (NodeProtection[])[_masks, _encryption, _ceremony])
        {
            protection.Forget(study, all: true);
        }
    }

    public void Dispose()
    {
        _masks.Dispose();
        _encryption.Dispose();
        _ceremony.Dispose();
    }

    private NodeProtection ProtectionOf(RoundState round) => round switch
    {
        { Purpose: RoundPurpose.Keys } => _ceremony,
        { Protection: SumProtection.Masks } => _masks,
        _ => _encryption,
    };

    private async Task<bool> JoinAsync(
        StudyState study, RoundState round, Surroundings around, CancellationToken cancellationToken)
    {
        // A round that was opened before a vote took one of its hospitals ends by itself; it is no reason to leave it.
        if (round.Participants.Any(around.Left.Contains))
        {
            return false;
        }

        StudyDocument document = await artefacts.DocumentAsync(study.Document, cancellationToken);
        Refusal? refusal = await guard.CheckRoundAsync(study, round, around, document, cancellationToken);
        if (refusal is not null)
        {
            return await DeclineAsync(study, round, refusal, cancellationToken);
        }

        // Keys whose answer was lost may be on the ledger already: they are offered again, never others.
        JoinedKeys keys = ProtectionOf(round).Join(study, round);
        JsonObject fields = [];
        AddKey(fields, "maskKey", keys.MaskKey);
        AddKey(fields, "shareKey", keys.ShareKey);
        return await AppendAsync("round-joined", study, round, fields, cancellationToken);
    }

    private static void AddKey(JsonObject fields, string name, byte[]? key)
    {
        if (key is not null)
        {
            fields[name] = Convert.ToHexStringLower(key);
        }
    }

    private async Task<bool> DealAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        NodeProtection protection = ProtectionOf(round);
        if (!protection.Remembers(study, round))
        {
            return await DeclineAsync(study, round, Restarted, cancellationToken);
        }

        byte[] bundle;
        try
        {
            bundle = protection.Deal(study, round);
        }
        catch (CohortException problem)
        {
            return await DeclineAsync(study, round, new Refusal("keys", problem.Message), cancellationToken);
        }

        JsonObject fields = new() { ["bundle"] = artefacts.Store.Put(bundle), ["bytes"] = bundle.Length };
        return await AppendAsync("shares-dealt", study, round, fields, cancellationToken);
    }

    private async Task<bool> CommitAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        // A commitment whose answer was lost is handed in again as it was: masks are taken once.
        if (journal.Find(study.Name, round.Number, round.Attempt) is { } made
            && artefacts.Store.Get(made.Addend) is { } kept)
        {
            return await AppendCommitmentAsync(study, round, made, kept.Length, cancellationToken);
        }

        NodeProtection protection = ProtectionOf(round);
        if (!protection.Remembers(study, round))
        {
            return await DeclineAsync(study, round, Restarted, cancellationToken);
        }

        StudyDocument document = await artefacts.DocumentAsync(study.Document, cancellationToken);
        StudyProgram program = new(document);
        ModelState state = await artefacts.ModelAsync(program, round.BaseModel, cancellationToken);
        RoundAlgorithm? algorithm = round.Purpose == RoundPurpose.Keys
            ? null
            : program.AlgorithmFor(state, SizeOf(round));
        await artefacts.KeepAsync(protection.NeededToProtect(study, round), cancellationToken);
        string clear;
        byte[] addend;
        try
        {
            (clear, addend) = Protect(study, round, protection, state, algorithm);
        }
        catch (Exception problem) when (problem is QuantisationException or CohortException or CryptographicException
            or CiphertextException or ArgumentException)
        {
            return await DeclineAsync(study, round, new Refusal("statistic", problem.Message), cancellationToken);
        }

        SpendingEntry entry = new(
            study.Name,
            round.Number,
            round.Attempt,
            round.BaseModel,
            clear,
            artefacts.Store.Put(addend),
            algorithm?.Noise?.NoiseMultiplier,
            algorithm?.Noise?.Coordinates ?? 0,
            algorithm?.Noise?.SigmaGrid ?? 0,
            algorithm?.Noise is null ? null : document.Study.DifferentialPrivacy?.Budget.Delta,
            Uploaded: false,
            Concentrated: algorithm?.Noise?.Concentrated ?? false,
            Public: algorithm is null);
        journal.Add(entry);
        return await AppendCommitmentAsync(study, round, entry, addend.Length, cancellationToken);
    }

    private Task<bool> AppendCommitmentAsync(
        StudyState study, RoundState round, SpendingEntry entry, int bytes, CancellationToken cancellationToken)
    {
        byte[] commitment = Commitment.Of(
            "update",
            replay.Salt(study.Document, round.Number, round.Attempt),
            Convert.FromHexString(entry.ClearDigest));
        JsonObject fields = new()
        {
            ["addend"] = entry.Addend,
            ["bytes"] = bytes,
            ["commitment"] = Convert.ToHexStringLower(commitment),
        };
        return AppendAsync("update-committed", study, round, fields, cancellationToken);
    }

    // Writes the statistic in clear, digests it, and protects it in place: no copy in clear outlives this method.
    private (string Clear, byte[] Addend) Protect(
        StudyState study, RoundState round, NodeProtection protection, ModelState state, RoundAlgorithm? algorithm)
    {
        ulong[] slots = GC.AllocateArray<ulong>(round.Words, pinned: true);
        if (algorithm is not null)
        {
            double rows = Conductor.PublicRows(study, round.Participants);
            RoundSetting setting = new(round.Participants.Count, rows, rows);
            using SeededRandomBits noise = replay.Noise(study.Document, round.Number, round.Attempt, round.BaseModel);
            LocalInputs inputs = new(
                data.Train, data.Test, replay.Batches(study.Document, round.Number, round.BaseModel), noise);
            algorithm.Contribute(state, setting, inputs, slots);
        }

        byte[] plain = SlotCodec.Pack(slots, round.Terms.SlotBits);
        string clear = Convert.ToHexStringLower(SHA256.HashData(plain));
        CryptographicOperations.ZeroMemory(plain);
        return (clear, protection.Protect(study, round, slots, artefacts.Store.Get));
    }

    private async Task<bool> UploadAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        if (journal.Find(study.Name, round.Number, round.Attempt) is not { } entry
            || entry.Addend != round.Commitments.GetValueOrDefault(site))
        {
            return false;
        }

        // Written down before the first byte travels: whatever happens next, this model is answered once.
        if (!entry.Uploaded)
        {
            journal.Add(entry with { Uploaded = true });
        }

        return await DeliverAsync(entry.Addend, cancellationToken);
    }

    private async Task<bool> OpenAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        SpendingEntry? entry = journal.Find(study.Name, round.Number, round.Attempt);
        if (round.Openings.TryGetValue(site, out AnnouncedArtefact? announced))
        {
            return await DeliverAsync(announced.Sha256, cancellationToken);
        }

        if (round.Protection == SumProtection.ThresholdEncryption && !round.Decryptors.Contains(site))
        {
            return false;
        }

        StudyDocument document = await artefacts.DocumentAsync(study.Document, cancellationToken);
        if (guard.CheckSurvivors(study, round, document) is { } refusal)
        {
            return await DeclineAsync(study, round, refusal, cancellationToken);
        }

        // What has been answered once is answered again as it was, also after a restart, and nothing else ever is.
        string digest;
        if (entry!.Opening is { } answered)
        {
            digest = answered;
        }
        else
        {
            NodeProtection protection = ProtectionOf(round);
            await artefacts.KeepAsync(protection.NeededToOpen(study, round), cancellationToken);
            try
            {
                digest = artefacts.Store.Put(protection.Open(study, round, artefacts.Store.Get));
            }
            catch (Exception problem) when (problem is CohortException or CiphertextException or SumOpeningException)
            {
                return await DeclineAsync(study, round, new Refusal("opening", problem.Message), cancellationToken);
            }

            journal.Add(entry with { Opening = digest });
        }

        JsonObject fields = new() { ["bytes"] = BytesOf(digest).Length, ["opening"] = digest };
        return await AppendAsync("sum-opened", study, round, fields, cancellationToken);
    }

    private async Task<bool> AttestAsync(StudyState study, RoundState round, CancellationToken cancellationToken)
    {
        StudyDocument document = await artefacts.DocumentAsync(study.Document, cancellationToken);
        StudyProgram program = new(document);
        await artefacts.ModelAsync(program, round.BaseModel, cancellationToken);
        await artefacts.KeepAsync(
            SumOpener.ArtefactsOf(study, round, round.Outcome!.Openings), cancellationToken);
        Refusal? refusal = null;
        try
        {
            RoundResult result = RoundResult.Of(program, study, round, round.Outcome.Openings, artefacts.Store);
            string sum = Convert.ToHexStringLower(SHA256.HashData(result.Sum));
            string model = result.Next.Sha256();
            refusal = sum != round.Outcome.Sum
                ? new Refusal("sum", $"The addends give the sum {sum}, not {round.Outcome.Sum}.")
                : model != round.Outcome.Model
                    ? new Refusal("step", $"The sum gives the model {model}, not {round.Outcome.Model}.")
                    : null;
            if (refusal is null)
            {
                artefacts.Store.Put(result.Sum);
                artefacts.Store.Put(result.Next.ToBytes());
            }
        }
        catch (Exception problem) when (problem is InvalidDataException or ArithmeticException or FormatException
            or SumOpeningException)
        {
            refusal = new Refusal("sum", problem.Message);
        }

        if (refusal is not null)
        {
            guard.Distrust(study);
            return await DeclineAsync(study, round, refusal, cancellationToken);
        }

        BookNoise(study, program);
        PrivacyBudget? before = PrivacySpending.OfStudy(journal, study.Name, without: round);
        JsonObject fields = new()
        {
            ["model"] = round.Outcome.Model,
            ["sum"] = round.Outcome.Sum,
            ["wireBytes"] = network.BytesSent - _bytesAtLastAttestation,
        };
        if (PrivacySpending.OfStudy(journal, study.Name) is { } spent)
        {
            fields["delta"] = Draft.Number(spent.Delta);
            fields["epsilon"] = Draft.Number(spent.Epsilon);
            fields["epsilonBefore"] = Draft.Number(before?.Epsilon ?? 0);
        }

        _bytesAtLastAttestation = network.BytesSent;
        return await AppendAsync("sum-attested", study, round, fields, cancellationToken);
    }

    // Once the survivors of a sum are known, it costs what their noise says, and not what the fewest would have had.
    // All rounds are looked at: an attestation of an earlier one may have been missed.
    private void BookNoise(StudyState study, StudyProgram program)
    {
        foreach (RoundState round in study.Rounds.Where(one =>
            one is { Purpose: RoundPurpose.Train, Outcome: not null }))
        {
            RoundNoise? noise = program.TrainingAlgorithm(SizeOf(round)).NoiseOf(round.Survivors.Count);
            if (noise is not null
                && journal.Find(study.Name, round.Number, round.Attempt) is { NoiseMultiplier: not null } entry
                && entry.NoiseMultiplier != noise.NoiseMultiplier)
            {
                journal.Add(entry with { NoiseMultiplier = noise.NoiseMultiplier, SigmaGrid = noise.SigmaGrid });
            }
        }
    }

    private async Task<bool> DeliverAsync(string digest, CancellationToken cancellationToken)
    {
        if (_delivered.Contains(digest))
        {
            return false;
        }

        await network.UploadAsync(BytesOf(digest), cancellationToken);
        _delivered.Add(digest);
        return true;
    }

    private byte[] BytesOf(string digest) => artefacts.Store.Get(digest)
        ?? throw new InvalidDataException($"The artefact {digest} of this node is gone.");

    private async Task<bool> DeclineAsync(
        StudyState study, RoundState round, Refusal refusal, CancellationToken cancellationToken) =>
        await AppendAsync(
            "round-declined",
            study,
            round,
            new JsonObject { ["reason"] = Conductor.LedgerText(refusal.Reason), ["rule"] = refusal.Rule },
            cancellationToken);

    private async Task<bool> AppendAsync(
        string name, StudyState study, RoundState round, JsonObject fields, CancellationToken cancellationToken)
    {
        fields["attempt"] = round.Attempt;
        fields["round"] = round.Number;
        fields["study"] = study.Name;
        await network.AppendAsync(new Draft(name, fields), cancellationToken);
        return true;
    }

    private static CohortSize SizeOf(RoundState round) => new(round.Participants.Count, round.Terms.Fewest);

    private static Refusal Restarted => new("restart", "The node restarted and its round keys are gone.");
}
