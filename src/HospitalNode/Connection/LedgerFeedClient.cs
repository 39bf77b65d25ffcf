using System.Threading.Channels;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
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
    IReadOnlyList<string> Wanted,
    string? Trouble);

/// <summary>
/// Follows both logs and keeps following: a broken stream is opened again from where the copy stands.
/// </summary>
public sealed class LedgerFeedClient
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);

    /// <summary>Less than a restarted coordinator waits before it goes on without a hospital.</summary>
    private static readonly TimeSpan LongestRetry = Conductor.AbsenceGrace / 3;

    /// <summary>Bytes of entries in one message that heals; well below gRPC's 4 MiB default limit.</summary>
    private const int HealBytes = 1 << 20;

    private static readonly TimeSpan HealDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Messages held back when the reader is slow; then the stream waits.</summary>
    private const int MostBuffered = 16;

    private readonly LedgerExchange.LedgerExchangeClient _client;
    private readonly LedgerReplica _replica;
    private readonly TimeProvider _time;
    private readonly Channel<LedgerNews> _news = Channel.CreateBounded<LedgerNews>(MostBuffered);
    private readonly Dictionary<LogKind, long> _next;

    /// <summary>A feed that goes on where the member's copy ends.</summary>
    public LedgerFeedClient(CoordinatorChannel channel, LedgerReplica replica, TimeProvider time)
    {
        _client = new LedgerExchange.LedgerExchangeClient(channel.Grpc);
        _replica = replica;
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

    // The coordinator was restored from an old backup. What this copy has and a head covers goes back to it.
    private async Task<string> HealAsync(LogKind kind, Log log, CancellationToken cancellationToken)
    {
        LogMirror mirror = _replica.MirrorOf(kind);
        if (mirror.Cosigned is not { } head)
        {
            return "The coordinator was restored from a backup; hospitals send it what it lacks.";
        }

        try
        {
            long end = Checkpoint.Parse(head.Text).Size;
            long next = 0;
            HealRequest piece = new() { Log = log, First = -1, Head = head.Format() };
            for (long last = -1; next < end && next > last; piece = Piece(mirror, log, next, end, head))
            {
                last = piece.First;
                HealReply reply = await _client.HealAsync(
                    piece,
                    deadline: _time.GetUtcNow().UtcDateTime + HealDeadline,
                    cancellationToken: cancellationToken);
                next = reply.Size;
            }

            return $"The coordinator was restored from a backup; this node gave it the {log} log back up to {next}.";
        }
        catch (RpcException broken) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The coordinator was restored from a backup and does not take this copy: {broken.Status.Detail}";
        }
    }

    private static HealRequest Piece(LogMirror mirror, Log log, long first, long end, SignedNote head)
    {
        HealRequest piece = new() { Log = log, First = first, Head = head.Format() };
        for (long bytes = 0; first < end && bytes < HealBytes; first++)
        {
            ReadOnlyMemory<byte> entry = mirror.Entries.Read(first);
            piece.Entries.Add(ByteString.CopyFrom(entry.Span));
            bytes += entry.Length;
        }

        return piece;
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
                    new FollowRequest
                    {
                        Log = log,
                        From = _next[kind],
                        Cosigned = _replica.MirrorOf(kind).Cosigned?.Format() ?? "",
                    },
                    cancellationToken: cancellationToken);
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
                            update.Wanted,
                            null),
                        cancellationToken);
                }

                trouble = "The coordinator ended the stream.";
            }
            catch (RpcException broken) when (!cancellationToken.IsCancellationRequested)
            {
                trouble = broken.StatusCode == StatusCode.FailedPrecondition
                    ? await HealAsync(kind, log, cancellationToken)
                    : $"{broken.StatusCode}: {broken.Status.Detail}";
            }
            catch (Exception stopped) when (cancellationToken.IsCancellationRequested
                && stopped is OperationCanceledException or RpcException)
            {
                return;
            }

            await _news.Writer.WriteAsync(new LedgerNews(kind, [], "", "", [], trouble), cancellationToken);
            await Task.Delay(retry, _time, cancellationToken);
            retry = TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, LongestRetry.Ticks));
        }
    }
}
