using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Models;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.HospitalNode.Participation;

/// <summary>One point of a ROC curve.</summary>
public sealed record ReportedRocPoint(double FalsePositiveRate, double TruePositiveRate);

/// <summary>One bin of a calibration plot.</summary>
public sealed record ReportedCalibrationBin(double MeanPrediction, double ObservedShare, int Rows);

/// <summary>
/// What a hospital keeps for itself about one study. It holds exact counts and never leaves the node.
/// </summary>
/// <param name="Metrics">The study's model on this hospital's held-out rows; null when there is no model.</param>
/// <param name="Local">A model of this hospital's training rows alone, on the same held-out rows.</param>
/// <param name="Updates">SHA-256 of each addend in clear, in the order of rounds.</param>
public sealed record SiteReport(
    string Study,
    string Site,
    string Verdict,
    int RowsRead,
    int Rows,
    int TrainRows,
    int TestRows,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Flags,
    SiteEvaluation? Metrics,
    SiteEvaluation Local,
    double? Epsilon,
    double? Delta,
    IReadOnlyList<string> Updates,
    IReadOnlyList<ReportedRocPoint> Roc,
    IReadOnlyList<ReportedCalibrationBin> Calibration)
{
    private const int CalibrationBins = 10;
    private const int MostProblems = 1000;

    /// <summary>Ridge penalty of the local comparator, that of the demonstration protocol.</summary>
    private const double LocalRidge = 1.0;

    /// <summary>Makes the report of a closed study.</summary>
    /// <param name="model">The last model that this node attested; null when there is none.</param>
    public static SiteReport Of(
        StudyState study,
        string site,
        StudyProgram? program,
        ModelState? model,
        LoadedData data,
        SpendingJournal journal)
    {
        PrivacyBudget? spent = PrivacySpending.OfStudy(journal, study.Name);
        double[] predictions = program is not null && model is not null
            ? EvaluationRound.Predict(program.Model, model, data.Site.Test)
            : [];
        ReadOnlySpan<double> labels = predictions.Length > 0 ? data.Site.Test.Labels : [];
        IReadOnlyList<RocPoint> roc = BinaryMetrics.RocCurve(labels, predictions) ?? [];
        IReadOnlyList<CalibrationBin> bins = BinaryMetrics.CalibrationBins(labels, predictions, CalibrationBins) ?? [];
        List<string> flags = [.. data.All.Flags.Select(FlagText)];
        SiteEvaluation? metrics = predictions.Length > 0 ? SiteMetrics.Of(program!, model!, data.Site) : null;
        flags.AddRange(metrics?.Flags ?? []);
        return new SiteReport(
            study.Name,
            site,
            study.Dropped.ContainsKey(site) ? "dropped" : study.Closing?.Verdict ?? "open",
            data.All.RowsRead,
            data.All.Rows,
            data.Site.Train.Rows,
            data.Site.Test.Rows,
            [.. data.All.Problems.Take(MostProblems).Select(ProblemText)],
            flags,
            metrics,
            LocalOnly(data.Site),
            spent?.Epsilon,
            spent?.Delta,
            [
                .. journal.Attempts(study.Name)
                    .Where(entry => entry is { Uploaded: true, Public: false })
                    .Select(entry => entry.ClearDigest),
            ],
            [.. roc.Select(point => new ReportedRocPoint(point.FalsePositiveRate, point.TruePositiveRate))],
            [.. bins.Where(bin => bin.Rows > 0).Select(bin =>
                new ReportedCalibrationBin(bin.MeanProbability!.Value, bin.ObservedRate!.Value, bin.Rows))]);
    }

    public void Write(MemberFolder folder)
    {
        DurableFile.CreateFolder(folder.Reports);
        DurableFile.WriteAtomically(
            PathOf(folder, Study), JsonSerializer.SerializeToUtf8Bytes(this, SiteReportJson.Default.SiteReport));
    }

    /// <summary>The report of a study, or null when this node has written none.</summary>
    public static SiteReport? Read(MemberFolder folder, string study) => File.Exists(PathOf(folder, study))
        ? JsonSerializer.Deserialize(File.ReadAllText(PathOf(folder, study)), SiteReportJson.Default.SiteReport)
        : null;

    private static string PathOf(MemberFolder folder, string study) => Path.Combine(folder.Reports, study + ".json");

    // What this hospital could have done without the others: its own scaling, its own ridge logistic regression. Of a
    // series it reads the last step, where every signal stands with its last value.
    private static SiteEvaluation LocalOnly(SiteData data)
    {
        if (data.Train.Rows < 2)
        {
            return new SiteEvaluation(null, null, null, null, ["too-few-rows"]);
        }

        Table train = data.Train.LastColumns(data.Features.Count);
        double[] zero = new double[data.Features.Count];
        double[] one = [.. data.Features.Select(_ => 1.0)];
        (double[] mean, double[] deviation) = Moments.FromSum(Moments.LocalStatistic(train, zero, one), zero, one);
        LogisticFitResult fit = LogisticFit.Run(train.Standardise(mean, deviation), LocalRidge);
        LogisticModel model = new(data.Features.Count);
        double[] predictions = model.Probabilities(
            fit.Parameters, data.Test.LastColumns(data.Features.Count).Standardise(mean, deviation));
        ReadOnlySpan<double> labels = data.Test.Labels;
        bool oneClass = data.Train.Labels.IndexOfAnyExcept(data.Train.Labels[0]) < 0;
        return new SiteEvaluation(
            BinaryMetrics.Accuracy(labels, predictions),
            oneClass ? null : BinaryMetrics.Auroc(labels, predictions),
            BinaryMetrics.Brier(labels, predictions),
            null,
            oneClass ? ["one-class-training"] : []);
    }

    private static string FlagText(DataFlag flag) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{flag.Kind}:{flag.Subject}:{flag.Count}");

    private static string ProblemText(RowProblem problem) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"row {problem.Row}, {problem.Column}: {problem.Reason}{(problem.Excluded ? " (excluded)" : "")}");
}

[JsonSerializable(typeof(SiteReport))]
internal sealed partial class SiteReportJson : JsonSerializerContext;
