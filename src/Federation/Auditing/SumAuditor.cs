using System.Globalization;
using System.Security.Cryptography;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Auditing;

/// <summary>What the sum audit found wrong with one record.</summary>
/// <param name="Code">Stable word for the kind of finding.</param>
public sealed record AuditFinding(string Code, LogKind Log, long Index, string Message);

/// <summary>One reported ε that was computed again.</summary>
/// <param name="Index">Index of <c>sum-attested</c> on the data log.</param>
/// <param name="Releases">Noised sums with an addend of this hospital so far.</param>
/// <param name="Reported">What the hospital reports; NaN where it reports nothing.</param>
/// <param name="Recomputed">What the releases cost.</param>
/// <param name="Agrees">Whether both are the same but for rounding.</param>
public sealed record RecomputedEpsilon(
    string Study, int Round, string Site, long Index, int Releases, double Reported, double Recomputed, bool Agrees);

/// <summary>One closed round whose addends were added again.</summary>
/// <param name="Index">Index of <c>round-closed</c> on the data log.</param>
/// <param name="Excused">Hospitals of the round whose addends are not in the sum.</param>
/// <param name="Openings">Hospitals whose shares opened the sum.</param>
/// <param name="Sum">Digest of the sum that the addends give.</param>
/// <param name="Agrees">Whether sum and next model are those that the record names.</param>
public sealed record RecomputedSum(
    string Study,
    int Round,
    string Purpose,
    string Protection,
    long Index,
    IReadOnlyList<string> Addends,
    IReadOnlyList<string> Excused,
    IReadOnlyList<string> Openings,
    string Sum,
    bool Agrees);

/// <summary>What the sum audit did.</summary>
/// <param name="Sums">Closed rounds whose addends were added again, in the order of the ledger.</param>
/// <param name="Spent">Reported ε that were computed again, in the order of the ledger.</param>
public sealed record SumAudit(
    IReadOnlyList<AuditFinding> Findings, IReadOnlyList<RecomputedSum> Sums, IReadOnlyList<RecomputedEpsilon> Spent)
{
    /// <summary>Reported ε that were computed again.</summary>
    public int Epsilons => Spent.Count;

    /// <summary>Closed rounds whose addends were added again.</summary>
    public int Rounds => Sums.Count;

    /// <summary>Addends that were read.</summary>
    public int Addends => Sums.Sum(sum => sum.Addends.Count);
}

/// <summary>
/// Adds every round up again, offline: sequence, sums, steps and privacy spent, from a copy of the ledger.
/// </summary>
/// <remarks>
/// Signatures and log structure are the ledger verifier's part and are checked before. The addends are masked: adding
/// them again shows the coordinator's arithmetic and nothing about a hospital.
/// </remarks>
public sealed class SumAuditor
{
    /// <summary>Reported ε may differ from the recomputed one by rounding alone.</summary>
    private const double EpsilonTolerance = 1e-9;

    private readonly ArtefactStore _artefacts;
    private readonly StudyBook _book = new();
    private readonly List<AuditFinding> _findings = [];
    private readonly Dictionary<string, StudyDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Study, string Site), List<RoundNoise>> _releases = [];
    private readonly List<RecomputedSum> _sums = [];
    private readonly List<RecomputedEpsilon> _spent = [];

    private SumAuditor(ArtefactStore artefacts) => _artefacts = artefacts;

    /// <summary>Audits a folder that holds <c>authorization</c>, <c>data</c> and <c>blobs</c>.</summary>
    public static SumAudit Run(string ledgerFolder)
    {
        using EntryLog authorization = EntryLog.OpenRead(Path.Combine(ledgerFolder, "authorization"));
        using EntryLog data = EntryLog.OpenRead(Path.Combine(ledgerFolder, "data"));
        BlobFolder blobs = BlobFolder.OpenRead(Path.Combine(ledgerFolder, "blobs"));
        SumAuditor auditor = new(new ArtefactStore(
            blobs.Get, _ => throw new InvalidOperationException("An audit writes nothing.")));
        StudyReplay.Run(authorization, data, auditor.Visit);
        return new SumAudit(auditor._findings, auditor._sums, auditor._spent);
    }

    private void Visit(LogKind log, long index, Statement record)
    {
        if (_book.Refuses(record) is { } refusal)
        {
            _findings.Add(new AuditFinding("study-sequence", log, index, $"{record.Name} does not fit: {refusal}"));
            return;
        }

        try
        {
            CheckGrant(log, index, record);
        }
        catch (Exception problem) when (problem is InvalidDataException or FormatException or ArithmeticException)
        {
            _findings.Add(new AuditFinding("grant", log, index, $"{record.Name}: {problem.Message}"));
        }

        _book.Apply(index, record);
        try
        {
            switch (record.Name)
            {
                case "round-closed":
                    CountReleases(_book.Find(record.Predicate["study"]!.GetValue<string>())!);
                    CheckSum(log, index, _book.Find(record.Predicate["study"]!.GetValue<string>())!);
                    break;
                case "sum-attested":
                    CheckEpsilon(log, index, record);
                    break;
                default:
                    break;
            }
        }
        catch (Exception problem) when (problem is InvalidDataException or FormatException or ArithmeticException
            or SumOpeningException)
        {
            _findings.Add(new AuditFinding("sum-unopened", log, index, $"{record.Name}: {problem.Message}"));
        }
    }

    // Before the record is taken over: what the study was granted, and what its next round would bring it to.
    private void CheckGrant(LogKind log, long index, Statement record)
    {
        if (record.Name is not ("study-approved" or "round-opened"))
        {
            return;
        }

        StudyState study = _book.Find(record.Predicate["study"]!.GetValue<string>())!;
        StudyDocument document = DocumentOf(study);
        if (record.Name == "study-approved")
        {
            if (StudyBook.GrantOf(record.Predicate) != document.Study.DifferentialPrivacy?.Budget)
            {
                _findings.Add(new AuditFinding(
                    "grant", log, index,
                    $"study {study.Name} was approved with another privacy grant than its document asks for."));
            }

            return;
        }

        if (OpeningRules.SpendOf(record.Predicate) is not { } said)
        {
            return;
        }

        CohortSize cohort = new(
            record.Predicate["participants"]!.AsArray().Count, (int)record.Predicate["fewest"]!.GetValue<long>());
        ProjectedSpend? found = ProjectedSpend.Of(new StudyProgram(document), document.Study, study, cohort);
        if (!(found is { } again && Math.Abs(said.EpsilonBefore - again.EpsilonBefore) <= EpsilonTolerance
            && Math.Abs(said.EpsilonAfter - again.EpsilonAfter) <= EpsilonTolerance && said.Delta == again.Delta))
        {
            _findings.Add(new AuditFinding("grant", log, index, FormattableString.Invariant(
                $"the round says that it brings ε from {said.EpsilonBefore} to {said.EpsilonAfter}; computed again: ")
                    + FormattableString.Invariant($"{found?.EpsilonBefore} to {found?.EpsilonAfter}.")));
        }
    }

    // An addend in a sum is released, whether or not its hospital attests that sum.
    private void CountReleases(StudyState study)
    {
        RoundState round = study.Current!;
        if (round.Purpose != RoundPurpose.Train)
        {
            return;
        }

        CohortSize cohort = new(round.Participants.Count, round.Terms.Fewest);
        RoundNoise? noise = new StudyProgram(DocumentOf(study))
            .TrainingAlgorithm(cohort)
            .NoiseOf(round.Survivors.Count);
        foreach (string site in noise is null ? [] : round.Survivors)
        {
            if (!_releases.TryGetValue((study.Name, site), out List<RoundNoise>? released))
            {
                released = [];
                _releases.Add((study.Name, site), released);
            }

            released.Add(noise!);
        }
    }

    private void CheckSum(LogKind log, long index, StudyState study)
    {
        RoundState round = study.Current!;
        StudyProgram program = new(DocumentOf(study));
        RoundResult result = RoundResult.Of(program, study, round, round.Outcome!.Openings, _artefacts);
        string sum = Convert.ToHexStringLower(SHA256.HashData(result.Sum));
        string model = result.Next.Sha256();
        _sums.Add(new RecomputedSum(
            study.Name,
            round.Number,
            ModelState.NameOf(round.Purpose),
            StudyWords.NameOf(round.Protection),
            index,
            [.. round.Outcome.Addends.Keys.Order(StringComparer.Ordinal)],
            [.. round.Participants.Except(round.Survivors).Order(StringComparer.Ordinal)],
            [.. round.Outcome.Openings.Keys.Order(StringComparer.Ordinal)],
            sum,
            sum == round.Outcome.Sum && model == round.Outcome.Model));
        if (sum != round.Outcome.Sum)
        {
            _findings.Add(new AuditFinding(
                "sum", log, index, $"the addends give the sum {sum}, not {round.Outcome.Sum}."));
        }

        if (model != round.Outcome.Model)
        {
            _findings.Add(new AuditFinding(
                "model", log, index, $"the sum gives the model {model}, not {round.Outcome.Model}."));
        }
    }

    private void CheckEpsilon(LogKind log, long index, Statement record)
    {
        StudyState study = _book.Find(record.Predicate["study"]!.GetValue<string>())!;
        string site = record.Predicate["actor"]!["id"]!.GetValue<string>();
        StudyDocument document = DocumentOf(study);
        if (document.Study.DifferentialPrivacy is not { } dp)
        {
            return;
        }

        if (!record.Predicate.ContainsKey("epsilon") && !_releases.ContainsKey((study.Name, site)))
        {
            return;
        }

        List<RoundNoise> releases = _releases.GetValueOrDefault((study.Name, site), []);
        bool released = study.Current is { Purpose: RoundPurpose.Train } round && round.Survivors.Contains(site);
        Compare("epsilonBefore", "ε before the round", [.. releases.SkipLast(released ? 1 : 0)]);
        (double reported, double cost) = Compare("epsilon", "ε", releases);
        _spent.Add(new RecomputedEpsilon(
            study.Name, study.Current!.Number, site, index, releases.Count, reported, cost,
            Math.Abs(reported - cost) <= EpsilonTolerance));

        (double Reported, double Cost) Compare(string field, string what, List<RoundNoise> counted)
        {
            GaussianAccountant accountant = new(dp.Budget.Delta);
            counted.ForEach(release => release.Spend(accountant));
            double cost = counted.Count == 0 ? 0 : accountant.Spent.Epsilon;
            double reported = double.Parse(
                record.Predicate[field]?.GetValue<string>() ?? "NaN", CultureInfo.InvariantCulture);
            if (!(Math.Abs(reported - cost) <= EpsilonTolerance))
            {
                _findings.Add(new AuditFinding("epsilon", log, index, FormattableString.Invariant(
                    $"{site} reports {what} = {reported}; {counted.Count} releases cost {cost}.")));
            }

            return (reported, cost);
        }
    }

    private StudyDocument DocumentOf(StudyState study)
    {
        if (!_documents.TryGetValue(study.Document, out StudyDocument? document))
        {
            document = StudyDocument.Parse(_artefacts.Get(study.Document)
                ?? throw new InvalidDataException($"the document of study {study.Name} is missing."));
            _documents.Add(study.Document, document);
        }

        return document;
    }
}
