using System.Globalization;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>The part of the auditor's report about one study.</summary>
internal static class StudySection
{
    private static readonly string[] Metrics = ["accuracy", "auroc", "brier", "calibrationSlope"];

    public static ReportSection Of(StudyStory study)
    {
        List<ReportBlock> blocks = [Terms(study), Answers(study), Rounds(study)];
        if (study.Spent.Count > 0)
        {
            blocks.Add(Spent(study));
        }

        if (study.Releases.Count > 0)
        {
            blocks.Add(ReportSections.Events("Models released and revoked.", study.Releases.Select(StoryEvent.Of)));
        }

        if (study.Evaluations.Count > 0 || study.Model is not null)
        {
            blocks.Add(Evaluations(study));
        }

        if (study.Events.Count > 0)
        {
            blocks.Add(ReportSections.Events(
                "Further records: amendments, snapshots, privacy accounts.", study.Events));
        }

        return new ReportSection($"study-{study.Name}", $"Study {study.Name}", blocks);
    }

    /// <summary>Protection and privacy as the document has them; a dash where the copy lacks the document.</summary>
    public static string Privacy(StudyStory study) => study.Document?.Study is not { } document
        ? Figures.Undefined
        : document.DifferentialPrivacy is { } dp
            ? string.Create(CultureInfo.InvariantCulture,
                $"ε {dp.Budget.Epsilon}, δ {dp.Budget.Delta} over the whole study, "
                    + $"{dp.Noise.ToString().ToLowerInvariant()} noise, clip {dp.Clip}")
            : "no differential privacy";

    private static ReportTerms Terms(StudyStory study)
    {
        StudyDocument? document = study.Document;
        List<(string, string)> terms =
        [
            ("title", study.Title ?? Figures.Undefined),
            ("proposed by", study.Proposer ?? Figures.Undefined),
            ("document", (study.DocumentDigest ?? Figures.Undefined) + (document is null ? ", not in this copy" : "")),
            ("data contract", document is null
                ? Figures.Undefined
                : $"{document.Study.Contract}, {document.ContractSha256}"),
            ("model", document is null ? Figures.Undefined : StudyWords.NameOf(document.Study.Model.Kind)),
            ("algorithm", document?.Study.Algorithm.Kind.ToString().ToLowerInvariant() ?? Figures.Undefined),
            ("privacy promised", Privacy(study)),
            ("participants", study.Participants.Count == 0 ? "not approved" : string.Join(", ", study.Participants)),
            ("on a missing hospital", study.OnMissing ?? Figures.Undefined),
            ("ended", study.Closing is { } end ? $"{end.Text("verdict")}: {end.Text("reason")}" : "not closed"),
            ("released model", study.ReleasedModel ?? "none"),
        ];
        if (study.Grant is { } grant)
        {
            terms.Add(("privacy granted per hospital", $"ε {grant.Epsilon}, δ {grant.Delta}"));
        }

        return new ReportTerms(terms);
    }

    private static ReportTable Answers(StudyStory study) => new(
        "What the hospitals' own policies answered.",
        ["hospital", "answer", "rows", "prevalence", "rule and reason"],
        [
            .. study.Answers.Select(answer => (string[])
            [
                answer.Site, answer.Accepted ? "accepted" : "declined", answer.RowsBucket ?? Figures.Undefined,
                answer.PrevalenceBucket ?? Figures.Undefined,
                answer.Accepted ? Figures.Undefined : $"{answer.Rule}: {answer.Reason}",
            ]),
        ]);

    private static ReportTable Rounds(StudyStory study) => new(
        "Every attempt at every round; \"recomputed\" is the auditor's own sum and step.",
        ["round", "purpose", "verdict", "in the sum", "without", "attested by", "recomputed", "sum", "next model"],
        [
            .. study.Rounds.Select(round => (string[])
            [
                string.Create(CultureInfo.InvariantCulture, $"{round.Number}.{round.Attempt}"), round.Purpose,
                round.Verdict, Names(round.Survivors),
                Names([.. round.Excused.Select(one => $"{one.Key} ({one.Value})")]),
                Names(round.Attested),
                round.Recomputed is bool agrees ? agrees ? "agrees" : "DIFFERS" : Figures.Undefined,
                round.Sum ?? Figures.Undefined, round.Model ?? Figures.Undefined,
            ]),
        ]);

    private static ReportTable Spent(StudyStory study) => new(
        "Privacy spent on each hospital's patients, as reported and as the auditor computes it from the released sums.",
        ["hospital", "round", "ε before", "ε after", "δ", "releases", "ε recomputed", "agrees"],
        [
            .. study.Spent
                .OrderBy(one => one.Site, StringComparer.Ordinal).ThenBy(one => one.Round)
                .Select(one => (string[])
                [
                    one.Site, Number(one.Round), one.Before, one.After, one.Delta,
                    one.Releases is int releases ? Number(releases) : Figures.Undefined,
                    one.Recomputed?.ToString(CultureInfo.InvariantCulture) ?? Figures.Undefined,
                    one.Agrees is bool agrees ? agrees ? "yes" : "NO" : Figures.Undefined,
                ]),
        ]);

    private static ReportTable Evaluations(StudyStory study) => new(
        "Metrics on held-out rows: what each hospital published, and the pooled ones of the evaluation round.",
        ["who", "model", "accuracy", "AUROC", "Brier", "cal. slope", "flags"],
        [
            .. study.Evaluations.Select(record => (string[])
            [
                record.Author, record.Text("model")!,
                .. Metrics.Select(metric => record.Text("metrics", metric) ?? Figures.Undefined),
                Names(record.Texts("flags")),
            ]),
            .. Pooled(study),
        ]);

    private static IEnumerable<string[]> Pooled(StudyStory study)
    {
        if (study.Model is { } model && EvaluationRound.MetricsOf(model) is { } pooled)
        {
            yield return
            [
                "all together", study.ReleasedModel!, Figures.Score(pooled.Accuracy), Figures.Score(pooled.Auroc),
                Figures.Score(pooled.Brier), Figures.Undefined, "none",
            ];
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
}
