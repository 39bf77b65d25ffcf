using System.Net;
using System.Text.Json;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Coordinator.ReadSide;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tiles;
using DigitalTwin.Ledger.Witnessing;
using DigitalTwin.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DigitalTwin.Coordinator.Tests.ReadSide;

// Goal: a running coordinator publishes its final heads, with the lines of its witnesses, on a port that serves nothing
// else. Method: the real host on loopback with real TLS, a real witness behind a small server, and a reader who has
// nothing but the log's key; then a mirror of the same folder.
public sealed class ReadSideTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _witnessKey = Ed25519Key.Generate();
    private readonly HttpClient _http = new(new HttpClientHandler
    {
        ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
    });
    private Witness _witness = null!;
    private WebApplication _witnessServer = null!;
    private WebApplication _coordinator = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private CoordinatorFolder State => new(_folder["state"]);

    private NoteVerifierKey LogKey
    {
        get
        {
            using Ed25519Key key = Ed25519Key.Load(State.AuthorizationLogKey);
            return NoteVerifierKey.Log("digitaltwin.dev/test/authorization", key.PublicKey);
        }
    }

    public async ValueTask InitializeAsync()
    {
        Consortium.Create(State.Root, new ConsortiumSettings("test", "localhost"), TimeProvider.System);
        _witness = Witness.Open(_folder["witness"], "ethics.example/w1", _witnessKey, [LogKey], TimeProvider.System);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _witnessServer = builder.Build();
        _witnessServer.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            WitnessAnswer answer = _witness.AddCheckpoint(body.ToArray());
            context.Response.StatusCode = answer.Status;
            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer.Body));
        });
        await _witnessServer.StartAsync();
        string url = $"http://127.0.0.1:{MirrorHost.PortOf(_witnessServer)}/";
        File.WriteAllText(
            State.Witnesses, JsonSerializer.Serialize(new[] { new { url, vkey = $"{_witness.VerifierKey}" } }));
        _coordinator = CoordinatorHost.Build(
            new CoordinatorOptions(State.Root, 0, 0, AnyAddress: false, ReadPort: 0), TimeProvider.System);
        await _coordinator.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _coordinator.StopAsync();
        await _coordinator.DisposeAsync();
        await _witnessServer.DisposeAsync();
        _witness.Dispose();
        _witnessKey.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_reader_with_the_logs_key_verifies_what_the_coordinator_publishes()
    {
        TileLog reader = new(TileSources.Http(_http, new Uri(ReadSide, "authorization/")), LogKey);

        SignedNote note = await WitnessedAsync(reader);

        Checkpoint head = Checkpoint.Parse(note.Text);
        Assert.Equal(1, head.Size);
        Assert.Equal(2, await reader.VerifyAsync(head, Cancellation));
        Assert.Equal(note.Text, _witness.Latest(Witness.DigestOf(head.Origin))!.Text);

        // The witness is none of the hospitals: what the ledger itself calls final does not know it.
        SignedNote final = SignedNote.Parse(
            await File.ReadAllBytesAsync(Path.Combine(State.AuthorizationLog, "checkpoint"), Cancellation));
        Assert.DoesNotContain(final.Signatures, line => line.IsBy(_witness.VerifierKey));
    }

    [Fact]
    public async Task A_new_final_head_is_published_within_seconds()
    {
        TileLog reader = new(TileSources.Http(_http, new Uri(ReadSide, "authorization/")), LogKey);
        await WitnessedAsync(reader);
        MemberFolder north = new(_folder["north"]);
        EnrolmentToken token = EnrolmentToken.Parse(Consortium.IssueToken(
            State.Root, "north", Role.Hospital, TimeSpan.FromMinutes(10), TimeProvider.System));
        await EnrolmentClient.EnrolAsync(north, "north", token, Enrolment, TimeProvider.System, Cancellation);
        using Ed25519Key key = Ed25519Key.Load(north.WitnessKey);
        ConsortiumLedger ledger = _coordinator.Services.GetRequiredService<ConsortiumLedger>();
        string head = ledger.KeeperOf(LogKind.Authorization).SignedHead!.Text;
        string line = Cosignature.Sign(head, "north", key, TimeProvider.System.GetUtcNow()).ToString();
        Assert.Null(ledger.Cosign(LogKind.Authorization, 2, line, ledger.Members.Find("north")!));

        SignedNote note = await WitnessedAsync(reader, size: 2);
        Assert.Equal(3, note.Signatures.Count);
        Assert.Equal(2, await reader.VerifyAsync(Checkpoint.Parse(note.Text), Cancellation));
    }

    [Fact]
    public async Task The_port_of_the_readers_serves_no_calls_and_the_others_no_files()
    {
        using HttpRequestMessage call = new(HttpMethod.Post, new Uri(ReadSide, "digitaltwin.v1.Enrolment/Enrol"));
        using HttpResponseMessage refused = await _http.SendAsync(call, Cancellation);
        using HttpRequestMessage file = new(HttpMethod.Get, new Uri(Enrolment, "authorization/checkpoint"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage missing = await _http.SendAsync(file, Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, missing.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(ReadSide, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_mirror_serves_a_ledger_folder_that_another_process_writes()
    {
        await using WebApplication mirror = MirrorHost.Build(
            new MirrorOptions(State.Ledger, _folder["mirror"], Port: 0, AnyAddress: false), TimeProvider.System);
        await mirror.StartAsync(Cancellation);
        Uri prefix = new($"http://127.0.0.1:{MirrorHost.PortOf(mirror)}/authorization/");
        TileLog reader = new(TileSources.Http(_http, prefix), LogKey);

        SignedNote? note = null;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        while ((note = await reader.CheckpointAsync(limit.Token)) is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }

        Assert.Equal(2, await reader.VerifyAsync(Checkpoint.Parse(note.Text), Cancellation));
        using EntryLog log = EntryLog.OpenRead(State.AuthorizationLog);
        Assert.Equal(
            log.Read(0).ToArray(), (await reader.ReadAsync(0, Checkpoint.Parse(note.Text), Cancellation)).ToArray());
    }

    private Uri ReadSide => AddressOf(2);

    private Uri Enrolment => AddressOf(1);

    private Uri AddressOf(int port) => new(
        $"https://localhost:{new Uri(_coordinator.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(port)).Port}/");

    private async Task<SignedNote> WitnessedAsync(TileLog reader, long size = 1)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        while (true)
        {
            SignedNote? note = await reader.CheckpointAsync(limit.Token);
            if (note is not null && Checkpoint.Parse(note.Text).Size == size
                && note.VerifiedBy([_witness.VerifierKey]).Count == 1)
            {
                return note;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }
}
