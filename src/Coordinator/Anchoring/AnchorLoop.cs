using System.Security.Cryptography;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Anchoring;

/// <summary>Anchors the final checkpoints of both logs, and writes down where they were found.</summary>
/// <remarks>
/// A chain that is away, lies or refuses is an alarm and never a reason to stop: the ledger goes on, the queue waits.
/// </remarks>
internal sealed partial class AnchorLoop(
    ConsortiumLedger ledger, CoordinatorFolder folder, AnchorSettings settings, TimeProvider time,
    ILogger<AnchorLoop> logger) : BackgroundService
{
    private string _told = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Where the ledger replays slowly, the start of the host must not wait for it here.
        await Task.Yield();
        AnchorFolder anchors = new(folder.Anchoring);
        AnchorPlan plan = new(anchors, TimeSpan.FromSeconds(settings.EverySeconds), time);
        using HttpClient http = JsonRpcClient.CreateHttp();
        try
        {
            // What is anchored and recorded already is known only when the ledger is whole.
            while (ledger.Closed is not null)
            {
                await Task.Delay(settings.BlockPeriod, time, stoppingToken);
            }

            AnchorBook book = new(ledger, settings);
            while (true)
            {
                await TryAsync(plan, book, anchors, http, stoppingToken);
                await Task.Delay(settings.BlockPeriod, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (Exception defect)
        {
            LogDefect(defect);
        }
    }

    private async Task TryAsync(
        AnchorPlan plan, AnchorBook book, AnchorFolder anchors, HttpClient http, CancellationToken stoppingToken)
    {
        try
        {
            Consider(plan);
            using AnchorClient client = await AnchorClient.OpenAsync(settings, anchors, http, time, stoppingToken);
            LogConnected(client.Account.ToString(), settings.ChainId, client.NetworkVersion);
            while (true)
            {
                AnchorStep step = await client.AdvanceAsync(stoppingToken);
                Tell(step);

                // The conductor appends under the same gate, so a record never falls between two of its own.
                lock (ledger.Gate)
                {
                    book.Record(anchors.Anchored());
                }

                Consider(plan);
                if (!step.MayGoOn)
                {
                    await Task.Delay(settings.BlockPeriod, time, stoppingToken);
                }
            }
        }
        catch (Exception trouble) when (trouble is ChainDistrustException or RpcErrorException or IOException
            or CryptographicException or UnauthorizedAccessException)
        {
            LogTrouble(trouble.Message);
        }
    }

    private void Consider(AnchorPlan plan)
    {
        foreach (LogKind log in Enum.GetValues<LogKind>())
        {
            plan.Consider(ledger.KeeperOf(log));
        }
    }

    // What waits for hours is told once.
    private void Tell(AnchorStep step)
    {
        if (step.Sentence == _told)
        {
            return;
        }

        _told = step.Sentence;
        if (step.IsAlarm)
        {
            LogAlarm(step.Outcome, step.Sentence);
        }
        else if (step.Outcome != AnchorOutcome.Idle)
        {
            LogStep(step.Outcome, step.Sentence);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Anchors as {Account} on chain {ChainId}, network {Network}")]
    private partial void LogConnected(string account, long chainId, string network);

    [LoggerMessage(2, LogLevel.Information, "{Outcome}: {Sentence}")]
    private partial void LogStep(AnchorOutcome outcome, string sentence);

    [LoggerMessage(3, LogLevel.Error, "{Outcome}: {Sentence}")]
    private partial void LogAlarm(AnchorOutcome outcome, string sentence);

    [LoggerMessage(4, LogLevel.Error, "Nothing is anchored for now: {Reason}")]
    private partial void LogTrouble(string reason);

    [LoggerMessage(5, LogLevel.Critical, "The anchor failed; the ledger goes on without it until the next start")]
    private partial void LogDefect(Exception defect);
}
