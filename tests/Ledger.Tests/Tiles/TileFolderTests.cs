using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tiles;

namespace DigitalTwin.Ledger.Tests.Tiles;

// Goal: what is published is exactly what the checkpoint covers, and a reader never sees a checkpoint without its
// tiles. Method: publish growing logs, read the files back, and put wrong files in the way.
public sealed class TileFolderTests : IDisposable
{
    private readonly PublishedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_log_that_grows_in_steps_publishes_what_one_step_would()
    {
        _log.GrowTo(600);
        foreach (int size in (int[])[0, 1, 2, 255, 256, 257, 511, 600])
        {
            _log.Publish(size);
            _log.Restart();
        }

        using PublishedLog once = new();
        once.GrowTo(600).Publish(600);

        // Partial tiles of widths that are now full are gone; those of a tile that is still partial stay.
        Assert.Equal(once.Files(), _log.Files().Except(LeftBehind));
        Assert.All(once.Files(), file =>
            Assert.Equal(File.ReadAllBytes(once.PathOf(file)), File.ReadAllBytes(_log.PathOf(file))));
        Assert.Equal(once.Files(), TilePath.OfTree(600).Select(path => path.ToString()).Order(StringComparer.Ordinal));
        await VerifyAsync(600);
    }

    private static readonly string[] LeftBehind = ["tile/1/000.p/1"];

    [Fact]
    public void A_bundle_is_lengths_and_entries_and_a_tile_is_hashes()
    {
        _log.GrowTo(2).Publish(2);

        Assert.Equal(
            "\0\aentry 0\0\aentry 1"u8.ToArray(), File.ReadAllBytes(_log.PathOf("tile/entries/000.p/2")));
        Assert.Equal(64, new FileInfo(_log.PathOf("tile/0/000.p/2")).Length);
    }

    [Fact]
    public void The_checkpoint_stays_when_a_tile_cannot_be_written()
    {
        _log.GrowTo(20).Publish(10);
        string before = File.ReadAllText(_log.PathOf("checkpoint"));
        Directory.CreateDirectory(_log.PathOf("tile/0/000.p/20"));

        Assert.ThrowsAny<Exception>(() => _log.Publish(20));

        Assert.Equal(before, File.ReadAllText(_log.PathOf("checkpoint")));
        Directory.Delete(_log.PathOf("tile/0/000.p/20"));
        _log.Restart();
        _log.Publish(20);
    }

    [Fact]
    public void The_same_bytes_again_are_nothing_and_other_bytes_are_an_error()
    {
        _log.GrowTo(20).Publish(20);
        File.Delete(_log.PathOf("checkpoint"));
        _log.Publish(20);

        File.Delete(_log.PathOf("checkpoint"));
        string tile = _log.PathOf("tile/entries/000.p/20");
        byte[] bytes = File.ReadAllBytes(tile);
        bytes[^1] ^= 1;
        File.WriteAllBytes(tile, bytes);

        Assert.Throws<LedgerDamagedException>(() => _log.Publish(20));
        Assert.False(File.Exists(_log.PathOf("checkpoint")));
    }

    [Fact]
    public async Task A_lost_tile_of_the_edge_is_made_again()
    {
        _log.GrowTo(300).Publish(300);
        File.Delete(_log.PathOf("tile/1/000.p/1"));
        _log.Restart();

        _log.GrowTo(310).Publish(310);

        await VerifyAsync(310);
    }

    [Fact]
    public void A_head_that_is_not_of_the_log_or_goes_back_is_refused()
    {
        _log.GrowTo(20).Publish(10);

        Assert.Throws<LedgerDamagedException>(() => _log.Tiles.Publish(
            _log.Entries, _log.HeadOf(20, _log.Entries.RootAt(19))));
        Assert.Throws<LedgerDamagedException>(() => _log.Publish(9));
        using PublishedLog other = new();
        other.Entries.Append([new byte[] { 1 }]);
        other.GrowTo(20);
        Assert.Throws<LedgerDamagedException>(() => _log.Tiles.Publish(other.Entries, other.HeadOf(20)));
        Assert.Equal(10, Checkpoint.Parse(_log.Tiles.Published!.Text).Size);
    }

    [Fact]
    public void What_an_interrupted_write_left_is_removed_at_the_start()
    {
        _log.GrowTo(3).Publish(3);
        string leftover = _log.PathOf("tile/0/000.p/3") + ".0123abcd" + DurableFile.LeftoverEnding;
        File.WriteAllText(leftover, "");

        _log.Restart();

        Assert.False(File.Exists(leftover));
    }

    private async Task VerifyAsync(int size)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        SignedNote note = (await _log.Reader.CheckpointAsync(cancellationToken))!;
        Checkpoint head = Checkpoint.Parse(note.Text);
        Assert.Equal(size, head.Size);
        Assert.Equal(TilePath.OfTree(size).Count(), await _log.Reader.VerifyAsync(head, cancellationToken));
    }
}
