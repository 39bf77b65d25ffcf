using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Tests.Verification;

namespace DigitalTwin.Ledger.Tests.Exports;

// Goal: a report states nothing that its author is not bound by. Method: the whole trail of an honest ledger, then of
// copies in which one record was replaced by one that nobody signed, or by none.
public sealed class LedgerTrailTests(WrittenStudy study) : IClassFixture<WrittenStudy>
{
    [Fact]
    public void Every_record_of_an_honest_ledger_is_read_in_the_order_of_the_logs()
    {
        TrailRecord[] trail = [.. LedgerTrail.Read(study.Consortium.Folder)];

        Assert.Equal(
            [.. Enumerable.Range(0, 11).Select(i => $"authorization {i}"),
                .. Enumerable.Range(0, 16).Select(i => $"data {i}")],
            trail.Select(record => record.Place));
        Assert.Equal("genesis", trail[0].Name);
        Assert.Equal("incident", trail[^1].Name);
    }

    [Fact]
    public void A_record_that_its_author_did_not_sign_is_left_out()
    {
        using LedgerCopy copy = new(study.Consortium.Folder);
        List<ReadOnlyMemory<byte>> leaves = copy.Leaves(LogKind.Data);
        Envelope honest = Envelope.Parse(leaves[^1]);
        honest.Statement.Predicate["summary"] = "All is well.";
        using RecordKey stranger = RecordKey.Generate();
        leaves[^1] = Envelope.Sign(honest.Statement, stranger).Leaf;
        copy.Replace(LogKind.Data, leaves);

        Assert.Equal(26, LedgerTrail.Read(copy.Folder).Count());
        Assert.DoesNotContain(LedgerTrail.Read(copy.Folder), record => record.Name == "incident");
    }

    [Fact]
    public void Bytes_that_are_no_record_are_left_out_and_what_follows_is_read()
    {
        using LedgerCopy copy = new(study.Consortium.Folder);
        List<ReadOnlyMemory<byte>> leaves = copy.Leaves(LogKind.Data);
        leaves.Insert(0, "no record"u8.ToArray());
        copy.Replace(LogKind.Data, leaves);

        Assert.Equal(27, LedgerTrail.Read(copy.Folder).Count());
    }

    [Fact]
    public void Fields_are_read_by_name_and_absent_ones_are_null()
    {
        TrailRecord opened = LedgerTrail.Read(study.Consortium.Folder).Single(record => record.Name == "round-opened");

        Assert.Equal("train", opened.Text("purpose"));
        Assert.Equal("4", opened.Text("noise", "sigma"));
        Assert.Equal(64, opened.Number("slotBits"));
        Assert.Equal(SmallConsortium.HospitalNames, opened.Texts("participants"));
        Assert.Null(opened.Text("slotBits"));
        Assert.Null(opened.Text("reason"));
        Assert.Null(opened.Text("reason", "inner"));
        Assert.Null(opened.Number("reason"));
        Assert.Empty(opened.Texts("reason"));
        Assert.Empty(opened.Objects("reason"));
        Assert.False(opened.Has("reason"));
    }

    [Fact]
    public void A_study_that_no_record_names_has_no_trail() =>
        Assert.Null(StudyTrail.Read(study.Consortium.Folder, "another"));
}
