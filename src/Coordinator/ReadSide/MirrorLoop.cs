using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tiles;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>Publishes the final heads of a ledger folder that another process writes.</summary>
internal sealed partial class MirrorLoop(MirrorOptions options, TimeProvider time, ILogger<MirrorLoop> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<LogKind, (TileFolder Tiles, string Checkpoint)> _published = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                foreach (LogKind log in Enum.GetValues<LogKind>())
                {
                    TryPublish(log);
                }

                await Task.Delay(Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private void TryPublish(LogKind log)
    {
        try
        {
            Publish(log);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or NoteFormatException)
        {
            LogTrouble(LedgerVerifier.FolderNameOf(log), trouble.Message);
        }
    }

    private void Publish(LogKind log)
    {
        string name = LedgerVerifier.FolderNameOf(log);
        string checkpoint = Path.Combine(options.Ledger, name, LogKeeper.CheckpointName);
        if (!File.Exists(checkpoint))
        {
            return;
        }

        if (!_published.TryGetValue(log, out (TileFolder Tiles, string Checkpoint) last))
        {
            last = (new TileFolder(Path.Combine(options.Public, name)), "");
        }

        SignedNote note = SignedNote.Parse(File.ReadAllBytes(checkpoint));
        if (note.Format() != last.Checkpoint)
        {
            // The entries are durable before the checkpoint over them, so they are all there now.
            using EntryLog entries = EntryLog.OpenRead(Path.Combine(options.Ledger, name));
            last.Tiles.Publish(entries, note);
            _published[log] = (last.Tiles, note.Format());
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The {Log} log can't be published, trying again: {Trouble}")]
    private partial void LogTrouble(string log, string trouble);
}
