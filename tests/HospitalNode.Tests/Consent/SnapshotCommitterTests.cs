using System.Text.Json.Nodes;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Consent;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Models;

namespace DigitalTwin.HospitalNode.Tests.Consent;

// Goal: the node offers exactly the rows whose consent holds, commits to them, and shows who is not among them. Method:
// a node with 303 patients whose drafts go onto a log by hand, so that a test decides what the ledger knows when.
public sealed class SnapshotCommitterTests : IDisposable
{
    private readonly ConsentFolder _node = new();
    private readonly RecordKey _key = RecordKey.Generate();
    private readonly EntryLog _log;
    private readonly BlobFolder _blobs;
    private readonly StudyBook _book = new();
    private long _seq;

    public SnapshotCommitterTests()
    {
        _log = EntryLog.Open(_node.PathOf("authorization"));
        _blobs = new BlobFolder(Path.Combine(_node.Folder.Ledger, "blobs"));
        Tell("study-proposed", new() { ["document"] = Digest('d'), ["title"] = "Risk" });
        Tell("study-accepted", new()
        {
            ["document"] = Digest('d'),
            ["rowsBucket"] = "200-499",
            ["prevalenceBucket"] = "25-50%",
            ["contract"] = Digest('c'),
        });
        Tell("study-approved", new()
        {
            ["document"] = Digest('d'),
            ["participants"] = new JsonArray(ConsentFolder.Member),
            ["onMissing"] = "degrade",
        });
    }

    private StudyState Study => _book.Find("risk")!;

    public void Dispose()
    {
        _log.Dispose();
        _key.Dispose();
        _node.Dispose();
    }

    [Fact]
    public void A_hospital_that_asks_for_no_consent_commits_to_all_its_rows()
    {
        Snapshot snapshot = Committer().Of(Study);

        Assert.Same(_node.Data.Site, snapshot.Data);
        Assert.Equal("snapshot-committed", snapshot.Record!.Name);
        Assert.Null(snapshot.Exclusions);
        JsonObject fields = snapshot.Record.Fields;
        Assert.Equal(1, fields["snapshot"]!.GetValue<long>());
        Assert.Equal("heart-disease/v1", fields["contract"]!.GetValue<string>());
        Assert.Equal(_node.Data.Contract.Sha256, fields["schema"]!.GetValue<string>());
        Assert.Equal("200-499", fields["rowsBucket"]!.GetValue<string>());
        Assert.False(fields.ContainsKey("consent"));
    }

    [Fact]
    public void The_same_rows_are_committed_to_once_also_after_a_restart()
    {
        Take(Committer().Of(Study));

        Assert.Null(Committer().Of(Study).Record);
        Assert.Equal(1, Study.Snapshots[ConsentFolder.Member].Number);
    }

    [Fact]
    public void A_policy_is_in_force_only_when_the_ledger_knows_its_batch()
    {
        _node.Declare();
        string root = _node.Batch().Root;
        SnapshotCommitter committer = Committer();
        Take(committer.Of(Study));
        Assert.Null(Study.Snapshots[ConsentFolder.Member].Consent);

        AppendDrafts();
        Take(committer.Of(Study));

        Assert.Equal(2, Study.Snapshots[ConsentFolder.Member].Number);
        Assert.Equal(root, Study.Snapshots[ConsentFolder.Member].Consent);
        Assert.Null(committer.Of(Study).Record);
    }

    [Fact]
    public void Until_a_new_batch_is_on_the_ledger_the_last_one_stays_in_force()
    {
        _node.Declare();
        int late = _node.Data.TrainRows[0];
        string first;
        using (ConsentDesk desk = _node.Open())
        {
            first = desk.Batch("broad", Data.SiteDataLoader.Keep(_node.Data, row => row != late)!).Root;
        }

        AppendDrafts();
        SnapshotCommitter committer = Committer();
        _node.Batch();

        Snapshot snapshot = committer.Of(Study);

        Assert.Equal(first, snapshot.Record!.Fields["consent"]!.GetValue<string>());
        AssertWithout(_node.Data.Site.Train, 0, snapshot.Data.Train);
        AppendDrafts();
        Assert.Equal(_node.Data.Site.Train.Rows, committer.Of(Study).Data.Train.Rows);
    }

    [Fact]
    public void A_withdrawn_row_is_neither_trained_on_nor_tested_on_and_its_absence_is_shown()
    {
        string trained = _node.Data.All.RowIds[_node.Data.TrainRows[5]];
        string heldOut = _node.Data.All.RowIds[_node.Data.TestRows[3]];
        _node.Declare();
        _node.Batch();
        AppendDrafts();
        SnapshotCommitter committer = Committer();
        Take(committer.Of(Study));
        _node.Withdraw(trained);
        _node.Withdraw(heldOut);

        Snapshot snapshot = committer.Of(Study);
        Take(snapshot);

        AssertWithout(_node.Data.Site.Train, 5, snapshot.Data.Train);
        AssertWithout(_node.Data.Site.Test, 3, snapshot.Data.Test);
        Assert.DoesNotContain(trained, committer.Data!.All.RowIds);
        CommittedSnapshot committed = Study.Snapshots[ConsentFolder.Member];
        Assert.Equal((2, snapshot.Exclusions), (committed.Number, committed.Exclusions));
        ExclusionProofs proofs = ExclusionProofs.Parse(_blobs.Get(snapshot.Exclusions!)!);
        using RowSalt salt = RowSalt.Load(ConsentBook.SaltOf(_node.Folder, "broad"));
        Assert.Equal(("broad", MerkleHash.Parse(committed.Rows)), (proofs.Policy, proofs.Rows));
        Assert.Equal(new[] { salt.Token(trained), salt.Token(heldOut) }.Order(), proofs.Excluded().Order());
    }

    [Fact]
    public void The_proofs_do_not_say_how_many_rows_there_are()
    {
        // 200 of 303 patients are trained on, bucket 200-499; one fewer is bucket 100-199.
        _node.Declare();
        _node.Batch();
        AppendDrafts();
        SnapshotCommitter committer = Committer();

        Assert.Equal([1000, 1000, 400, 400], new[]
        {
            _node.Data.TestRows[0], _node.Data.TestRows[1], _node.Data.TrainRows[0], _node.Data.TrainRows[1],
        }.Select(row =>
        {
            _node.Withdraw(_node.Data.All.RowIds[row]);
            return ExclusionProofs.Parse(_blobs.Get(committer.Of(Study).Exclusions!)!).Size;
        }));
    }

    [Fact]
    public void A_row_that_came_after_the_batch_is_not_offered()
    {
        _node.Declare();
        using (ConsentDesk desk = _node.Open())
        {
            int late = _node.Data.TrainRows[0];
            desk.Batch("broad", Data.SiteDataLoader.Keep(_node.Data, row => row != late)!);
        }

        AppendDrafts();

        Snapshot snapshot = Committer().Of(Study);

        AssertWithout(_node.Data.Site.Train, 0, snapshot.Data.Train);
        Assert.Null(snapshot.Exclusions);
    }

    [Fact]
    public void Under_an_erased_policy_nothing_is_offered_until_another_is_in_force()
    {
        _node.Declare();
        _node.Batch();
        AppendDrafts();
        SnapshotCommitter committer = Committer();
        Take(committer.Of(Study));
        using (ConsentDesk desk = _node.Open())
        {
            desk.Erase("broad");
        }

        Snapshot snapshot = committer.Of(Study);

        Assert.Equal("consent", snapshot.Refusal!.Rule);
        Assert.Null(snapshot.Record);
        Assert.Equal(0, snapshot.Data.Train.Rows + snapshot.Data.Test.Rows);
        Assert.Null(committer.Data);

        using (ConsentDesk desk = _node.Open())
        {
            desk.Declare("second", ConsentFolder.Text, "gdpr-9-2-a");
            desk.Batch("second", _node.Data);
        }

        AppendDrafts();
        Take(committer.Of(Study));
        Assert.Equal(2, Study.Snapshots[ConsentFolder.Member].Number);
    }

    [Fact]
    public void When_everybody_has_withdrawn_the_hospital_takes_no_part()
    {
        _node.Declare();
        _node.Batch();
        AppendDrafts();
        WithdrawnConsent[] everybody =
            [.. _node.Data.All.RowIds.Select(row => new WithdrawnConsent("broad", row, _node.Time.GetUtcNow()))];
        (ConsentBook.Load(_node.Folder) with { Withdrawals = everybody }).Save(_node.Folder);

        Assert.Equal(
            "No row to train on has a consent that holds.", Committer().Of(Study).Refusal!.Reason);
    }

    private static string Digest(char letter) => new(letter, 64);

    private static void AssertWithout(Table all, int row, Table part) => Assert.Equal(
        [.. Enumerable.Range(0, all.Rows).Where(i => i != row).Select(i => string.Join(' ', all.Row(i).ToArray()))],
        Enumerable.Range(0, part.Rows).Select(i => string.Join(' ', part.Row(i).ToArray())));

    private SnapshotCommitter Committer() => new(
        _node.Folder,
        _node.Data,
        ConsentFolder.Member,
        _log,
        new ArtefactStore(_blobs.Get, bytes => _blobs.Put(bytes)) { Has = _blobs.Has },
        _node.Time);

    private void Take(Snapshot snapshot) => Tell(snapshot.Record!.Name, snapshot.Record.Fields);

    // The book of studies takes a record as the ledger would hand it over.
    private void Tell(string name, JsonObject fields)
    {
        fields["study"] = "risk";
        Statement record = Build(name, fields);
        Assert.Null(_book.Refuses(record));
        _book.Apply(0, record);
    }

    private void AppendDrafts()
    {
        foreach (JsonObject draft in _node.Drafts())
        {
            Statement record = Build(draft["record"]!.GetValue<string>(), (JsonObject)draft["fields"]!);
            _log.Append([Envelope.Sign(record, _key).Leaf]);
        }
    }

    private Statement Build(string name, JsonObject fields) => RecordBuilder.Build(
        name,
        fields,
        new Actor(ConsentFolder.Member, _key.KeyId, Role.Hospital),
        AuthHead.None,
        ++_seq,
        _node.Time.GetUtcNow());
}
