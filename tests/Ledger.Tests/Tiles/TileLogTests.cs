using System.Net;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Tiles;

namespace DigitalTwin.Ledger.Tests.Tiles;

// Goal: a reader with the log's key gets right answers from tiles of anybody, or none. Method: all proofs against the
// Merkle tree of the log; then every file of a small publication changed, cut and removed.
public sealed class TileLogTests : IDisposable
{
    private readonly PublishedLog _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Entries_and_proofs_are_those_of_the_log()
    {
        Checkpoint head = _log.GrowTo(700).Publish(700);
        TileLog reader = _log.Reader;
        foreach (int index in (int[])[0, 1, 254, 255, 256, 511, 512, 513, 698, 699])
        {
            Assert.Equal(PublishedLog.EntryOf(index), (await reader.ReadAsync(index, head, Cancellation)).ToArray());
            Assert.Equal(
                _log.Entries.InclusionProof(index, 700), await reader.InclusionProofAsync(index, head, Cancellation));
            TilePrefix prefix = await reader.PrefixAsync(index, head, Cancellation);
            Assert.Equal(_log.Entries.RootAt(index), prefix.Root);
            Assert.Equal(_log.Entries.ConsistencyProof(index, 700), prefix.Proof);
        }
    }

    [Fact]
    public async Task An_older_head_is_answered_from_the_full_tile_that_replaced_its_partial_one()
    {
        _log.GrowTo(300).Publish(200);
        Checkpoint older = Checkpoint.Parse(_log.HeadOf(200).Text);
        _log.Publish(300);
        Assert.False(File.Exists(_log.PathOf("tile/0/000.p/200")));

        Assert.Equal(
            _log.Entries.InclusionProof(199, 200), await _log.Reader.InclusionProofAsync(199, older, Cancellation));
        Assert.Equal(PublishedLog.EntryOf(7), (await _log.Reader.ReadAsync(7, older, Cancellation)).ToArray());
        Assert.True(await _log.Reader.VerifyAsync(older, Cancellation) > 0);
    }

    [Fact]
    public async Task A_change_of_any_file_is_found()
    {
        Checkpoint head = _log.GrowTo(258).Publish(258);
        foreach (string file in _log.Files())
        {
            byte[] original = File.ReadAllBytes(_log.PathOf(file));
            byte[] changed = [.. original];
            changed[changed.Length / 2] ^= 1;
            foreach (byte[] wrong in (byte[][])[changed, original[..^1], [.. original, 0], []])
            {
                File.WriteAllBytes(_log.PathOf(file), wrong);
                await Assert.ThrowsAsync<TileException>(() => _log.Reader.VerifyAsync(head, Cancellation));
            }

            File.Delete(_log.PathOf(file));
            await Assert.ThrowsAsync<TileException>(() => _log.Reader.VerifyAsync(head, Cancellation));
            File.WriteAllBytes(_log.PathOf(file), original);
        }

        Assert.True(await _log.Reader.VerifyAsync(head, Cancellation) > 0);
    }

    [Fact]
    public async Task An_answer_from_wrong_tiles_is_no_answer()
    {
        Checkpoint head = _log.GrowTo(258).Publish(258);
        string tile = _log.PathOf("tile/0/000");
        byte[] bytes = File.ReadAllBytes(tile);
        bytes[0] ^= 1;
        File.WriteAllBytes(tile, bytes);

        await Assert.ThrowsAsync<TileException>(() => _log.Reader.InclusionProofAsync(1, head, Cancellation));
        await Assert.ThrowsAsync<TileException>(() => _log.Reader.ReadAsync(1, head, Cancellation));
        await Assert.ThrowsAsync<TileException>(() => _log.Reader.PrefixAsync(100, head, Cancellation));
    }

    [Fact]
    public async Task Only_a_checkpoint_of_the_log_is_taken()
    {
        Assert.Null(await _log.Reader.CheckpointAsync(Cancellation));
        _log.GrowTo(3).Publish(3);
        using Ed25519Key stranger = Ed25519Key.Generate();
        TileLog reader = new(
            TileSources.Folder(_log.Public), NoteVerifierKey.Log(PublishedLog.Origin, stranger.PublicKey));

        Assert.NotNull(await _log.Reader.CheckpointAsync(Cancellation));
        await Assert.ThrowsAsync<NoteFormatException>(() => reader.CheckpointAsync(Cancellation));
    }

    [Fact]
    public async Task The_same_files_over_http_give_the_same_answers()
    {
        Checkpoint head = _log.GrowTo(300).Publish(300);
        using HttpClient http = new(new FolderServer(_log.Public));
        TileLog reader = new(TileSources.Http(http, new Uri("http://north.example/data")), _log.Key);

        Assert.Equal(head.Text, (await reader.CheckpointAsync(Cancellation))!.Text);
        Assert.Equal(
            _log.Entries.InclusionProof(299, 300), await reader.InclusionProofAsync(299, head, Cancellation));
        Assert.Equal(TilePath.OfTree(300).Count(), await reader.VerifyAsync(head, Cancellation));
    }

    [Fact]
    public async Task A_server_that_sends_without_end_is_cut_off()
    {
        using HttpClient http = new(new EndlessServer());
        TileSource source = TileSources.Http(http, new Uri("http://north.example/data/"));

        await Assert.ThrowsAsync<HttpRequestException>(() => source("checkpoint", Cancellation));
    }

    [Theory]
    [InlineData(new byte[] { }, 1)]
    [InlineData(new byte[] { 0 }, 1)]
    [InlineData(new byte[] { 0, 2, 65 }, 1)]
    [InlineData(new byte[] { 0, 1, 65, 0 }, 1)]
    [InlineData(new byte[] { 0, 1, 65 }, 2)]
    public void A_bundle_that_is_too_short_or_too_long_is_refused(byte[] bytes, int width)
    {
        Assert.Throws<TileFormatException>(() => EntryBundle.Parse(bytes, width));
    }

    [Fact]
    public void The_longest_entry_fits_and_a_longer_one_does_not()
    {
        ReadOnlyMemory<byte>[] longest = [new byte[ushort.MaxValue], new byte[] { 1 }];

        ReadOnlyMemory<byte>[] read = EntryBundle.Parse(EntryBundle.Format(longest), 2);

        Assert.Equal(ushort.MaxValue, read[0].Length);
        Assert.Equal([1], read[1].ToArray());
        Assert.Throws<ArgumentException>(() => EntryBundle.Format([new byte[ushort.MaxValue + 1]]));
        Assert.Throws<TileFormatException>(() => HashTile.Parse(new byte[MerkleHash.Size], 2));
    }

    private sealed class FolderServer(string folder) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.StartsWith("/data/", request.RequestUri!.AbsolutePath, StringComparison.Ordinal);
            string path = Path.Combine(folder, request.RequestUri.AbsolutePath["/data/".Length..]);
            return Task.FromResult(File.Exists(path)
                ? new HttpResponseMessage { Content = new ByteArrayContent(File.ReadAllBytes(path)) }
                : new HttpResponseMessage(HttpStatusCode.NotFound));
        }
    }

    private sealed class EndlessServer : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new Zeros()) });
    }

    private sealed class Zeros : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => count;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
