using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Tests.Storage;

// Goal: what Append returned is there after any crash, what it did not return may be gone, and nothing else changes.
// Method: cut and damage the file at every byte, as torn writes and bad disks do, and open it again.
public sealed class EntryLogTests : IDisposable
{
    private const int Entries = 4;

    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder[EntryLog.FileName];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Entries_come_back_after_a_restart_in_order_with_the_same_root()
    {
        MerkleHash root = Write(Entries);

        using EntryLog log = EntryLog.Open(_folder.FullPath);

        Assert.Equal(Entries, log.Size);
        Assert.Equal(root, log.Root);
        Assert.All(Enumerable.Range(0, Entries), i => Assert.Equal(Leaf(i), log.Read(i).ToArray()));
        Assert.Equal(Entries, log.Append([Leaf(4), Leaf(5)]));
        Assert.Equal(root, log.RootAt(Entries));
        Assert.True(MerkleProof.VerifyInclusion(
            Rfc6962.Leaf(Leaf(5)), 5, 6, log.InclusionProof(5, 6), log.Root));
        Assert.True(MerkleProof.VerifyConsistency(
            Entries, 6, root, log.Root, log.ConsistencyProof(Entries, 6)));
    }

    [Fact]
    public void A_tail_cut_at_any_byte_loses_only_the_frame_that_was_cut()
    {
        Write(Entries);
        byte[] whole = File.ReadAllBytes(FilePath);
        int[] ends = Ends();
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);

            using EntryLog log = EntryLog.Open(_folder.FullPath);

            int kept = ends.Count(end => end <= length);
            Assert.Equal(kept, log.Size);
            Assert.Equal(kept, log.Append([Leaf(9)]));
            Assert.Equal(Leaf(9), log.Read(kept).ToArray());
        }
    }

    [Fact]
    public void A_tail_of_zeros_or_noise_that_a_crash_left_is_dropped()
    {
        Write(Entries);
        byte[] whole = File.ReadAllBytes(FilePath);
        foreach (byte[] tail in (byte[][])[new byte[5000], [.. Enumerable.Repeat((byte)0xa5, 5000)]])
        {
            File.WriteAllBytes(FilePath, [.. whole, .. tail]);
            using EntryLog log = EntryLog.Open(_folder.FullPath);

            Assert.Equal(Entries, log.Size);
            Assert.Equal(whole.Length, new FileInfo(FilePath).Length);
        }
    }

    [Fact]
    public void A_damaged_byte_before_the_last_frame_is_refused_by_name_and_nothing_is_changed()
    {
        Write(Entries);
        byte[] whole = File.ReadAllBytes(FilePath);
        int[] ends = Ends();
        for (int i = EntryFile.Header.Length; i < ends[^2]; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x10;
            File.WriteAllBytes(FilePath, damaged);

            LedgerDamagedException error =
                Assert.Throws<LedgerDamagedException>(() => EntryLog.Open(_folder.FullPath));

            Assert.Equal(ends.Count(end => end <= i), error.Index);
            Assert.Equal(damaged, File.ReadAllBytes(FilePath));
        }
    }

    [Fact]
    public void A_damaged_header_is_refused()
    {
        Write(Entries);
        byte[] damaged = File.ReadAllBytes(FilePath);
        damaged[0] ^= 1;
        File.WriteAllBytes(FilePath, damaged);

        Assert.Throws<LedgerDamagedException>(() => EntryLog.Open(_folder.FullPath));
    }

    [Fact]
    public void A_torn_tail_of_acknowledged_entries_is_not_dropped()
    {
        Write(Entries);
        byte[] cut = File.ReadAllBytes(FilePath)[..^1];
        File.WriteAllBytes(FilePath, cut);

        LedgerDamagedException error = Assert.Throws<LedgerDamagedException>(
            () => EntryLog.Open(_folder.FullPath, acknowledged: Entries));

        Assert.Equal(Entries - 1, error.Index);
        Assert.Equal(cut, File.ReadAllBytes(FilePath));
        using EntryLog log = EntryLog.Open(_folder.FullPath, acknowledged: Entries - 1);
        Assert.Equal(Entries - 1, log.Size);
    }

    [Fact]
    public void A_second_writer_is_refused_and_a_reader_is_not()
    {
        using EntryLog writer = EntryLog.Open(_folder.FullPath);
        writer.Append([Leaf(0)]);

        Assert.Throws<LedgerLockedException>(() => EntryLog.Open(_folder.FullPath));
        using EntryLog reader = EntryLog.OpenRead(_folder.FullPath);
        Assert.Equal(1, reader.Size);
        Assert.Throws<InvalidOperationException>(() => reader.Append([Leaf(1)]));

        writer.Dispose();
        using EntryLog next = EntryLog.Open(_folder.FullPath);
        Assert.Equal(1, next.Size);
    }

    [Fact]
    public void A_reader_reports_damage_and_repairs_nothing()
    {
        Write(Entries);
        byte[] cut = File.ReadAllBytes(FilePath)[..^1];
        File.WriteAllBytes(FilePath, cut);

        using EntryLog log = EntryLog.OpenRead(_folder.FullPath);

        Assert.Equal(Entries - 1, log.Size);
        Assert.Equal((Entries - 1, true), (log.Damage!.Index, log.Damage.IsTornTail));
        Assert.Equal(cut, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void An_entry_that_changes_under_an_open_log_is_not_handed_out()
    {
        using EntryLog log = EntryLog.Open(_folder.FullPath);
        log.Append([Leaf(0), Leaf(1)]);
        byte[] changed = [.. EntryFile.Header, .. EntryFile.Frame([Leaf(0), Leaf(2)])];
        File.WriteAllBytes(FilePath, changed);

        Assert.Equal(Leaf(0), log.Read(0).ToArray());
        Assert.Equal(1, Assert.Throws<LedgerDamagedException>(() => log.Read(1)).Index);
    }

    [Fact]
    public void After_a_failed_write_nothing_is_appended_and_everything_can_be_read()
    {
        using EntryLog log = EntryLog.Open(_folder.FullPath);
        log.Append([Leaf(0)]);
        using EntryLog onFullDisk = OnFullDisk();

        Assert.Throws<LedgerStoppedException>(() => onFullDisk.Append([Leaf(1)]));
        Assert.Throws<LedgerStoppedException>(() => onFullDisk.Append([Leaf(2)]));
        Assert.Equal(0, onFullDisk.Size);
        Assert.Equal(1, log.Append([Leaf(1)]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_536)]
    public void A_leaf_of_impossible_length_is_refused_whole(int length)
    {
        using EntryLog log = EntryLog.Open(_folder.FullPath);

        Assert.Throws<ArgumentException>(() => log.Append([Leaf(0), new byte[length]]));
        Assert.Equal(0, log.Size);
        Assert.Equal(0, log.Append([new byte[65_535]]));
    }

    [Fact]
    public async Task Readers_see_only_whole_entries_while_one_appends()
    {
        using EntryLog log = EntryLog.Open(_folder.FullPath);
        Task writing = Task.Run(() =>
        {
            for (int i = 0; i < 200; i += 2)
            {
                log.Append([Leaf(i), Leaf(i + 1)]);
            }
        }, TestContext.Current.CancellationToken);
        long read = 0;
        while (!writing.IsCompleted || read < log.Size)
        {
            for (; read < log.Size; read++)
            {
                Assert.Equal(Leaf((int)read), log.Read(read).ToArray());
            }
        }

        await writing;
        Assert.Equal(200, read);
    }

    private static byte[] Leaf(int i) =>
        System.Text.Encoding.UTF8.GetBytes($"{{\"leaf\":{i},\"text\":\"{new string('x', 20 + (i % 50))}\"}}");

    private static int[] Ends() => [.. Enumerable.Range(1, Entries).Select(count => EntryFile.Header.Length
        + EntryFile.Frame([.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Leaf(i))]).Length)];

    // The data file is opened read-only, so the kernel refuses the first write as it would on a full or frozen disk.
    private EntryLog OnFullDisk()
    {
        string folder = _folder["full"];
        EntryLog.Open(folder).Dispose();
        return new EntryLog(
            File.OpenHandle(Path.Combine(folder, EntryLog.FileName)),
            File.OpenHandle(Path.Combine(folder, EntryLog.LockName)),
            TreeFile.In(folder));
    }

    private MerkleHash Write(int count)
    {
        using EntryLog log = EntryLog.Open(_folder.FullPath);
        for (int i = 0; i < count; i++)
        {
            log.Append([Leaf(i)]);
        }

        return log.Root;
    }
}
