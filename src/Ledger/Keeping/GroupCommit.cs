using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Keeping;

/// <summary>An entry whose place is fixed; it counts only once <paramref name="Durable"/> has completed.</summary>
/// <param name="Index">Index the entry has in the log.</param>
/// <param name="Durable">Completes when the entry is on disk; fails where it never will be.</param>
public readonly record struct PendingEntry(long Index, Task Durable);

/// <summary>Makes the entries of many callers durable together: one write and one fsync for all that wait.</summary>
/// <remarks>
/// Group commit of DeWitt et al., "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984. Entries
/// that arrive while a commit runs are the next batch, so an entry that comes alone is written at once. Where the last
/// batch was shared, the next is held open until it is as large, but for no longer than that commit took, nor than
/// <see cref="LongestWait"/>: waiting so long costs at most what a further commit would. Order of <see cref="Enqueue"/>
/// is order in the log. After a failed write every waiting and later entry fails, and reading goes on. Thread-safe; the
/// log's only writer while it is in use.
/// </remarks>
public sealed class GroupCommit : IAsyncDisposable
{
    /// <summary>
    /// Entries of one write: with records of a kilobyte a quarter of a megabyte, which a disk writes in about the time
    /// of its fsync, so that more would gain little.
    /// </summary>
    public const int MostEntries = 256;

    /// <summary>Longest that an entry waits for others; a person does not notice it.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _queue = new();
    private readonly LogKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly Action? _committed;
    private readonly Task _writing;
    private TaskCompletionSource _arrival = NewSource();
    private int _awaited = 1;
    private long _next;
    private long _queuedBytes;
    private bool _closed;
    private Exception? _failure;

    /// <summary>Begins to commit for a keeper.</summary>
    /// <param name="keeper">The log; stays the caller's, who appends to it only through this object.</param>
    /// <param name="time">Clock of the waiting.</param>
    /// <param name="committed">
    /// Runs after each commit, before its callers are told, for example to sign a head over what is there now.
    /// </param>
    public GroupCommit(LogKeeper keeper, TimeProvider time, Action? committed = null)
    {
        ArgumentNullException.ThrowIfNull(keeper);
        ArgumentNullException.ThrowIfNull(time);
        _keeper = keeper;
        _time = time;
        _committed = committed;
        _next = keeper.Entries.Size;
        long size = _next;
        _writing = Task.Run(() => WriteAsync(size));
    }

    private readonly record struct Waiting(ReadOnlyMemory<byte> Leaf, TaskCompletionSource Done);

    /// <summary>Writes so far.</summary>
    public long Commits { get; private set; }

    /// <summary>Fixes the place of an entry and returns at once.</summary>
    /// <exception cref="ArgumentException">The leaf is empty or too long.</exception>
    /// <exception cref="LedgerFullException">The disk has too little room; nothing was queued.</exception>
    /// <exception cref="LedgerStoppedException">An earlier write failed.</exception>
    /// <exception cref="ObjectDisposedException">The commit was closed.</exception>
    public PendingEntry Enqueue(ReadOnlyMemory<byte> leaf)
    {
        EntryLog.RequireLeaf(leaf);
        TaskCompletionSource done = NewSource();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_failure is not null)
            {
                throw Stopped(_failure);
            }

            // What is queued has its room: a write of accepted entries fails only where the disk itself does.
            _keeper.RequireRoom(_queuedBytes + leaf.Length);
            _queue.Enqueue(new Waiting(leaf, done));
            _queuedBytes += leaf.Length;
            if (_queue.Count >= _awaited)
            {
                _arrival.TrySetResult();
            }

            return new PendingEntry(_next++, done.Task);
        }
    }

    /// <summary>Appends an entry and returns its index once it is on disk.</summary>
    /// <inheritdoc cref="Enqueue" path="/exception"/>
    public async Task<long> AppendAsync(ReadOnlyMemory<byte> leaf)
    {
        PendingEntry entry = Enqueue(leaf);
        await entry.Durable;
        return entry.Index;
    }

    /// <summary>Commits what is queued and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            _arrival.TrySetResult();
        }

        await _writing;
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static LedgerStoppedException Stopped(Exception cause) =>
        cause as LedgerStoppedException ?? new LedgerStoppedException(cause);

    private async Task WriteAsync(long size)
    {
        (int shared, TimeSpan took) = (1, TimeSpan.Zero);
        while (await CollectAsync(shared, took) is { Count: > 0 } batch)
        {
            long start = _time.GetTimestamp();
            try
            {
                long first = _keeper.AppendAccepted([.. batch.Select(entry => entry.Leaf)]);
                if (first != size)
                {
                    throw new InvalidOperationException("Another writer appended to the log beside its group commit.");
                }

                size += batch.Count;
                Commits++;
                _committed?.Invoke();
            }
            catch (Exception error)
            {
                Fail(batch, error);
                return;
            }

            (shared, took) = (batch.Count, _time.GetElapsedTime(start));
            foreach (Waiting entry in batch)
            {
                entry.Done.SetResult();
            }
        }
    }

    private async Task<List<Waiting>> CollectAsync(
        int shared, TimeSpan took)
    {
        await ArrivalOf(1);
        if (shared > 1)
        {
            TimeSpan wait = took < LongestWait ? took : LongestWait;
            await Task.WhenAny(ArrivalOf(shared), Task.Delay(wait, _time));
        }

        lock (_gate)
        {
            List<Waiting> batch = [];
            while (batch.Count < MostEntries
                && _queue.TryDequeue(out Waiting one))
            {
                batch.Add(one);
                _queuedBytes -= one.Leaf.Length;
            }

            return batch;
        }
    }

    // Completes when so many entries wait, or no more will come.
    private Task ArrivalOf(int count)
    {
        lock (_gate)
        {
            _awaited = count;
            _arrival = NewSource();
            if (_queue.Count >= count || _closed)
            {
                _arrival.SetResult();
            }

            return _arrival.Task;
        }
    }

    // What is on disk is unknown now, and with it whether any entry behind the first has its place.
    private void Fail(List<Waiting> batch, Exception error)
    {
        lock (_gate)
        {
            _failure = error;
            batch.AddRange(_queue);
            _queue.Clear();
        }

        foreach (Waiting entry in batch)
        {
            entry.Done.SetException(Stopped(error));
        }
    }
}
