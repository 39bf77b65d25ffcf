using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Auditing.Report;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Cli.Auditing.Exports;

/// <summary>One part of a model card.</summary>
/// <param name="Key">Its key in JSON.</param>
internal sealed record CardSection(string Key, string Heading, IReadOnlyList<(string Term, string Text)> Entries);

/// <summary>
/// The card of a released model, filled from the ledger and its artefacts alone: what they do not say is said to be
/// missing.
/// </summary>
/// <remarks>Sections of Mitchell et al., "Model Cards for Model Reporting", FAT* 2019, in their order.</remarks>
internal sealed class ModelCard
{
    private const string NotStated = "not stated on the ledger";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    private readonly Dossier _dossier;
    private readonly StudyStory _study;

    private ModelCard(Dossier dossier, StudyStory study)
    {
        (_dossier, _study) = (dossier, study);
        Sections = [Details(), Use(), Factors(), MetricsUsed(), EvaluationData(), TrainingData(), Results(), Ethics(),
            Caveats()];
    }

    public IReadOnlyList<CardSection> Sections { get; }

    /// <exception cref="CommandException">No model of the study is in force.</exception>
    public static ModelCard Of(Dossier dossier, StudyStory study) => study.ReleasedModel is not null
        ? new ModelCard(dossier, study)
        : throw new CommandException(ExitCodes.Usage, $"The study {study.Name} has no released model in force.");

    public string ToMarkdown()
    {
        StringBuilder card = new();
        card.Append(CultureInfo.InvariantCulture, $"# Model card: {Escape(_study.Title ?? _study.Name)}\n");
        foreach (CardSection section in Sections)
        {
            card.Append(CultureInfo.InvariantCulture, $"\n## {section.Heading}\n\n| | |\n|---|---|\n");
            foreach ((string term, string text) in section.Entries)
            {
                card.Append(CultureInfo.InvariantCulture, $"| {Escape(term)} | {Escape(text)} |\n");
            }
        }

        return card.ToString();
    }

    public string ToJson() => new JsonObject(Sections.Select(section => KeyValuePair.Create(
        section.Key,
        (JsonNode?)new JsonObject(section.Entries.Select(entry =>
            KeyValuePair.Create(entry.Term, (JsonNode?)entry.Text)))))).ToJsonString(Indented) + "\n";

    private CardSection Details()
    {
        StudyDocument? document = _study.Document;
        return new CardSection("modelDetails", "Model details",
        [
            ("study", _study.Name),
            ("model", document is null ? NotStated : StudyWords.NameOf(document.Study.Model.Kind)),
            ("model digest", _study.ReleasedModel!),
            ("released", _study.Releases[^1].TimeText),
            ("algorithm", document is null ? NotStated : Word(document.Study.Algorithm.Kind)),
            ("training rounds", _study.Model is not { } model ? NotStated
                : model.TrainedRounds.ToString(CultureInfo.InvariantCulture)),
            ("inputs", document is null ? NotStated : string.Join(", ", document.Features.Select(one => one.Name))),
            ("proposed by", _study.Proposer ?? NotStated),
            ("trained by", string.Join(", ", _study.Participants)),
            ("consortium", _dossier.Consortium ?? NotStated),
            ("genesis of the ledger", _dossier.Audit.Ledger.Genesis ?? NotStated),
            ("licence", NotStated),
        ]);
    }

    private CardSection Use() => new("intendedUse", "Intended use",
    [
        ("title of the study", _study.Title ?? NotStated),
        ("study document", _study.DocumentDigest ?? NotStated),
        ("users and uses out of scope", NotStated),
    ]);

    private CardSection Factors() => new("factors", "Factors",
    [
        ("hospitals", _study.Participants.Count.ToString(CultureInfo.InvariantCulture)),
        ("groups of patients", "not reported: no attribute of a patient is on the ledger"),
    ]);

    private static CardSection MetricsUsed() => new("metrics", "Metrics",
    [
        ("accuracy", "share right at risk 0.5"),
        ("AUROC", string.Create(CultureInfo.InvariantCulture,
            $"pooled from a histogram of {EvaluationRound.Bins} bins; ties inside a bin count one half")),
        ("Brier score", "mean squared error of the risk"),
    ]);

    private CardSection EvaluationData() => new("evaluationData", "Evaluation data",
    [
        ("rows", Pooled is { } pooled ? pooled.Rows.ToString("N0", CultureInfo.InvariantCulture) + " held-out rows"
            : NotStated),
        ("whose", "rows that each hospital held out; they stand outside the differential privacy"),
    ]);

    private CardSection TrainingData() => new("trainingData", "Training data",
    [
        ("data contract", _study.Document is { } document
            ? $"{document.Study.Contract}, {document.ContractSha256}" : NotStated),
        .. _study.Answers.Where(answer => answer.Accepted && _study.Participants.Contains(answer.Site)).Select(answer =>
            (answer.Site, $"{answer.RowsBucket} training rows, prevalence {answer.PrevalenceBucket}")),
    ]);

    private CardSection Results()
    {
        List<(string, string)> entries = [];
        if (Pooled is { } pooled)
        {
            entries.Add(("all hospitals", Line(
                Text(pooled.Accuracy), Text(pooled.Auroc), Text(pooled.Brier))));
        }

        entries.AddRange(_study.Evaluations.Select(record => (record.Author, Line(
            record.Text("metrics", "accuracy"), record.Text("metrics", "auroc"), record.Text("metrics", "brier")))));
        return new CardSection("quantitativeAnalyses", "Quantitative analyses", entries);
    }

    private CardSection Ethics()
    {
        IEnumerable<(string, string)> spent = _study.Spent.GroupBy(one => one.Site).Select(site =>
            ($"ε spent at {site.Key}", $"{site.Last().After}, δ {site.Last().Delta}"
                + (site.All(one => one.Agrees == true) ? ", recomputed" : ", NOT recomputed")));
        return new CardSection("ethicalConsiderations", "Ethical considerations",
        [
            ("privacy promised", StudySection.Privacy(_study)),
            .. spent,
            ("consent", _dossier.Consent.Count == 0 ? NotStated
                : $"{_dossier.Consent.Count} records of policies, batches and withdrawals"),
        ]);
    }

    private CardSection Caveats() => new("caveats", "Caveats and recommendations",
    [
        ("the study ended", _study.Closing is { } end ? $"{end.Text("verdict")}: {end.Text("reason")}" : "not closed"),
        ("the ledger", _dossier.Audit.Passed ? "verifies" : "DOES NOT VERIFY: rely on nothing here"),
        ("published metrics", "are the hospitals' own statements, signed by them; pooled ones are recomputed"),
    ]);

    private PooledMetrics? Pooled => _study.Model is { } model ? EvaluationRound.MetricsOf(model) : null;

    private static string Line(string? accuracy, string? auroc, string? brier) =>
        $"accuracy {accuracy ?? "undefined"}, AUROC {auroc ?? "undefined"}, Brier {brier ?? "undefined"}";

    private static string? Text(double? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Word(AlgorithmKind kind) => kind.ToString().ToLowerInvariant();

    // Texts of other parties become table cells: what Markdown or HTML would read as markup is taken from them.
    private static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '<' => escaped.Append("&lt;"),
                '&' => escaped.Append("&amp;"),
                '|' or '\\' or '`' or '[' or ']' or '*' or '_' or '!' or '#' => escaped.Append('\\').Append(c),
                _ => escaped.Append(char.IsControl(c) ? ' ' : c),
            };
        }

        return escaped.ToString();
    }
}
