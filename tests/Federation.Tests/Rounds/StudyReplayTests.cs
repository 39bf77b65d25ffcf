using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Federation.Tests.Rounds;

// Goal: two logs on disk replay in an order that each author could have seen, so that no book refuses its own history.
public sealed class StudyReplayTests
{
    [Fact]
    public async Task Two_studies_replayed_from_disk_are_refused_nowhere_and_end_as_they_ended()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        foreach (string name in new[] { "first", "second" })
        {
            await consortium.RunAsync(
                StudyText.Study("{ kind: newton, rounds: 2 }", name: name), TestContext.Current.CancellationToken);
        }

        using LedgerFolder folder = new(consortium.Ledger.Records, []);
        StudyBook book = new();
        List<(LogKind, long)> order = [];
        using (Ledger.Storage.EntryLog authorization = Ledger.Storage.EntryLog.OpenRead(folder.Authorization))
        using (Ledger.Storage.EntryLog data = Ledger.Storage.EntryLog.OpenRead(folder.Data))
        {
            StudyReplay.Run(authorization, data, (log, index, record) =>
            {
                Assert.Null(book.Refuses(record));
                book.Apply(index, record);
                order.Add((log, index));
            });
        }

        Assert.Equal(consortium.Ledger.Records.Count, order.Count);
        Assert.Equal(2, book.Studies.Count);
        Assert.All(book.Studies, study => Assert.Equal(consortium.Find(study.Name).Closing, study.Closing));
        Assert.All(book.Studies, study => Assert.Equal(consortium.Find(study.Name).LatestModel, study.LatestModel));
    }

    [Fact]
    public void An_authorization_record_comes_before_the_first_data_record_that_has_seen_it_and_unseen_ones_last()
    {
        BookScript script = BookScript.Approved().Open().Propose("late");
        using LedgerFolder folder = new(script.Ledger.Records, []);
        List<string> order = [];
        using (Ledger.Storage.EntryLog authorization = Ledger.Storage.EntryLog.OpenRead(folder.Authorization))
        using (Ledger.Storage.EntryLog data = Ledger.Storage.EntryLog.OpenRead(folder.Data))
        {
            StudyReplay.Run(authorization, data, (log, index, record) => order.Add(record.Name));
        }

        Assert.Equal(
            [
                "study-proposed", "study-accepted", "study-accepted", "study-accepted", "study-accepted",
                "study-approved", "round-opened", "study-proposed",
            ],
            order);
    }

    [Theory]
    [InlineData("0-19", 4.358898943540674)]
    [InlineData("100-199", 141.06735979665884)]
    [InlineData("100000+", 141421.35623730952)]
    public void A_bucket_stands_for_its_geometric_middle(string bucket, double rows) =>
        Assert.Equal(rows, RowsBucket.Middle(bucket), 1e-9); // Python: math.sqrt(max(1, low) * high).
}
