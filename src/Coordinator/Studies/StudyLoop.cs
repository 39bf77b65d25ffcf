using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Coordinator.Members;
using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Coordinator.Studies;

/// <summary>Asks the conductor for the next record whenever something changed, or a deadline may have passed.</summary>
internal sealed partial class StudyLoop(
    ConsortiumLedger ledger,
    CoordinatorOutbox outbox,
    Presence presence,
    TimeProvider time,
    ILogger<StudyLoop> logger) : BackgroundService
{
    /// <summary>How often deadlines and absences are looked at when nothing else happens.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Conductor conductor = new(ledger.Artefacts, time);
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                long version = ledger.Changes.Version;
                if (!Advance(conductor))
                {
                    await Task.WhenAny(
                        ledger.Changes.AfterAsync(version, stoppingToken), Task.Delay(Heartbeat, time, stoppingToken));
                }
            }
        }
        catch (Exception defect) when (!stoppingToken.IsCancellationRequested)
        {
            // The host stops with it: a coordinator that no longer moves its studies must not look alive.
            LogDefect(defect);
            throw;
        }
    }

    private bool Advance(Conductor conductor)
    {
        bool advanced = false;
        lock (ledger.Gate)
        {
            if (ledger.Closed is not null)
            {
                return false;
            }

            advanced = outbox.Drain();

            // Who was suspended or removed can't come back within the round, however well its line is.
            TimeSpan Absence(string site) => ledger.Members.Find(site) is { IsActive: true }
                ? presence.Absence(site)
                : TimeSpan.MaxValue;
            string[] hospitals = [.. ledger.Members.Hospitals().Select(hospital => hospital.Id)];
            foreach (StudyState study in ledger.Studies.Studies.ToArray())
            {
                if (conductor.Next(study, hospitals, Absence) is { } draft)
                {
                    ledger.AppendOwn(draft);
                    LogRecord(study.Name, draft.Name);
                    advanced = true;
                }
            }
        }

        return advanced;
    }

    [LoggerMessage(2, LogLevel.Critical, "The study loop failed; the coordinator stops")]
    private partial void LogDefect(Exception defect);

    [LoggerMessage(1, LogLevel.Information, "Study {Study}: {Record}")]
    private partial void LogRecord(string study, string record);
}
