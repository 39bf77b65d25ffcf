using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;

namespace DigitalTwin.Federation.Rounds;

/// <summary>Where content-addressed artefacts are kept.</summary>
/// <param name="Get">The artefact with this digest, or null.</param>
/// <param name="Put">Keeps an artefact and returns its digest.</param>
public sealed record ArtefactStore(Func<string, byte[]?> Get, Func<byte[], string> Put)
{
    /// <summary>Whether there is an artefact with this digest; by default it is read for that.</summary>
    public Func<string, bool> Has { get; init; } = digest => Get(digest) is not null;
}

/// <summary>The coordinator's half of a study: decides, from the ledger alone, which record comes next.</summary>
/// <remarks>
/// It holds no state but stop-watches: after a restart it replays the ledger into a <see cref="StudyBook"/> and goes on
/// with the same round. It adds masked words and never sees what is under a mask.
/// </remarks>
public sealed class Conductor(ArtefactStore artefacts, TimeProvider time)
{
    /// <summary>
    /// How long a hospital whose connection is gone may stay away before its phase goes on without it.
    /// </summary>
    public static readonly TimeSpan AbsenceGrace = TimeSpan.FromSeconds(3);

    private const int MostReasonLength = 1000;

    private static readonly TimeSpan LongestDocumentTravel = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (string Phase, long Since)> _stopwatches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StudyDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _faults = new(StringComparer.Ordinal);

    /// <summary>The next record of <paramref name="study"/>, or null while it waits for others.</summary>
    /// <param name="hospitals">Enrolled hospitals.</param>
    /// <param name="absence">How long a hospital has had no connection; zero while it has one.</param>
    public Draft? Next(StudyState study, IReadOnlyList<string> hospitals, Func<string, TimeSpan> absence)
    {
        if (study.Closing is not null)
        {
            return null;
        }

        try
        {
            if (DocumentOf(study) is not { } document)
            {
                // The researcher records a proposal before the document has travelled.
                return Elapsed(study, "document") > LongestDocumentTravel
                    ? Close(study, "failed", "The study document never arrived. Launch the study again.", null)
                    : null;
            }

            return !study.Approved
                ? NextAnswer(study, document, hospitals)
                : study.Current switch
                {
                    null or { Phase: RoundPhase.Final or RoundPhase.Aborted } =>
                        NextOpening(study, document, hospitals, absence),
                    { Phase: RoundPhase.Attesting } round => NextFinal(study, document, round, absence),
                    { Phase: RoundPhase.Opening } round => NextOpenedSum(study, document, round, absence),
                    { } round => NextWithoutLeavers(study, round, hospitals)
                        ?? NextCohort(study, document, round, absence),
                };
        }
        catch (Exception problem) when (problem is ArithmeticException or FormatException or InvalidDataException
            or SumOpeningException)
        {
            return Close(study, "failed", $"The step could not be computed: {problem.Message}", null);
        }
    }

    /// <summary>
    /// Rows that a cohort is publicly taken to have: the sum of the geometric middles of its buckets.
    /// </summary>
    public static double PublicRows(StudyState study, IEnumerable<string> cohort) =>
        cohort.Sum(site => RowsBucket.Middle(study.Accepted[site].RowsBucket));

    /// <summary>The state that a round starts from.</summary>
    /// <exception cref="InvalidDataException">The artefact is missing.</exception>
    internal static ModelState BaseOf(StudyProgram program, StudyState study, ArtefactStore artefacts) =>
        study.LatestModel is not { } latest
            ? program.Initial()
            : ModelState.Parse(artefacts.Get(latest) ?? throw new InvalidDataException($"Model {latest} is missing."));

    // A field of text on the ledger is one line of bounded length.
    internal static string LedgerText(string sentence)
    {
        string line = string.Concat(sentence.Select(letter => char.IsControl(letter) ? ' ' : letter));
        return line.Length > MostReasonLength ? line[..MostReasonLength] : line;
    }

    private Draft? NextAnswer(StudyState study, StudyDocument document, IReadOnlyList<string> hospitals)
    {
        bool allAnswered = hospitals.All(site =>
            study.Accepted.ContainsKey(site) || study.Declined.ContainsKey(site));
        if (!allAnswered && Elapsed(study, "answers") < document.Study.Deadline)
        {
            return null;
        }

        if (study.Accepted.Count < document.Study.MinimumSites)
        {
            return Close(
                study,
                "failed",
                $"Only {study.Accepted.Count} of at least {document.Study.MinimumSites} hospitals accepted."
                    + Outsiders(study, hospitals),
                null);
        }

        string[] participants = [.. study.Accepted.Keys.Order(StringComparer.Ordinal)];
        JsonObject fields = new()
        {
            ["document"] = study.Document,
            ["onMissing"] = document.Study.OnMissing.ToString().ToLowerInvariant(),
            ["participants"] = Array(participants),
            ["study"] = study.Name,
        };
        if (document.Study.DifferentialPrivacy is { } privacy)
        {
            fields["grant"] = new JsonObject
            {
                ["delta"] = Draft.Number(privacy.Budget.Delta),
                ["epsilon"] = Draft.Number(privacy.Budget.Epsilon),
            };
        }

        return new Draft("study-approved", fields);
    }

    private Draft? NextOpening(
        StudyState study, StudyDocument document, IReadOnlyList<string> hospitals, Func<string, TimeSpan> absence)
    {
        StudyProgram program = new(document);
        ModelState state = BaseOf(program, study, artefacts);
        if (study.Dropped.Count > 0 && document.Study.OnMissing == OnMissing.Fail)
        {
            return Close(study, "failed", $"{Losses(study)} The study asks to fail when a site is lost.", null);
        }

        if (state.Next is not { } purpose)
        {
            bool waits = document.Study.PerSiteMetrics
                && Elapsed(study, "metrics") < document.Study.Deadline
                && study.Active.Any(site => !study.Evaluations.ContainsKey(site) && absence(site) <= AbsenceGrace);
            return waits ? null : study.Released is null ? Release(study) : CloseComplete(study, hospitals);
        }

        IReadOnlyList<string> cohort = study.Active;
        if (cohort.Count < document.Study.MinimumSites)
        {
            return Close(
                study,
                "failed",
                $"{Losses(study)} {cohort.Count} hospitals are left and the study needs {document.Study.MinimumSites}; "
                    + "restart the lost nodes and launch the study again.",
                null);
        }

        RoundTerms terms = RoundPlan.TermsOf(program, document.Study, study, state, cohort);
        artefacts.Put(state.ToBytes());
        return OpeningOf(terms, study, document, program);
    }

    private Draft OpeningOf(RoundTerms terms, StudyState study, StudyDocument document, StudyProgram program)
    {
        JsonObject fields = new()
        {
            ["attempt"] = terms.Attempt,
            ["baseModel"] = terms.BaseModel,
            ["deadline"] = PredicateReader.Format(time.GetUtcNow() + document.Study.Deadline),
            ["fewest"] = terms.Fewest,
            ["participants"] = Array(terms.Participants),
            ["planDigest"] = study.Document,
            ["protection"] = StudyWords.NameOf(terms.Protection),
            ["purpose"] = ModelState.NameOf(terms.Purpose),
            ["round"] = terms.Number,
            ["scaleBits"] = RoundAlgorithm.ScaleBits,
            ["slotBits"] = terms.SlotBits,
            ["study"] = study.Name,
            ["words"] = terms.Words,
        };
        if (terms.Sigma is not null)
        {
            RoundNoise noise = program.TrainingAlgorithm(new CohortSize(terms.Participants.Count, terms.Fewest)).Noise!;
            fields["noise"] = new JsonObject
            {
                ["clip"] = Draft.Number(noise.Clip),
                ["mechanism"] = "discrete-gaussian",
                ["sensitivity"] = Draft.Number(noise.Clip),
                ["sigma"] = Draft.Number(noise.Sigma),
            };
        }

        if (terms.Spend is { } spend)
        {
            fields["spend"] = new JsonObject
            {
                ["delta"] = Draft.Number(spend.Delta),
                ["epsilonAfter"] = Draft.Number(spend.EpsilonAfter),
                ["epsilonBefore"] = Draft.Number(spend.EpsilonBefore),
            };
        }

        return new Draft("round-opened", fields);
    }

    // Nobody joins a round with a hospital that has lost its membership, so nobody is waited for either.
    private static Draft? NextWithoutLeavers(StudyState study, RoundState round, IReadOnlyList<string> hospitals)
    {
        string[] left = [.. round.Cohort.Where(site => !hospitals.Contains(site))];
        return round.Phase == RoundPhase.Joining && left.Length > 0
            ? Abort(study, round, left, $"{string.Join(", ", left)} left the consortium by a vote of the hospitals.")
            : null;
    }

    // Joining, sharing, committing and uploading: who has done the step goes on, who is lost is excused.
    private Draft? NextCohort(
        StudyState study, StudyDocument document, RoundState round, Func<string, TimeSpan> absence)
    {
        string[] here = [.. round.Cohort.Where(site => HasDone(study, round, site))];
        string[] missing = [.. round.Cohort.Where(site => !here.Contains(site))];
        bool late = Elapsed(study, $"{round.Number}/{round.Attempt}/{round.Phase}/{here.Length}")
            > document.Study.Deadline;

        // An addend that travelled can't be asked for again: where the others are too few, there is time to come back.
        bool lastHope = round.Phase == RoundPhase.Uploading && here.Length < round.Terms.Fewest;
        if (missing.Any(site => IsAwaited(study, round, site, late, lastHope ? null : absence)))
        {
            return null;
        }

        bool needsAll = round.Phase == RoundPhase.Joining || round.Purpose == RoundPurpose.Keys;
        if (missing.Length == 0 && round is { Purpose: RoundPurpose.Keys, Phase: RoundPhase.Uploading })
        {
            return NextClosing(study, document, round, new Dictionary<string, string>());
        }

        string reason = string.Join(" ", missing.Select(site => ReasonOf(study, round, site, late)));
        if (missing.Length == 0 || (!needsAll && here.Length >= round.Terms.Fewest))
        {
            return FixCohort(study, round, here, missing, reason);
        }

        return round.Phase == RoundPhase.Uploading && round.Purpose != RoundPurpose.Keys
            ? Close(
                study,
                "failed",
                $"{reason} Round {round.Number} needs {round.Terms.Fewest} addends and has {here.Length}; the sum "
                    + "stays closed and is not tried again from this model. Restart the nodes and launch the study "
                    + "again.",
                null)
            : Abort(study, round, missing, reason);
    }

    private bool HasDone(StudyState study, RoundState round, string site) => round.Phase switch
    {
        RoundPhase.Joining => round.Keys.ContainsKey(site),
        RoundPhase.Sharing => round.Bundles.TryGetValue(site, out AnnouncedArtefact? bundle)
            && artefacts.Has(bundle.Sha256),
        RoundPhase.Committing => round.Commitments.ContainsKey(site),
        _ => artefacts.Has(round.Commitments[site]) && FaultOf(study, round, site) is null,
    };

    // What is wrong with the form of an addend that was delivered; looked at once.
    private string? FaultOf(StudyState study, RoundState round, string site)
    {
        if (round.Phase != RoundPhase.Uploading || !artefacts.Has(round.Commitments[site]))
        {
            return null;
        }

        string digest = round.Commitments[site];
        if (!_faults.TryGetValue(digest, out string? fault))
        {
            fault = SumOpener.FaultOf(study, round, artefacts.Get(digest)!);
            _faults[digest] = fault;
        }

        return fault;
    }

    // Null for absence: being away alone is no reason to give a hospital up.
    private bool IsAwaited(
        StudyState study, RoundState round, string site, bool late, Func<string, TimeSpan>? absence) =>
        !late && !round.Declined.ContainsKey(site) && FaultOf(study, round, site) is null
        && !(absence?.Invoke(site) > AbsenceGrace);

    private string ReasonOf(StudyState study, RoundState round, string site, bool late)
    {
        string what = round.Phase switch
        {
            RoundPhase.Joining => "did not join",
            RoundPhase.Sharing => "dealt no shares in",
            RoundPhase.Committing => "did not commit to",
            RoundPhase.Uploading => "did not deliver its addend to",
            _ => "did not help to open",
        };
        return round.Declined.TryGetValue(site, out string? why) ? $"{site} declined ({why})."
            : FaultOf(study, round, site) is { } fault
                ? $"The addend of {site} to round {round.Number} is malformed: {fault}"
            : late ? $"{site} {what} round {round.Number} before its deadline."
            : $"{site} {what} round {round.Number}: its connection is gone.";
    }

    private static Draft FixCohort(
        StudyState study, RoundState round, string[] sites, string[] missing, string reason)
    {
        JsonObject fields = new()
        {
            ["attempt"] = round.Attempt,
            ["missing"] = Array(missing),
            ["phase"] = CohortRules.WordOf(round.Phase),
            ["round"] = round.Number,
            ["sites"] = Array(sites),
            ["study"] = study.Name,
        };
        if (missing.Length > 0)
        {
            fields["reason"] = LedgerText(reason);
        }

        if (round is { Phase: RoundPhase.Uploading, Protection: SumProtection.ThresholdEncryption })
        {
            int threshold = ThresholdSetting.Of(study.KeyRound!).Parameters.Threshold;
            fields["decryptors"] = Array(sites.Take(threshold));
        }

        return new Draft("cohort-fixed", fields);
    }

    private static Draft Abort(StudyState study, RoundState round, string[] missing, string reason) => new(
        "round-aborted",
        new JsonObject
        {
            ["attempt"] = round.Attempt,
            ["missing"] = Array(missing),
            ["reason"] = LedgerText(reason),
            ["round"] = round.Number,
            ["study"] = study.Name,
        });

    private Draft? NextOpenedSum(
        StudyState study, StudyDocument document, RoundState round, Func<string, TimeSpan> absence)
    {
        IReadOnlyList<string> openers = round.Protection == SumProtection.Masks ? round.Survivors : round.Decryptors;
        Dictionary<string, string> given = round.Openings
            .Where(pair => artefacts.Has(pair.Value.Sha256))
            .ToDictionary(pair => pair.Key, pair => pair.Value.Sha256, StringComparer.Ordinal);
        string[] lost = [.. openers.Where(site => !given.ContainsKey(site))];
        bool late = Elapsed(study, $"{round.Number}/{round.Attempt}/opening/{given.Count}") > document.Study.Deadline;
        if (lost.Any(site => IsAwaited(study, round, site, late, absence)))
        {
            return null;
        }

        // Whoever gives something wrong is named by it, and left out as long as the others suffice.
        List<string> wrong = [.. lost.Select(site => ReasonOf(study, round, site, late))];
        while (true)
        {
            try
            {
                return NextClosing(study, document, round, given);
            }
            catch (SumOpeningException problem)
            {
                wrong.Add(problem.Message);
                string[] atFault = [.. problem.Sites.Where(given.ContainsKey)];
                foreach (string site in atFault)
                {
                    given.Remove(site);
                }

                if (atFault.Length > 0)
                {
                    continue;
                }

                // Too few: whoever is only away may still come back before the deadline.
                if (!lost.Any(site => IsAwaited(study, round, site, late, absence: null)))
                {
                    return Close(
                        study,
                        "failed",
                        $"The sum of round {round.Number} can't be opened. {string.Join(" ", wrong)} It is not tried "
                            + "again from this model. Restart the nodes and launch the study again.",
                        null);
                }

                return null;
            }
        }
    }

    private Draft NextClosing(
        StudyState study, StudyDocument document, RoundState round, IReadOnlyDictionary<string, string> openings)
    {
        RoundResult result = RoundResult.Of(new StudyProgram(document), study, round, openings, artefacts);
        JsonObject fields = new()
        {
            ["addends"] = Digests(round.Cohort.Select(site => (site, round.Commitments[site]))),
            ["attempt"] = round.Attempt,
            ["model"] = artefacts.Put(result.Next.ToBytes()),
            ["openings"] = Digests(openings.Select(pair => (pair.Key, pair.Value))),
            ["round"] = round.Number,
            ["study"] = study.Name,
            ["sum"] = artefacts.Put(result.Sum),
        };
        if (round.Purpose == RoundPurpose.Train && result.Next.Loss is { } loss)
        {
            fields["loss"] = Draft.Number(loss);
        }

        return new Draft("round-closed", fields);
    }

    private static JsonArray Digests(IEnumerable<(string Site, string Sha256)> digests) =>
    [
        .. digests
            .OrderBy(pair => pair.Site, StringComparer.Ordinal)
            .Select(pair => (JsonNode)new JsonObject { ["sha256"] = pair.Sha256, ["site"] = pair.Site }),
    ];

    private Draft? NextFinal(
        StudyState study, StudyDocument document, RoundState round, Func<string, TimeSpan> absence)
    {
        int quorum = Quorum.Of(round.Participants.Count);
        string[] missing = [.. round.Survivors.Where(site => !round.Attestations.ContainsKey(site))];
        bool late = Elapsed(study, $"{round.Number}/{round.Attempt}/attest") > document.Study.Deadline;
        bool settled = missing.All(site => late || round.Declined.ContainsKey(site) || absence(site) > AbsenceGrace);
        if (round.Attestations.Count >= quorum && settled)
        {
            return new Draft(
                "round-final",
                new JsonObject
                {
                    ["attempt"] = round.Attempt,
                    ["attestations"] = round.Attestations.Count,
                    ["round"] = round.Number,
                    ["study"] = study.Name,
                });
        }

        if (!settled)
        {
            return null;
        }

        string reasons = string.Join(" ", missing.Select(site =>
            round.Declined.TryGetValue(site, out string? why) ? $"{site} refused ({why})." : $"{site} is silent."));
        return Close(
            study,
            "failed",
            $"Round {round.Number} has {round.Attestations.Count} attestations and needs {quorum}. {reasons}",
            null);
    }

    private static Draft Release(StudyState study) => new(
        "model-released",
        new JsonObject { ["model"] = study.LatestModel!, ["study"] = study.Name });

    private static Draft CloseComplete(StudyState study, IReadOnlyList<string> hospitals) => study.Dropped.Count == 0
        ? Close(
            study,
            "complete",
            $"All {study.Participants.Count} hospitals that accepted took part in every round."
                + Outsiders(study, hospitals),
            study.Released)
        : Close(study, "degraded", $"{Losses(study)} The study went on with the other hospitals.", study.Released);

    // A sentence for each hospital that never was a part of the study; empty when there is none.
    private static string Outsiders(StudyState study, IReadOnlyList<string> hospitals) => string.Concat(
        study.Declined.Select(pair => $" {pair.Key} declined ({pair.Value}).").Concat(hospitals
            .Where(site => !study.Accepted.ContainsKey(site) && !study.Declined.ContainsKey(site))
            .Select(site => $" {site} did not answer.")));

    private static Draft Close(StudyState study, string verdict, string reason, string? model)
    {
        JsonObject fields = new()
        {
            ["reason"] = LedgerText(reason),
            ["study"] = study.Name,
            ["rounds"] = study.Rounds.Count(round => round.Phase == RoundPhase.Final),
            ["verdict"] = verdict,
        };
        if (model is not null)
        {
            fields["model"] = model;
        }

        return new Draft("study-closed", fields);
    }

    private static string Losses(StudyState study) => string.Join(" ", study.Dropped.Values.Distinct());

    private StudyDocument? DocumentOf(StudyState study)
    {
        if (!_documents.TryGetValue(study.Document, out StudyDocument? document)
            && artefacts.Get(study.Document) is { } bytes)
        {
            document = StudyDocument.Parse(bytes);
            _documents.Add(study.Document, document);
        }

        return document;
    }

    private TimeSpan Elapsed(StudyState study, string phase)
    {
        long now = time.GetTimestamp();
        if (!_stopwatches.TryGetValue(study.Name, out (string Phase, long Since) watch) || watch.Phase != phase)
        {
            watch = (phase, now);
            _stopwatches[study.Name] = watch;
        }

        return time.GetElapsedTime(watch.Since, now);
    }

    private static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
