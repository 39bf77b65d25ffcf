using DigitalTwin.Ledger.Storage;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Tests.Storage;

// Goal: a call that returns has put the bytes on disk, a call that could not says so. Method: files that the kernel
// refuses to flush, and replacement seen through an open handle.
public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_error_of_fsync_is_reported()
    {
        // fsync of a file of /proc answers EINVAL; FileStream.Flush(true) would return as if nothing had happened.
        using SafeFileHandle file = File.OpenHandle("/proc/self/status");

        IOException error = Assert.Throws<IOException>(() => DurableFile.Sync(file));
        Assert.Contains("fsync", error.Message);
        Assert.Equal(22, error.HResult);
    }

    [Fact]
    public void A_missing_folder_cannot_be_synced()
    {
        Assert.Throws<IOException>(() => DurableFile.SyncFolder(_folder["absent"]));
    }

    [Fact]
    public void A_replaced_file_is_the_old_one_or_the_new_one()
    {
        DurableFile.WriteAtomically(_folder["head"], "old"u8);
        using FileStream reader = File.OpenRead(_folder["head"]);

        DurableFile.WriteAtomically(_folder["head"], "new and longer"u8);

        Assert.Equal("old", new StreamReader(reader).ReadToEnd());
        Assert.Equal("new and longer", File.ReadAllText(_folder["head"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.FullPath));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else()
    {
        Directory.CreateDirectory(_folder["head"]);

        Assert.ThrowsAny<SystemException>(() => DurableFile.WriteAtomically(_folder["head"], "new"u8));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.FullPath));
    }

    [Theory]
    [InlineData(true, UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(false, (UnixFileMode)0b110_110_110)]
    public void A_secret_is_for_its_owner_only(bool ownerOnly, UnixFileMode widest)
    {
        DurableFile.WriteAtomically(_folder["file"], "x"u8, ownerOnly);

        Assert.Equal((UnixFileMode)0, new FileInfo(_folder["file"]).UnixFileMode & ~widest);
    }

    [Fact]
    public void Crc32c_is_that_of_the_standard()
    {
        // RFC 3720, appendix B.4: 32 bytes of zero, and 32 ascending bytes; "123456789" is the usual check value.
        Assert.Equal(0x8a9136aau, Crc32C.Of(new byte[32]));
        Assert.Equal(0x46dd794eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0xe3069283u, Crc32C.Of("123456789"u8));
    }

    [Fact]
    public void A_blob_is_found_by_its_digest_and_a_damaged_one_is_refused()
    {
        BlobFolder blobs = new(_folder["blobs"]);
        string digest = blobs.Put("model"u8);

        Assert.Equal(digest, blobs.Put("model"u8));
        Assert.True(blobs.Has(digest));
        Assert.Equal("model"u8.ToArray(), blobs.Get(digest));
        Assert.Null(blobs.Get(new string('0', 64)));
        Assert.Equal([digest], Directory.EnumerateFiles(_folder["blobs"]).Select(Path.GetFileName));

        File.WriteAllText(Path.Combine(_folder["blobs"], digest), "modem");
        Assert.Throws<LedgerDamagedException>(() => blobs.Get(digest));
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("")]
    [InlineData("ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    public void Only_a_digest_names_a_blob(string name)
    {
        Assert.Throws<ArgumentException>(() => new BlobFolder(_folder["blobs"]).Get(name));
    }
}
