using DigitalTwin.Coordinator;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Tests.Processes;

/// <summary>The coordinator's ledger, read by another process while it grows.</summary>
internal sealed class WatchedLedger(CoordinatorFolder coordinator)
{
    private readonly StudyBook _book = new();
    private long _bytes = -1;
    private long _authorizationSeen;
    private long _dataSeen;

    /// <summary>A study as the ledger on disk tells it now; null before it was proposed.</summary>
    public StudyState? Study(string name)
    {
        // A look every few milliseconds must cost nothing while the log stands still.
        long bytes = new FileInfo(Path.Combine(coordinator.DataLog, EntryLog.FileName)).Length;
        if (bytes != _bytes && TakeNews())
        {
            _bytes = bytes;
        }

        return _book.Find(name);
    }

    /// <summary>Whether all of these hospitals have committed to their addends of a round.</summary>
    public bool Committed(string study, int round, params IEnumerable<string> hospitals) =>
        Study(study)?.Rounds.LastOrDefault(one => one.Number == round) is { } found
        && hospitals.All(found.Commitments.ContainsKey);

    // The order of StudyReplay: before a data record come the authorization records that its author had seen.
    // False when the coordinator was in the middle of writing an entry.
    private bool TakeNews()
    {
        using EntryLog authorization = EntryLog.OpenRead(coordinator.AuthorizationLog);
        using EntryLog data = EntryLog.OpenRead(coordinator.DataLog);
        for (; _dataSeen < data.Size; _dataSeen++)
        {
            Statement record = Envelope.Parse(data.Read(_dataSeen)).Statement;
            long head = record.Predicate["authHead"]!["size"]!.GetValue<long>();
            for (; _authorizationSeen < head; _authorizationSeen++)
            {
                Take(_authorizationSeen, Envelope.Parse(authorization.Read(_authorizationSeen)).Statement);
            }

            Take(_dataSeen, record);
        }

        return data.Damage is null;
    }

    private void Take(long index, Statement record)
    {
        Assert.Null(_book.Refuses(record));
        _book.Apply(index, record);
    }
}
