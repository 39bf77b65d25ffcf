using System.Globalization;
using System.Security.Cryptography;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Auditing;

/// <summary>What the sum audit found wrong with one record.</summary>
public sealed record AuditFinding(LogKind Log, long Index, string Message);

/// <summary>What the sum audit did.</summary>
/// <param name="Rounds">Closed rounds whose addends were added again.</param>
/// <param name="Addends">Addends that were read.</param>
/// <param name="Epsilons">Reported ε that were computed again.</param>
public sealed record SumAudit(IReadOnlyList<AuditFinding> Findings, int Rounds, int Addends, int Epsilons);

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
    private readonly Dictionary<(string Study, string Site), int> _releases = [];
    private int _rounds;
    private int _addends;
    private int _epsilons;

    private SumAuditor(ArtefactStore artefacts) => _artefacts = artefacts;

    /// <summary>Audits a folder that holds <c>authorization</c>, <c>data</c> and <c>blobs</c>.</summary>
    public static SumAudit Run(string ledgerFolder)
    {
        using EntryLog authorization = EntryLog.OpenRead(Path.Combine(ledgerFolder, "authorization"));
        using EntryLog data = EntryLog.OpenRead(Path.Combine(ledgerFolder, "data"));
        BlobFolder blobs = new(Path.Combine(ledgerFolder, "blobs"));
        SumAuditor auditor = new(new ArtefactStore(
            blobs.Get, _ => throw new InvalidOperationException("An audit writes nothing.")));
        StudyReplay.Run(authorization, data, auditor.Visit);
        return new SumAudit(auditor._findings, auditor._rounds, auditor._addends, auditor._epsilons);
    }

    private void Visit(LogKind log, long index, Statement record)
    {
        if (_book.Refuses(record) is { } refusal)
        {
            _findings.Add(new AuditFinding(log, index, $"{record.Name} does not fit: {refusal}"));
            return;
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
        catch (Exception problem) when (problem is InvalidDataException or FormatException or ArithmeticException)
        {
            _findings.Add(new AuditFinding(log, index, $"{record.Name}: {problem.Message}"));
        }
    }

    // An addend in a sum is released, whether or not its hospital attests that sum.
    private void CountReleases(StudyState study)
    {
        foreach (string site in study.Current!.Purpose == RoundPurpose.Train ? study.Current.Outcome!.Addends.Keys : [])
        {
            _releases[(study.Name, site)] = _releases.GetValueOrDefault((study.Name, site)) + 1;
        }
    }

    private void CheckSum(LogKind log, long index, StudyState study)
    {
        RoundState round = study.Current!;
        StudyDocument document = DocumentOf(study);
        Dictionary<string, byte[]> addends = new(StringComparer.Ordinal);
        foreach ((string site, string digest) in round.Outcome!.Addends)
        {
            addends.Add(site, _artefacts.Get(digest)
                ?? throw new InvalidDataException($"the addend of {site}, {digest}, is missing."));
            _addends++;
        }

        StudyProgram program = new(document);
        (byte[] sum, ModelState next) = Conductor.OpenSum(program, study, round, addends, _artefacts);
        string sumDigest = Convert.ToHexStringLower(SHA256.HashData(sum));
        _rounds++;
        if (sumDigest != round.Outcome.Sum)
        {
            _findings.Add(new AuditFinding(
                log,
                index,
                $"the addends give the sum {sumDigest}, not {round.Outcome.Sum}."));
        }

        if (next.Sha256() != round.Outcome.Model)
        {
            _findings.Add(new AuditFinding(
                log, index, $"the sum gives the model {next.Sha256()}, not {round.Outcome.Model}."));
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

        RoundNoise noise = PrivateGradientRound.NoiseOf(
            document.Study,
            new StudyProgram(document).Model.ParameterCount);
        int releases = _releases.GetValueOrDefault((study.Name, site));
        GaussianAccountant accountant = new(dp.Budget.Delta);
        for (int release = 0; release < releases; release++)
        {
            accountant.Spend(noise.NoiseMultiplier, noise.Coordinates, noise.SigmaGrid);
        }

        double reported = double.Parse(
            record.Predicate["epsilon"]?.GetValue<string>() ?? "NaN", CultureInfo.InvariantCulture);
        _epsilons++;
        if (!(Math.Abs(reported - accountant.Spent.Epsilon) <= EpsilonTolerance))
        {
            _findings.Add(new AuditFinding(
                log,
                index,
                FormattableString.Invariant(
                    $"{site} reports ε = {reported}; {releases} releases cost {accountant.Spent.Epsilon}.")));
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
