using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Scenarios.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a coordinator that comes back from an old backup forks nothing and loses nothing, without an operator. Method:
// the folder is copied after one study and put back after the next; the nodes have kept running all the time.
public sealed class RestoredBackupTests
{
    [Fact]
    public async Task A_restored_coordinator_heals_from_the_hospitals_and_goes_on()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        StudyAssert.Complete(await consortium.RunStudyAsync(StudyText.Newton("first", deadlineSeconds: 20)));
        await BackUpAsync(consortium);
        StudyState second = await consortium.RunStudyAsync(StudyText.Newton("second", deadlineSeconds: 20));
        StudyAssert.Complete(second);
        (long size, MerkleHash root) = DataOf(consortium);

        await RestoreAsync(consortium);
        await UntilOpenAsync(consortium);

        Assert.Equal(root, LedgerOf(consortium).KeeperOf(LogKind.Data).Entries.RootAt(size));
        Assert.Equal(second.Closing, LedgerOf(consortium).Studies.Find("second")!.Closing);
        StudyAssert.Complete(await consortium.RunStudyAsync(StudyText.Newton("third", deadlineSeconds: 20)));
        Assert.Empty(LedgerOf(consortium).Wanted.Intersect([second.Closing!.Model!, second.Document]));
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task A_restored_coordinator_that_hears_no_hospital_writes_nothing()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        StudyAssert.Complete(await consortium.RunStudyAsync(StudyText.Newton("first", deadlineSeconds: 20)));
        await BackUpAsync(consortium);
        await Task.WhenAll(consortium.Nodes.Select(node => node.StopAsync()));
        await RestoreAsync(consortium);
        (long size, _) = DataOf(consortium);

        NodeException refused = await Assert.ThrowsAsync<NodeException>(() => consortium.Coordinator.EnrolAsync(
            new MemberFolder(consortium.PathOf("late")), "late", Role.Auditor));
        Assert.Contains("asks the hospitals how long their copies", refused.Message);
        consortium["north"].Start();
        consortium["east"].Start();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.NotNull(LedgerOf(consortium).Closed);
        consortium["south"].Start();
        await UntilOpenAsync(consortium);

        Assert.Equal(size, LedgerOf(consortium).KeeperOf(LogKind.Data).Entries.Size);
    }

    private static async Task BackUpAsync(RunningConsortium consortium)
    {
        await consortium.Coordinator.StopAbruptlyAsync();
        RunningConsortium.CopyWithoutLocks(consortium.Coordinator.StateFolder, consortium.PathOf("backup"));
        await consortium.Coordinator.StartAsync();
    }

    private static async Task RestoreAsync(RunningConsortium consortium)
    {
        await consortium.Coordinator.StopAbruptlyAsync();
        Directory.Delete(consortium.Coordinator.StateFolder, recursive: true);
        RunningConsortium.CopyWithoutLocks(consortium.PathOf("backup"), consortium.Coordinator.StateFolder);
        await consortium.Coordinator.StartAsync();
    }

    private static async Task UntilOpenAsync(RunningConsortium consortium)
    {
        using CancellationTokenSource limit = new(RunningConsortium.Patience);
        while (LedgerOf(consortium).Closed is not null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }

    private static (long Size, MerkleHash Root) DataOf(RunningConsortium consortium)
    {
        Ledger.Storage.EntryLog data = LedgerOf(consortium).KeeperOf(LogKind.Data).Entries;
        return (data.Size, data.Root);
    }

    private static ConsortiumLedger LedgerOf(RunningConsortium consortium) =>
        consortium.Coordinator.Services.GetRequiredService<ConsortiumLedger>();
}
