using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Membership;

namespace DigitalTwin.Scenarios.Tests.Hosting;

/// <summary>A member driven by hand: its own copy of the ledger and its calls, and nothing that happens by
/// itself.</summary>
internal sealed class MemberSession : IDisposable
{
    private readonly CoordinatorChannel _channel;

    public MemberSession(MemberFolder folder)
    {
        MemberIdentity identity = folder.Load();
        Replica = LedgerReplica.Open(folder, identity, witnessKey: null, TimeProvider.System);
        _channel = new CoordinatorChannel(
            identity.Coordinator, identity.CoordinatorPin, folder.LoadCertificate(TimeProvider.System));
        Network = new CoordinatorClient(folder, identity, _channel, Replica, TimeProvider.System);
    }

    public LedgerReplica Replica { get; }

    public CoordinatorClient Network { get; }

    /// <summary>Takes in news until <paramref name="done"/>.</summary>
    public async Task FollowUntilAsync(Func<LedgerReplica, bool> done)
    {
        using CancellationTokenSource stop = new(RunningConsortium.Patience);
        LedgerFeedClient feed = new(_channel, Replica, TimeProvider.System);
        Task following = feed.RunAsync(stop.Token);
        while (!done(Replica))
        {
            LedgerNews news = await feed.News.ReadAsync(stop.Token);
            Replica.Take(news.Log, news.Entries, news.Checkpoint, news.FinalCheckpoint);
        }

        await stop.CancelAsync();
        await Task.WhenAny(following);
    }

    public void Dispose()
    {
        Network.Dispose();
        _channel.Dispose();
        Replica.Dispose();
    }
}
