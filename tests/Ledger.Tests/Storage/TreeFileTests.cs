using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Tests.Storage;

// Goal: the tree on disk answers as the tree in memory does, and is believed only where it follows from the log as it
// is. Method: a spill size of a few hundred bytes, so that a small log has the file of a large one; bytes of the file
// changed, the log changed beside it, and files left by writers that did not close.
public sealed class TreeFileTests : IDisposable
{
    private const int Spill = 300;
    private const int Entries = 100;

    private readonly TemporaryFolder _folder = new();

    private string TreePath => _folder[TreeFile.FileName];

    private string LogPath => _folder[EntryLog.FileName];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Roots_and_proofs_of_every_size_are_those_of_the_tree_in_memory()
    {
        MerkleTree memory = Memory(Entries);
        using EntryLog log = Open();
        for (int i = 0; i < Entries; i++)
        {
            log.Append([Leaf(i)]);
        }

        AssertSame(memory, log);
        Assert.True(File.Exists(TreePath));
    }

    [Fact]
    public void A_sealed_tree_is_used_at_the_next_start_and_grows_on()
    {
        MerkleTree memory = Memory(Entries + 20);
        WriteSealed();
        File.WriteAllBytes(LogPath + ".copy", File.ReadAllBytes(LogPath));
        DateTime written = File.GetLastWriteTimeUtc(LogPath);

        // The places are read from the tree file: with the log gone blank under an unchanged length and time, the
        // size is known still and the entry is refused when it is read.
        File.WriteAllBytes(LogPath, new byte[new FileInfo(LogPath).Length]);
        File.SetLastWriteTimeUtc(LogPath, written);
        using (EntryLog blank = EntryLog.OpenRead(_folder.FullPath))
        {
            Assert.Equal(Entries, blank.Size);
            Assert.Equal(7, Assert.Throws<LedgerDamagedException>(() => blank.Read(7)).Index);
        }

        File.Move(LogPath + ".copy", LogPath, overwrite: true);
        File.SetLastWriteTimeUtc(LogPath, written);
        using EntryLog log = Open();
        for (int i = Entries; i < Entries + 20; i++)
        {
            Assert.Equal(i, log.Append([Leaf(i)]));
        }

        AssertSame(memory, log);
    }

    [Fact]
    public void A_change_in_the_tree_file_is_noticed_and_made_good()
    {
        WriteSealed();
        MerkleTree memory = Memory(Entries);
        byte[] good = File.ReadAllBytes(TreePath);
        DateTime written = File.GetLastWriteTimeUtc(TreePath);
        for (int i = 0; i < good.Length; i += 13)
        {
            byte[] bad = [.. good];
            bad[i] ^= 4;
            File.WriteAllBytes(TreePath, bad);
            File.SetLastWriteTimeUtc(TreePath, written);
            using (EntryLog scanned = EntryLog.Scan(_folder.FullPath))
            {
                Assert.NotNull(scanned.CompareTree(TreePath));
            }

            using EntryLog log = EntryLog.OpenRead(_folder.FullPath);
            Assert.Equal(memory.Root, log.Root);
            Assert.Equal(Leaf(50), log.Read(50).ToArray());
        }
    }

    [Fact]
    public void A_log_that_changed_after_the_seal_is_read_whole()
    {
        WriteSealed();
        byte[] bytes = File.ReadAllBytes(LogPath);
        bytes[100] ^= 1;
        File.WriteAllBytes(LogPath, bytes);

        Assert.Throws<LedgerDamagedException>(() => Open());
    }

    [Fact]
    public void A_seal_as_young_as_the_last_write_is_not_believed()
    {
        Write();
        byte[] bytes = File.ReadAllBytes(LogPath);
        bytes[100] ^= 1;
        File.WriteAllBytes(LogPath, bytes);

        Assert.Throws<LedgerDamagedException>(() => Open());
    }

    [Fact]
    public void A_writer_that_did_not_close_leaves_a_tree_that_is_made_again()
    {
        WriteSealed();
        byte[] older = File.ReadAllBytes(TreePath);
        MerkleTree memory = Memory(2 * Entries);
        using (EntryLog log = Open())
        {
            log.Append([.. Enumerable.Range(Entries, Entries).Select(i => (ReadOnlyMemory<byte>)Leaf(i))]);
        }

        // The crash lost the newer seal and kept what was written behind the older one.
        byte[] newer = File.ReadAllBytes(TreePath);
        older.AsSpan(0, TreeSeal.Size).CopyTo(newer);
        File.WriteAllBytes(TreePath, newer);

        using EntryLog again = Open();
        AssertSame(memory, again);
    }

    [Fact]
    public void A_damaged_log_is_never_sealed()
    {
        Write();
        byte[] cut = File.ReadAllBytes(LogPath)[..^1];
        File.WriteAllBytes(LogPath, cut);
        Assert.Throws<LedgerDamagedException>(() => EntryLog.Open(_folder.FullPath, acknowledged: Entries, Spill));
        BackDate();

        using EntryLog log = EntryLog.OpenRead(_folder.FullPath);
        Assert.Equal(Entries - 1, log.Size);
        Assert.NotNull(log.Damage);
    }

    [Fact]
    public void A_tree_that_finds_no_room_stays_in_memory()
    {
        // A folder in the place of the file: it can't be made, as on a full disk.
        MerkleTree memory = Memory(Entries);
        Directory.CreateDirectory(TreePath);
        using EntryLog log = EntryLog.Scan(Write(), Spill);
        using EntryLog writer = Open();

        AssertSame(memory, log);
        AssertSame(memory, writer);
        Assert.Equal(Entries, writer.Append([Leaf(Entries)]));
    }

    private static byte[] Leaf(int i) => System.Text.Encoding.UTF8.GetBytes($"leaf {i} {new string('x', i % 40)}");

    private static MerkleTree Memory(int count)
    {
        MerkleTree tree = new();
        for (int i = 0; i < count; i++)
        {
            tree.Append(Rfc6962.Leaf(Leaf(i)));
        }

        return tree;
    }

    private static void AssertSame(MerkleTree expected, EntryLog log)
    {
        Assert.Equal(expected.Size, log.Size);
        for (int size = 0; size <= expected.Size; size++)
        {
            Assert.Equal(expected.RootAt(size), log.RootAt(size));
            Assert.Equal(expected.ConsistencyProof(size, expected.Size), log.ConsistencyProof(size, expected.Size));
        }

        for (int index = 0; index < expected.Size; index++)
        {
            Assert.Equal(Leaf(index), log.Read(index).ToArray());
            Assert.Equal(expected.InclusionProof(index, expected.Size), log.InclusionProof(index, expected.Size));
        }

        Assert.Equal(expected.Root, log.Frontier().Root);
        Assert.Equal(expected.Size, log.Frontier().Size);
    }

    private EntryLog Open() => EntryLog.Open(_folder.FullPath, acknowledged: 0, Spill);

    private string Write()
    {
        using EntryLog log = Open();
        log.Append([.. Enumerable.Range(0, Entries).Select(i => (ReadOnlyMemory<byte>)Leaf(i))]);
        return _folder.FullPath;
    }

    // As a log that rested before it was closed: its last write lies further back than the seal.
    private void WriteSealed()
    {
        Write();
        BackDate();
        Open().Dispose();
    }

    private void BackDate() => File.SetLastWriteTimeUtc(LogPath, File.GetLastWriteTimeUtc(LogPath).AddSeconds(-5));
}
