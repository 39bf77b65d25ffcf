using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Rounds;

/// <summary>Where content-addressed artefacts are kept.</summary>
/// <param name="Get">The artefact with this digest, or null.</param>
/// <param name="Put">Keeps an artefact and returns its digest.</param>
public sealed record ArtefactStore(Func<string, byte[]?> Get, Func<byte[], string> Put);

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
                    { Phase: RoundPhase.Joining } round =>
                        NextAbort(study, document, round, [.. round.Keys.Keys], "did not join", absence),
                    { Phase: RoundPhase.Committing } round =>
                        NextAbort(study, document, round, [.. round.Commitments.Keys], "did not commit", absence),
                    { Phase: RoundPhase.Uploading } round => NextClosing(study, document, round),
                    { } round => NextFinal(study, document, round, absence),
                };
        }
        catch (Exception problem) when (problem is ArithmeticException or FormatException or InvalidDataException)
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

    /// <summary>
    /// Adds the addends of a round and takes the public step: what the coordinator does and everybody checks.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// An addend has another length than the round says, or the sum is nothing that the round can come to.
    /// </exception>
    internal static (byte[] Sum, ModelState Next) OpenSum(
        StudyProgram program,
        StudyState study,
        RoundState round,
        IReadOnlyDictionary<string, byte[]> addends,
        ArtefactStore artefacts)
    {
        ModelState initial = program.Initial();
        ModelState state = round.BaseModel == initial.Sha256()
            ? initial
            : ModelState.Parse(artefacts.Get(round.BaseModel)
                ?? throw new InvalidDataException($"Model {round.BaseModel} is missing."));
        ulong[] sum = new ulong[round.Words];
        foreach ((string site, byte[] addend) in addends)
        {
            if (addend.Length != round.Words * sizeof(ulong))
            {
                throw new InvalidDataException(
                    $"The addend of {site} has {addend.Length} bytes, not {round.Words} words.");
            }

            AddendSum.Add(sum, WordCodec.FromBytes(addend, round.Words));
        }

        RoundSetting setting = new(round.Participants.Count, PublicRows(study, round.Participants));
        try
        {
            ModelState next = program.AlgorithmFor(state, round.Participants.Count).Advance(state, setting, sum);
            return (WordCodec.ToBytes(sum), next);
        }
        catch (ArgumentException problem)
        {
            // What the hospitals hand in decides the sum: a senseless one is no defect of whoever adds it up.
            throw new InvalidDataException($"The sum is no statistic of this round: {problem.Message}", problem);
        }
    }

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
        return new Draft(
            "study-approved",
            new JsonObject
            {
                ["document"] = study.Document,
                ["onMissing"] = document.Study.OnMissing.ToString().ToLowerInvariant(),
                ["participants"] = Array(participants),
                ["study"] = study.Name,
            });
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

        (int number, int attempt) = study.NextRound;
        RoundAlgorithm algorithm = program.AlgorithmFor(state, cohort.Count);
        string baseModel = artefacts.Put(state.ToBytes());
        JsonObject fields = new()
        {
            ["attempt"] = attempt,
            ["baseModel"] = baseModel,
            ["deadline"] = PredicateReader.Format(time.GetUtcNow() + document.Study.Deadline),
            ["participants"] = Array(cohort),
            ["planDigest"] = study.Document,
            ["purpose"] = ModelState.NameOf(purpose),
            ["round"] = number,
            ["scaleBits"] = RoundAlgorithm.ScaleBits,
            ["study"] = study.Name,
            ["words"] = algorithm.Words,
        };
        if (algorithm.Noise is { } noise)
        {
            fields["noise"] = new JsonObject
            {
                ["clip"] = Draft.Number(noise.Clip),
                ["mechanism"] = "discrete-gaussian",
                ["sensitivity"] = Draft.Number(noise.Clip),
                ["sigma"] = Draft.Number(noise.Sigma),
            };
        }

        return new Draft(
            "round-opened",
            fields);
    }

    private Draft? NextAbort(
        StudyState study,
        StudyDocument document,
        RoundState round,
        IReadOnlyCollection<string> here,
        string what,
        Func<string, TimeSpan> absence)
    {
        string[] waiting = [.. round.Participants.Where(site => !here.Contains(site))];
        bool late = Elapsed(study, $"{round.Number}/{round.Attempt}/{round.Phase}") > document.Study.Deadline;
        string[] missing =
        [
            .. waiting.Where(site => late || round.Declined.ContainsKey(site) || absence(site) > AbsenceGrace),
        ];
        if (missing.Length == 0)
        {
            return null;
        }

        string reasons = string.Join(" ", missing.Select(site =>
            round.Declined.TryGetValue(site, out string? why) ? $"{site} declined ({why})."
            : late ? $"{site} {what} round {round.Number} before its deadline."
            : $"{site} {what} round {round.Number}: its connection is gone."));
        return new Draft(
            "round-aborted",
            new JsonObject
            {
                ["attempt"] = round.Attempt,
                ["missing"] = Array(missing),
                ["reason"] = LedgerText(reasons),
                ["round"] = round.Number,
                ["study"] = study.Name,
            });
    }

    private Draft? NextClosing(StudyState study, StudyDocument document, RoundState round)
    {
        Dictionary<string, byte[]> addends = new(StringComparer.Ordinal);
        foreach ((string site, string digest) in round.Commitments)
        {
            if (artefacts.Get(digest) is { } addend)
            {
                addends.Add(site, addend);
            }
        }

        if (addends.Count < round.Commitments.Count)
        {
            string missing = string.Join(", ", round.Commitments.Keys.Where(site => !addends.ContainsKey(site)));
            return Elapsed(study, $"{round.Number}/{round.Attempt}/upload/{addends.Count}") > document.Study.Deadline
                ? Close(
                    study,
                    "failed",
                    $"{missing} committed to round {round.Number} but never delivered, and the other addends are "
                        + "already here: repeating the round without it would give that hospital away. "
                        + "Restart the node and launch the study again.",
                    null)
                : null;
        }

        StudyProgram program = new(document);
        (byte[] sum, ModelState next) = OpenSum(program, study, round, addends, artefacts);
        JsonArray list = [];
        foreach ((string site, string digest) in round.Commitments.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            list.Add(new JsonObject { ["sha256"] = digest, ["site"] = site });
        }

        string sumDigest = artefacts.Put(sum);
        string model = artefacts.Put(next.ToBytes());
        JsonObject fields = new()
        {
            ["addends"] = list,
            ["attempt"] = round.Attempt,
            ["model"] = model,
            ["round"] = round.Number,
            ["study"] = study.Name,
            ["sum"] = sumDigest,
        };
        if (round.Purpose == RoundPurpose.Train && next.Loss is { } loss)
        {
            fields["loss"] = Draft.Number(loss);
        }

        return new Draft(
            "round-closed",
            fields);
    }

    private Draft? NextFinal(
        StudyState study, StudyDocument document, RoundState round, Func<string, TimeSpan> absence)
    {
        int quorum = Quorum.Of(round.Participants.Count);
        string[] missing = [.. round.Participants.Where(site => !round.Attestations.ContainsKey(site))];
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
