using DigitalTwin.Cli.Auditing;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Participation;
using DigitalTwin.Ledger.Verification;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Cli.Demo;

/// <summary>Puts the document of a run together from the ledger, the model and the hospitals' own reports.</summary>
internal sealed class ResultBuilder(
    StudyDocument document,
    StudyState study,
    IReadOnlyList<RoundResult> rounds,
    ModelState? model,
    AuditReport audit,
    IReadOnlyList<ProcessResult> processes)
{
    public RunResult Build(
        IReadOnlyList<DemoSite> sites,
        IReadOnlyList<LoadedData> data,
        IReadOnlyList<SiteReport?> reports,
        ulong seed,
        TimeSpan elapsed)
    {
        PooledMetrics? pooled = model is null ? null : EvaluationRound.MetricsOf(model);
        return new RunResult(
            study.Name,
            study.Closing!.Verdict,
            seed,
            rounds,
            [.. sites.Select((site, i) => Site(site.Name, data[i], reports[i]))],
            new Metrics(pooled?.Accuracy, pooled?.Auroc, pooled?.Brier, PooledSlope()),
            new ComparatorResult(PooledComparator.Of(data, document.Study.Algorithm.L2)),
            Model(),
            Privacy(),
            Ledger(),
            Math.Round(elapsed.TotalSeconds, 3),
            study.Closing.Verdict == Verdicts.Complete ? null : study.Closing.Reason,
            Notes(),
            processes);
    }

    private SiteResult Site(string name, LoadedData data, SiteReport? report)
    {
        List<string> flags = [.. report?.Flags ?? []];
        flags.AddRange((report?.Local.Flags ?? []).Select(flag => $"local:{flag}"));
        string verdict = study.Declined.ContainsKey(name) ? "declined"
            : study.Dropped.ContainsKey(name) ? "dropped"
            : study.Accepted.ContainsKey(name) ? "contributed"
            : "silent";
        SiteEvaluation? metrics = model is null ? null : report?.Metrics;
        Attestation? attested = study.Rounds
            .Select(round => round.Attestations.GetValueOrDefault(name))
            .LastOrDefault(attestation => attestation is not null);
        return new SiteResult(
            name,
            data.All.Rows,
            data.Site.Train.Rows,
            data.Site.Test.Rows,
            new Metrics(metrics?.Accuracy, metrics?.Auroc, metrics?.Brier, metrics?.CalibrationSlope),
            new ComparatorMetrics(report?.Local.Accuracy, report?.Local.Auroc),
            report?.Epsilon ?? attested?.Epsilon,
            report?.Delta ?? attested?.Delta,
            flags,
            verdict,
            study.Dropped.GetValueOrDefault(name) ?? study.Declined.GetValueOrDefault(name),
            study.Rounds.Sum(round => round.Attestations.GetValueOrDefault(name)?.WireBytes ?? 0),
            report?.Updates);
    }

    private ModelResult? Model()
    {
        if (model is null)
        {
            return null;
        }

        bool linear = document.Study.Model.Kind == ModelKind.Logistic;
        int columns = document.Columns;
        return new ModelResult(
            StudyWords.NameOf(document.Study.Model.Kind),
            [.. document.Features.Select(feature => feature.Name)],
            linear ? model.Parameters[..columns] : null,
            linear ? model.Parameters[columns] : null,
            model.Mean,
            model.Deviation,
            document.Study.Algorithm.Kind == AlgorithmKind.Newton && model.Optimiser.Length > 0
                ? model.Optimiser[0]
                : null,
            model.Sha256());
    }

    private PrivacyResult Privacy()
    {
        string protection = StudyWords.NameOf(document.Study.Protection);
        if (document.Study.DifferentialPrivacy is not { } dp)
        {
            return new PrivacyResult("none", null, null, null, null, null, protection);
        }

        StudyProgram program = new(document);
        RoundNoise noise = program.TrainingAlgorithm(program.SmallestCohort).Noise!;
        return new PrivacyResult(
            dp.Noise.ToString().ToLowerInvariant(),
            noise.Clip,
            noise.Sigma,
            "full-batch",
            study.Rounds.Count(round => round is { Purpose: RoundPurpose.Train, Phase: RoundPhase.Final }),
            noise.Concentrated ? "zero-concentrated composition" : "exact Gaussian composition",
            protection);
    }

    private LedgerResult Ledger()
    {
        static LogHead Head(LogSummary? log) => new(log?.Size ?? 0, log?.Root.ToString() ?? "");
        return new LedgerResult(
            Head(audit.Ledger.Authorization),
            Head(audit.Ledger.Data),
            audit.Ledger.Data?.Cosignatures ?? 0,
            audit.Ledger.Data?.Quorum ?? 0);
    }

    private string[] Notes() =>
    [
        audit.Passed ? "The ledger verifies." : "THE LEDGER DOES NOT VERIFY.",
        "pooledTest.auroc comes from the opened score histogram of "
            + $"{EvaluationRound.Bins} bins; ties inside a bin count one half.",
        "comparator and local are for comparison only; comparator pools rows that a federation keeps apart.",
    ];

    // From the opened histogram: every row stands at the middle of its bin.
    private double? PooledSlope()
    {
        if (model is null || model.Evaluation.Length == 0)
        {
            return null;
        }

        List<double> labels = [];
        List<double> probabilities = [];
        ReadOnlySpan<double> counts = model.Evaluation.AsSpan(model.Evaluation.Length - (2 * EvaluationRound.Bins));
        for (int i = 0; i < counts.Length; i++)
        {
            for (int row = 0; row < Math.Round(counts[i]); row++)
            {
                labels.Add(i < EvaluationRound.Bins ? 0 : 1);
                probabilities.Add(((i % EvaluationRound.Bins) + 0.5) / EvaluationRound.Bins);
            }
        }

        return BinaryMetrics.Calibration([.. labels], [.. probabilities]).Slope;
    }
}
