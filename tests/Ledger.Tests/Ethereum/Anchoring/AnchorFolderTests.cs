using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Tests.Ethereum.Anchoring;

// Goal: what waits is on the disk, in its order, once. The client's own work with it is tested on real chains in
// tests/Interop.Tests.
public sealed class AnchorFolderTests
{
    private const string Origin = "digitaltwin.dev/demo/data";
    private static readonly string Root = Rfc6962.Leaf("root"u8).ToString();

    [Fact]
    public void A_queue_is_read_back_by_log_and_size()
    {
        using TemporaryFolder folder = new();
        AnchorFolder anchors = new(folder["anchoring"]);
        foreach (long size in new long[] { 100, 9, 20 })
        {
            anchors.Enqueue(new AnchorPurpose(Origin, size, Root));
            anchors.Enqueue(new AnchorPurpose(Origin, size, Root));
        }

        Assert.Equal([9L, 20, 100], new AnchorFolder(folder["anchoring"]).Queue().Select(one => one.Size));
    }

    [Fact]
    public void What_is_anchored_does_not_wait_again()
    {
        using TemporaryFolder folder = new();
        AnchorFolder anchors = new(folder["anchoring"]);
        AnchorPurpose purpose = new(Origin, 9, Root);
        anchors.Write(new AnchoredCheckpoint(purpose, "0x01", 3, "0x02"));

        anchors.Enqueue(purpose);

        Assert.Empty(anchors.Queue());
        Assert.Equal(purpose, anchors.Anchored()[0].Purpose);
    }

    [Fact]
    public void A_file_that_cannot_be_read_stops_the_anchor_and_is_named()
    {
        using TemporaryFolder folder = new();
        AnchorFolder anchors = new(folder["anchoring"]);
        anchors.Enqueue(new AnchorPurpose(Origin, 9, Root));
        string file = Directory.EnumerateFiles(Path.Combine(folder["anchoring"], "queue")).Single();
        File.WriteAllText(file, File.ReadAllText(file)[..20]);

        Assert.Contains(file, Assert.Throws<LedgerDamagedException>(anchors.Queue).Message);
    }

    [Fact]
    public void Old_settled_transactions_go_and_open_ones_stay()
    {
        using TemporaryFolder folder = new();
        AnchorFolder anchors = new(folder["anchoring"]);
        for (ulong nonce = 0; nonce < AnchorFolder.Kept + 3; nonce++)
        {
            TransactionState state = nonce == 1 ? TransactionState.Open : TransactionState.Anchored;
            anchors.Write(new TransactionRecord(
                nonce, "0x", "0x", new AnchorPurpose(Origin, 9, Root), DateTimeOffset.UnixEpoch, state));
        }

        anchors.Prune();

        Assert.Equal(AnchorFolder.Kept + 1, anchors.Transactions().Count);
        Assert.Equal([1ul, 3], anchors.Transactions().Take(2).Select(one => one.Nonce));
    }

    [Fact]
    public void An_anchored_record_alone_is_no_news()
    {
        using SmallConsortium consortium = new SmallConsortium().Found().RunStudy();
        long before = consortium.Data.Entries.Size;
        consortium.Write("centre", AnchorNews.Record, Fields.Of(
            ("log", "data"), ("size", before), ("root", Root), ("chainId", 1337), ("contract", "0x01"),
            ("transaction", Fields.Digest("transaction")), ("block", 7), ("blockHash", Fields.Digest("block"))));
        long after = consortium.Data.Entries.Size;

        Assert.Equal(LogKind.Data, RecordCatalogue.Find(AnchorNews.Record)!.Log);
        Assert.False(AnchorNews.IsBetween(consortium.Data.Entries, before, after));
        Assert.True(AnchorNews.IsBetween(consortium.Data.Entries, before - 1, after));
    }
}
