using DigitalTwin.Coordinator;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Tests.Processes;

/// <summary>The coordinator's ledger, read by another process while it grows.</summary>
internal sealed class WatchedLedger(CoordinatorFolder coordinator)
{
    private long _bytes = -1;
    private StudyBook _book = new();

    /// <summary>A study as the ledger on disk tells it now; null before it was proposed.</summary>
    public StudyState? Study(string name)
    {
        // Reading all of it again is cheap beside a round, but not beside a look every few milliseconds.
        long bytes = new FileInfo(Path.Combine(coordinator.DataLog, EntryLog.FileName)).Length;
        if (bytes != _bytes)
        {
            _book = Replay();
            _bytes = bytes;
        }

        return _book.Find(name);
    }

    /// <summary>Whether all of these hospitals have committed to their addends of a round.</summary>
    public bool Committed(string study, int round, params IEnumerable<string> hospitals) =>
        Study(study)?.Rounds.LastOrDefault(one => one.Number == round) is { } found
        && hospitals.All(found.Commitments.ContainsKey);

    private StudyBook Replay()
    {
        StudyBook book = new();
        using EntryLog authorization = EntryLog.OpenRead(coordinator.AuthorizationLog);
        using EntryLog data = EntryLog.OpenRead(coordinator.DataLog);
        StudyReplay.Run(authorization, data, (_, index, record) =>
        {
            Assert.Null(book.Refuses(record));
            book.Apply(index, record);
        });
        return book;
    }
}
