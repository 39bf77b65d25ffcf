using System.Collections.Concurrent;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.TestKit;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: many callers share one fsync, none is told its index before that, and a failed write reaches all of them.
// Method: a commit that is held up in its callback while others queue behind it; a disk without room and a file that
// the kernel will not write, told apart.
public sealed class GroupCommitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.Generate();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_caller_gets_the_index_under_which_its_entry_is_found()
    {
        using LogKeeper keeper = Open();
        ConcurrentDictionary<long, byte[]> given = new();
        await using (GroupCommit commit = new(keeper, TimeProvider.System))
        {
            ParallelOptions many = new()
            {
                MaxDegreeOfParallelism = 32,
                CancellationToken = TestContext.Current.CancellationToken,
            };
            await Parallel.ForAsync(0, 500, many, async (i, _) =>
            {
                byte[] leaf = Leaf(i);
                Assert.True(given.TryAdd(await commit.AppendAsync(leaf), leaf));
            });
            Assert.InRange(commit.Commits, 2, 499);
        }

        Assert.Equal(500, keeper.Entries.Size);
        Assert.All(given, pair => Assert.Equal(pair.Value, keeper.Entries.Read(pair.Key).ToArray()));
    }

    [Fact]
    public async Task Entries_that_arrive_during_a_commit_are_the_next_batch_in_their_order()
    {
        using LogKeeper keeper = Open();
        using ManualResetEventSlim held = new();
        using SemaphoreSlim entered = new(0);
        GroupCommit commit = new(keeper, TimeProvider.System, () =>
        {
            entered.Release();
            held.Wait(TestContext.Current.CancellationToken);
        });
        PendingEntry first = commit.Enqueue(Leaf(0));
        await entered.WaitAsync(TestContext.Current.CancellationToken);

        PendingEntry[] others = [.. Enumerable.Range(1, 300).Select(i => commit.Enqueue(Leaf(i)))];
        Assert.False(first.Durable.IsCompleted);
        Assert.Equal(Enumerable.Range(1, 300).Select(i => (long)i), others.Select(entry => entry.Index));
        Assert.Equal(1, keeper.Entries.Size);
        held.Set();
        await Task.WhenAll(others.Select(entry => entry.Durable));
        await commit.DisposeAsync();

        Assert.Equal(3, commit.Commits);
        Assert.All(others, entry => Assert.Equal(Leaf((int)entry.Index), keeper.Entries.Read(entry.Index).ToArray()));
    }

    [Fact]
    public async Task A_lone_entry_waits_for_no_clock()
    {
        // The clock stands still, so an entry that waited for it would never come.
        using LogKeeper keeper = Open();
        await using GroupCommit commit = new(keeper, new ManualTime(DateTimeOffset.UnixEpoch));
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(i, await commit.AppendAsync(Leaf(i)));
        }

        Assert.Equal(5, commit.Commits);
    }

    [Fact]
    public async Task Closing_commits_what_is_queued_and_takes_no_more()
    {
        using LogKeeper keeper = Open();
        GroupCommit commit = new(keeper, TimeProvider.System);
        PendingEntry[] entries = [.. Enumerable.Range(0, 40).Select(i => commit.Enqueue(Leaf(i)))];

        await commit.DisposeAsync();

        Assert.All(entries, entry => Assert.True(entry.Durable.IsCompletedSuccessfully));
        Assert.Equal(40, keeper.Entries.Size);
        Assert.Throws<ObjectDisposedException>(() => commit.Enqueue(Leaf(0)));
    }

    [Fact]
    public async Task A_full_disk_refuses_before_anything_is_written_and_goes_on_when_there_is_room()
    {
        using LogKeeper keeper = Open();
        long free = EntryLog.Reserve + 100;
        keeper.Entries.FreeBytes = _ => free;
        await using GroupCommit commit = new(keeper, TimeProvider.System);
        long before = new FileInfo(_folder[EntryLog.FileName]).Length;

        Assert.Throws<LedgerFullException>(() => commit.Enqueue(new byte[101]));
        Assert.Throws<LedgerFullException>(() => keeper.Append(new byte[101]));
        Assert.Equal(before, new FileInfo(_folder[EntryLog.FileName]).Length);

        Assert.Equal(0, await commit.AppendAsync(new byte[100]));
        free = EntryLog.Reserve - 1;
        Assert.Throws<LedgerFullException>(() => commit.Enqueue(Leaf(1)));
        Assert.Equal(100, keeper.Entries.Read(0).Length);
        free = EntryLog.Reserve * 2;
        Assert.Equal(1, await commit.AppendAsync(Leaf(1)));
    }

    [Fact]
    public async Task A_failed_commit_fails_all_who_wait_and_all_who_come_and_reading_goes_on()
    {
        using LogKeeper keeper = Open();
        using SemaphoreSlim entered = new(0);
        using ManualResetEventSlim held = new();
        int commits = 0;
        GroupCommit commit = new(keeper, TimeProvider.System, () =>
        {
            if (++commits == 2)
            {
                entered.Release();
                held.Wait(TestContext.Current.CancellationToken);
                throw new IOException("fsync: Input/output error (errno 5).");
            }
        });
        Assert.Equal(0, await commit.AppendAsync(Leaf(0)));
        PendingEntry failing = commit.Enqueue(Leaf(1));
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        PendingEntry waiting = commit.Enqueue(Leaf(2));
        held.Set();

        await Assert.ThrowsAsync<LedgerStoppedException>(() => failing.Durable);
        await Assert.ThrowsAsync<LedgerStoppedException>(() => waiting.Durable);
        Assert.Throws<LedgerStoppedException>(() => commit.Enqueue(Leaf(3)));
        Assert.Equal(Leaf(0), keeper.Entries.Read(0).ToArray());
        await commit.DisposeAsync();
    }

    [Fact]
    public async Task A_second_writer_beside_the_commit_stops_it()
    {
        using LogKeeper keeper = Open();
        await using GroupCommit commit = new(keeper, TimeProvider.System);
        keeper.Append(Leaf(0));

        await Assert.ThrowsAsync<LedgerStoppedException>(() => commit.AppendAsync(Leaf(1)));
    }

    [Fact]
    public void An_impossible_leaf_is_refused_alone()
    {
        using LogKeeper keeper = Open();
        GroupCommit commit = new(keeper, TimeProvider.System);

        Assert.Throws<ArgumentException>(() => commit.Enqueue(ReadOnlyMemory<byte>.Empty));
        Assert.Equal(0, commit.Enqueue(Leaf(0)).Index);
    }

    private static byte[] Leaf(int i) => System.Text.Encoding.UTF8.GetBytes($"leaf {i}");

    private LogKeeper Open() => LogKeeper.Open(_folder.FullPath, "twin.example/group", _key, TimeProvider.System);
}
