using System.Net;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Tests.Tiles;
using DigitalTwin.Ledger.Witnessing;
using DigitalTwin.TestKit;

namespace DigitalTwin.Ledger.Tests.Witnessing;

// Goal: a log gets its cosignature whatever it remembers of the witness, and believes no answer. Method: the real
// witness behind a message handler, then answers that a witness should not give.
public sealed class WitnessClientTests : IDisposable
{
    private readonly PublishedLog _log = new PublishedLog().GrowTo(40);
    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.Generate();
    private readonly Witness _witness;

    public WitnessClientTests() => _witness = Witness.Open(
        _folder["state"], "ethics.example/w1", _key, [_log.Key], new ManualTime(DateTimeOffset.UnixEpoch.AddYears(56)));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _witness.Dispose();
        _key.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_client_that_remembers_and_one_that_forgot_both_get_the_line()
    {
        WitnessServer server = new(body => _witness.AddCheckpoint(body));
        WitnessClient client = ClientOf(server);
        Assert.True(Holds(await client.CosignAsync(_log.HeadOf(3), _log.Entries, Cancellation), 3));
        Assert.True(Holds(await client.CosignAsync(_log.HeadOf(9), _log.Entries, Cancellation), 9));
        Assert.Equal(2, server.Requests);

        // It begins at size 0, is told 9, and proves the growth from there.
        WitnessClient fresh = ClientOf(server);
        Assert.True(Holds(await fresh.CosignAsync(_log.HeadOf(40), _log.Entries, Cancellation), 40));
        Assert.Equal(4, server.Requests);
        Assert.True(Holds(await fresh.CosignAsync(_log.HeadOf(40), _log.Entries, Cancellation), 40));
    }

    [Fact]
    public async Task A_log_that_was_restored_from_an_old_backup_is_told_so()
    {
        WitnessServer server = new(body => _witness.AddCheckpoint(body));
        await ClientOf(server).CosignAsync(_log.HeadOf(40), _log.Entries, Cancellation);

        WitnessRefusedException refused = await Assert.ThrowsAsync<WitnessRefusedException>(
            () => ClientOf(server).CosignAsync(_log.HeadOf(7), _log.Entries, Cancellation));

        Assert.Contains("cosigned 40 entries", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_witness_that_saw_another_history_is_not_asked_for_ever()
    {
        using PublishedLog other = new();
        SignedNote head = _log.HeadOf(7, _log.Entries.RootAt(8));
        Assert.Equal(200, _witness.AddCheckpoint(
            System.Text.Encoding.UTF8.GetBytes(new AddCheckpointRequest(0, [], head).Format())).Status);
        WitnessServer server = new(body => _witness.AddCheckpoint(body));

        await Assert.ThrowsAsync<WitnessRefusedException>(
            () => ClientOf(server).CosignAsync(_log.HeadOf(7), _log.Entries, Cancellation));
        await Assert.ThrowsAsync<WitnessRefusedException>(
            () => ClientOf(server).CosignAsync(_log.HeadOf(9), _log.Entries, Cancellation));
        Assert.InRange(server.Requests, 2, 6);
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "no signature line\n")]
    [InlineData(200, "— ethics.example/w1 AAAAAAA=\n")]
    [InlineData(403, "no\n")]
    [InlineData(404, "no\n")]
    [InlineData(409, "not a size\n")]
    [InlineData(409, "-1\n")]
    [InlineData(409, "0\n")]
    [InlineData(409, "99999999999999999999\n")]
    [InlineData(422, "no\n")]
    [InlineData(500, "\u001b[31m")]
    public async Task An_answer_without_a_valid_line_is_a_refusal(int status, string body)
    {
        WitnessServer server = new(_ => new WitnessAnswer(status, "text/plain", body));

        WitnessRefusedException refused = await Assert.ThrowsAsync<WitnessRefusedException>(
            () => ClientOf(server).CosignAsync(_log.HeadOf(7), _log.Entries, Cancellation));

        Assert.DoesNotContain("\u001b", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_witness_that_changes_its_size_with_every_answer_is_given_up()
    {
        int size = 1;
        WitnessServer server = new(_ => WitnessAnswer.Conflict(size++));

        await Assert.ThrowsAsync<WitnessRefusedException>(
            () => ClientOf(server).CosignAsync(_log.HeadOf(40), _log.Entries, Cancellation));
        Assert.Equal(3, server.Requests);
    }

    private WitnessClient ClientOf(WitnessServer server) =>
        new(new HttpClient(server), new Uri("http://ethics.example/witness"), _witness.VerifierKey);

    private bool Holds(NoteSignature line, long size) =>
        line.IsBy(_witness.VerifierKey)
        && _witness.VerifierKey.Verify(_log.HeadOf(size).Text, line.Signature.Span);

    private sealed class WitnessServer(Func<byte[], WitnessAnswer> answer) : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            Assert.Equal("http://ethics.example/witness/add-checkpoint", request.RequestUri!.AbsoluteUri);
            WitnessAnswer given = answer(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
            return new HttpResponseMessage((HttpStatusCode)given.Status)
            {
                Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(given.Body)),
            };
        }
    }
}
