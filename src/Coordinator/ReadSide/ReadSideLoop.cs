using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;
using DigitalTwin.Ledger.Witnessing;

namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>Keeps the published form of both logs up to date while the coordinator runs.</summary>
/// <remarks>
/// Reading is a service to others: whatever goes wrong here is logged, and rounds go on.
/// </remarks>
internal sealed partial class ReadSideLoop(
    ConsortiumLedger ledger, CoordinatorFolder folder, TimeProvider time, ILogger<ReadSideLoop> logger)
    : BackgroundService
{
    /// <summary>Heads that become final within it are published as one, so that few partial tiles are made.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How often a witness that did not cosign is asked again.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan WitnessTimeout = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // A redirect would let one party answer for another.
            using HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
            http.Timeout = WitnessTimeout;
            ReadSideLog[] logs = Open(http);
            long? asked = null;
            while (!stoppingToken.IsCancellationRequested)
            {
                long version = ledger.Changes.Version;
                bool news = Publish(logs);
                if (news || asked is not long last || time.GetElapsedTime(last) > Retry)
                {
                    await CosignAsync(logs, stoppingToken);
                    asked = time.GetTimestamp();
                }

                await Task.Delay(Pause, time, stoppingToken);
                await Task.WhenAny(
                    ledger.Changes.AfterAsync(version, stoppingToken), Task.Delay(Retry, time, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The coordinator stops.
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or NoteFormatException)
        {
            LogStopped(trouble.Message);
        }
    }

    private bool Publish(ReadSideLog[] logs)
    {
        bool news = false;
        foreach (ReadSideLog log in logs)
        {
            try
            {
                news |= log.Publish();
            }
            catch (IOException full) when (full is not LedgerDamagedException)
            {
                // The published checkpoint still holds; what is missing behind it is written when there is space.
                LogTrouble(full.Message);
            }
        }

        return news;
    }

    private ReadSideLog[] Open(HttpClient http)
    {
        IReadOnlyList<(Uri Url, NoteVerifierKey Key)> witnesses = WitnessFile.Load(folder.Witnesses);
        return
        [
            .. Enum.GetValues<LogKind>().Select(log => new ReadSideLog(
                ledger.KeeperOf(log),
                Path.Combine(folder.Public, LedgerVerifier.FolderNameOf(log)),
                [.. witnesses.Select(witness => new WitnessClient(http, witness.Url, witness.Key))])),
        ];
    }

    private async Task CosignAsync(ReadSideLog[] logs, CancellationToken stoppingToken)
    {
        foreach (ReadSideLog log in logs)
        {
            foreach (WitnessClient witness in log.Missing)
            {
                try
                {
                    await log.CosignAsync(witness, stoppingToken);
                }
                catch (Exception trouble) when (trouble is WitnessRefusedException or HttpRequestException
                    || (trouble is OperationCanceledException && !stoppingToken.IsCancellationRequested))
                {
                    LogWitness(witness.Witness.Name, trouble.Message);
                }
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Witness {Witness} did not cosign: {Trouble}")]
    private partial void LogWitness(string witness, string trouble);

    [LoggerMessage(3, LogLevel.Warning, "A log can't be published, trying again: {Trouble}")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(2, LogLevel.Error, "The read side stopped publishing, rounds go on: {Trouble}")]
    private partial void LogStopped(string trouble);
}
