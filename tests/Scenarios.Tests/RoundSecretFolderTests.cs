using DigitalTwin.Federation.Participation;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.TestKit;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a crash leaves no secret of a round behind that nobody wipes any more. Method: a handle on the file stands for
// the disk, so the bytes of a file can be looked at after its name is gone.
public sealed class RoundSecretFolderTests
{
    private const string Name = "shares.heart.1.1";
    private static readonly byte[] Secret = [.. Enumerable.Range(1, 100).Select(i => (byte)i)];

    [Fact]
    public void What_a_killed_process_left_half_written_is_wiped_at_the_next_start()
    {
        using TemporaryFolder folder = new();
        RoundSecretFolder.Open(folder.FullPath).Put(Name, Secret);
        string leftover = folder[$"{Name}.0a1b2c3d{DurableFile.LeftoverEnding}"];
        File.WriteAllBytes(leftover, Secret);
        using FileStream disk = Look(leftover);

        SecretStore store = RoundSecretFolder.Open(folder.FullPath);

        Assert.Equal([folder[Name]], Directory.GetFiles(folder.FullPath));
        Assert.Equal(Secret, store.Get(Name));
        Assert.Equal(new byte[Secret.Length], BytesOf(disk));
    }

    [Fact]
    public void A_replaced_secret_is_wiped()
    {
        using TemporaryFolder folder = new();
        SecretStore store = RoundSecretFolder.Open(folder.FullPath);
        store.Put(Name, Secret);
        using FileStream disk = Look(folder[Name]);

        store.Put(Name, [7]);

        Assert.Equal([7], store.Get(Name)!);
        Assert.Equal(new byte[Secret.Length], BytesOf(disk));
    }

    [Fact]
    public void A_deleted_secret_is_wiped_and_gone()
    {
        using TemporaryFolder folder = new();
        SecretStore store = RoundSecretFolder.Open(folder.FullPath);
        store.Put(Name, Secret);
        using FileStream disk = Look(folder[Name]);

        store.Delete(Name);

        Assert.Empty(Directory.GetFiles(folder.FullPath));
        Assert.Null(store.Get(Name));
        Assert.Equal(new byte[Secret.Length], BytesOf(disk));
    }

    // The classes of .NET lock what they open with flock; a reader that shares everything stands in nobody's way.
    private static FileStream Look(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private static byte[] BytesOf(FileStream file)
    {
        byte[] bytes = new byte[file.Length];
        file.Position = 0;
        file.ReadExactly(bytes);
        return bytes;
    }
}
