using System.Threading.Channels;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Protos.V1;
using Grpc.Core;

namespace DigitalTwin.HospitalNode.Connection;

/// <summary>
/// News from the coordinator about one log; or, with <see cref="Trouble"/>, that there will be none for a while.
/// </summary>
public sealed record LedgerNews(
    LogKind Log,
    IReadOnlyList<ReadOnlyMemory<byte>> Entries,
    string Checkpoint,
    string FinalCheckpoint,
    string? Trouble);

/// <summary>
/// Follows both logs and keeps following: a broken stream is opened again from where the copy stands.
/// </summary>
public sealed class LedgerFeedClient
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);

    /// <summary>Less than a restarted coordinator waits before it goes on without a hospital.</summary>
    private static readonly TimeSpan LongestRetry = Conductor.AbsenceGrace / 3;


    /// <summary>Messages held back when the reader is slow; then the stream waits.</summary>
    private const int MostBuffered = 16;

    private readonly LedgerExchange.LedgerExchangeClient _client;
    private readonly TimeProvider _time;
    private readonly Channel<LedgerNews> _news = Channel.CreateBounded<LedgerNews>(MostBuffered);
    private readonly Dictionary<LogKind, long> _next;

    /// <summary>A feed that goes on where the member's copy ends.</summary>
    public LedgerFeedClient(CoordinatorChannel channel, LedgerReplica replica, TimeProvider time)
    {
        _client = new LedgerExchange.LedgerExchangeClient(channel.Grpc);
        _time = time;
        _next = Enum.GetValues<LogKind>().ToDictionary(log => log, replica.ReceivedOf);
    }

    public ChannelReader<LedgerNews> News => _news.Reader;

    /// <summary>Follows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(
                FollowAsync(LogKind.Authorization, Log.Authorization, cancellationToken),
                FollowAsync(LogKind.Data, Log.Data, cancellationToken));
        }
        finally
        {
            _news.Writer.TryComplete();
        }
    }

    private async Task FollowAsync(LogKind kind, Log log, CancellationToken cancellationToken)
    {
        TimeSpan retry = FirstRetry;
        while (!cancellationToken.IsCancellationRequested)
        {
            string trouble;
            try
            {
                using AsyncServerStreamingCall<LogUpdate> call = _client.Follow(
                    new FollowRequest { Log = log, From = _next[kind] }, cancellationToken: cancellationToken);
                await foreach (LogUpdate update in call.ResponseStream.ReadAllAsync(cancellationToken))
                {
                    _next[kind] += update.Entries.Count;
                    retry = FirstRetry;
                    await _news.Writer.WriteAsync(
                        new LedgerNews(
                            kind,
                            [.. update.Entries.Select(entry => entry.Memory)],
                            update.Checkpoint,
                            update.FinalCheckpoint,
                            null),
                        cancellationToken);
                }

                trouble = "The coordinator ended the stream.";
            }
            catch (RpcException broken) when (!cancellationToken.IsCancellationRequested)
            {
                trouble = $"{broken.StatusCode}: {broken.Status.Detail}";
            }
            catch (Exception stopped) when (cancellationToken.IsCancellationRequested
                && stopped is OperationCanceledException or RpcException)
            {
                return;
            }

            await _news.Writer.WriteAsync(new LedgerNews(kind, [], "", "", trouble), cancellationToken);
            await Task.Delay(retry, _time, cancellationToken);
            retry = TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, LongestRetry.Ticks));
        }
    }
}
