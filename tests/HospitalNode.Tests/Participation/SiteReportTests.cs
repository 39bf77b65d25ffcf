using System.Text.Json.Nodes;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.HospitalNode.Participation;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;
using DigitalTwin.TestKit;

namespace DigitalTwin.HospitalNode.Tests.Participation;

// Goal: a hospital whose rows can't answer a question is told so, and gets no number instead. Method: rows of both
// classes, of one class, and almost none, each without a model of the study.
public sealed class SiteReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Rows_of_both_classes_get_a_local_comparison()
    {
        SiteReport report = Report(Data());

        Assert.InRange(report.Local.Accuracy!.Value, 0.6, 1);
        Assert.InRange(report.Local.Auroc!.Value, 0.6, 1);
        Assert.Empty(report.Local.Flags);
        Assert.Equal(303, report.RowsRead);
        Assert.Equal(report.Rows, report.TrainRows + report.TestRows);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_site_with_one_class_has_no_auroc_and_a_flag(double label)
    {
        SiteReport report = Report(Data(rows => OnlyLabel(rows, label)));

        Assert.Null(report.Local.Auroc);
        Assert.Equal(["one-class-training"], report.Local.Flags);
        Assert.NotNull(report.Local.Accuracy);
    }

    [Fact]
    public void A_site_with_a_single_row_has_no_local_model_and_a_flag()
    {
        SiteReport report = Report(Data(rows => rows.Select([0])));

        Assert.Equal(new SiteEvaluation(null, null, null, null, []), report.Local with { Flags = [] });
        Assert.Equal(["too-few-rows"], report.Local.Flags);
    }

    [Fact]
    public void Without_a_model_there_are_no_metrics_and_no_plots()
    {
        SiteReport report = Report(Data());

        Assert.Null(report.Metrics);
        Assert.Empty(report.Roc);
        Assert.Empty(report.Calibration);
        Assert.Null(report.Epsilon);
        Assert.Equal("open", report.Verdict);
    }

    [Fact]
    public void A_report_is_read_back_as_it_was_written()
    {
        MemberFolder folder = new(_folder["node"]);
        SiteReport report = Report(Data());
        Assert.Null(SiteReport.Read(folder, "study"));

        report.Write(folder);

        SiteReport read = SiteReport.Read(folder, "study")!;
        Assert.Equal(report.Local.Auroc, read.Local.Auroc);
        Assert.Equal(report.Problems, read.Problems);
        Assert.Equal((report.Site, report.TrainRows), (read.Site, read.TrainRows));
    }

    public void Dispose() => _folder.Dispose();

    private static SiteReport Report(LoadedData data)
    {
        StudyBook book = new();
        JsonObject fields = new()
        {
            ["document"] = new string('0', 64),
            ["study"] = "study",
            ["title"] = "A study",
        };
        book.Apply(0, RecordBuilder.Build(
            "study-proposed",
            fields,
            new Actor("researcher", new string('0', 64), Role.Researcher),
            AuthHead.None,
            1,
            DateTimeOffset.UnixEpoch));
        return SiteReport.Of(book.Find("study")!, "north", null, null, data, SpendingJournal.InMemory());
    }

    private LoadedData Data(Func<Table, Table>? train = null)
    {
        PhiloxStream stream = new(seed: 1, stream: 0);
        File.WriteAllText(_folder["north.csv"], SyntheticHospitals.HeartDisease(stream.NextUInt64)[0].ToCsv());
        LoadedData data = SiteDataLoader.Load(new DataSource(_folder["north.csv"], "heart-disease/v1", null, "north"));
        return train is null ? data : data with { Site = data.Site with { Train = train(data.Site.Train) } };
    }

    private static Table OnlyLabel(Table rows, double label) =>
        rows.Select([.. Enumerable.Range(0, rows.Rows).Where(row => rows.Label(row) == label)]);
}
