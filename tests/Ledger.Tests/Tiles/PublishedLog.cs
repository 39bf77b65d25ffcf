using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tiles;

namespace DigitalTwin.Ledger.Tests.Tiles;

/// <summary>A log of short entries that grows and is published into a folder beside it.</summary>
internal sealed class PublishedLog : IDisposable
{
    public const string Origin = "twin.example/demo/tiles";

    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.Generate();

    public PublishedLog()
    {
        Entries = EntryLog.Open(_folder["log"]);
        Tiles = new TileFolder(Public);
    }

    public EntryLog Entries { get; }

    public TileFolder Tiles { get; private set; }

    public string Public => _folder["public"];

    public NoteVerifierKey Key => NoteVerifierKey.Log(Origin, _key.PublicKey);

    public TileLog Reader => new(TileSources.Folder(Public), Key);

    public static byte[] EntryOf(long index) => System.Text.Encoding.UTF8.GetBytes($"entry {index}");

    /// <summary>Appends up to <paramref name="size"/> entries in one batch.</summary>
    public PublishedLog GrowTo(long size)
    {
        Entries.Append([.. Enumerable.Range((int)Entries.Size, (int)(size - Entries.Size))
            .Select(index => (ReadOnlyMemory<byte>)EntryOf(index))]);
        return this;
    }

    public SignedNote HeadOf(long size, MerkleHash? root = null) => SignedNote.Sign(
        new Checkpoint(Origin, size, root ?? Entries.RootAt(size)).Text, Origin, _key);

    public Checkpoint Publish(long size)
    {
        SignedNote head = HeadOf(size);
        Tiles.Publish(Entries, head);
        return Checkpoint.Parse(head.Text);
    }

    /// <summary>As a new process would.</summary>
    public void Restart() => Tiles = new TileFolder(Public);

    public string PathOf(string name) => Path.Combine(Public, name.Replace('/', Path.DirectorySeparatorChar));

    public IReadOnlyList<string> Files() =>
    [
        .. Directory.EnumerateFiles(Public, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Public, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(path => path != "checkpoint")
            .Order(StringComparer.Ordinal),
    ];

    public void Dispose()
    {
        Entries.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }
}
