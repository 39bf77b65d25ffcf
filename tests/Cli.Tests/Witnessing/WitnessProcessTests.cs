using System.Net;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Witnessing;

namespace DigitalTwin.Cli.Tests.Witnessing;

// Goal: a witness that is killed at any moment never forgets what it cosigned. Method: the built executable as a
// process of its own, asked over HTTP while it is killed again and again; it must remember whatever it said.
public sealed class WitnessProcessTests : IDisposable
{
    private const string Origin = "twin.example/demo/data";
    private const int Entries = 5000;
    private const int Kills = 3;
    private const int AnswersPerLife = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.Generate();
    private readonly EntryLog _log;
    private readonly HttpClient _http = new();

    public WitnessProcessTests()
    {
        _log = EntryLog.Open(_folder["log"]);
        _log.Append([.. Enumerable.Range(0, Entries).Select(i => (ReadOnlyMemory<byte>)BitConverter.GetBytes(i))]);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _log.Dispose();
        _key.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_killed_witness_remembers_everything_it_said()
    {
        NoteVerifierKey vkey = Init();
        long said = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using RunningDtwin running = Start();
            Uri address = AddressOf(running);
            SignedNote? latest = await LatestAsync(address);
            long remembered = latest is null ? 0 : Checkpoint.Parse(latest.Text).Size;
            Assert.True(remembered >= said, $"It had cosigned {said} entries and remembers {remembered}.");

            // Killed when some answers have arrived and the next request is under way; what was answered counts.
            TaskCompletionSource some = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<long> asking = AskAsync(new WitnessClient(_http, address, vkey), remembered, some);
            await some.Task.WaitAsync(Patience, Cancellation);
            running.Kill();
            said = await asking;
        }

        Assert.InRange(said, Kills * AnswersPerLife, Entries);
    }

    [Fact]
    public async Task The_edge_speaks_the_protocol()
    {
        NoteVerifierKey vkey = Init();
        using RunningDtwin running = Start();
        Uri address = AddressOf(running);
        await new WitnessClient(_http, address, vkey).CosignAsync(HeadOf(7), _log, Cancellation);

        using HttpResponseMessage conflict = await PostAsync(
            address, new AddCheckpointRequest(0, [], HeadOf(9)).Format());
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        Assert.Equal("text/x.tlog.size", conflict.Content.Headers.ContentType!.ToString());
        Assert.Equal("7\n", await conflict.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(address, "old 0")).StatusCode);
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            (await PostAsync(address, new string('x', AddCheckpointRequest.MaxBytes + 1))).StatusCode);
        Assert.Equal(
            HttpStatusCode.MethodNotAllowed,
            (await _http.GetAsync(new Uri(address, "add-checkpoint"), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(address, Cancellation)).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound, (await _http.GetAsync(new Uri(address, "x/checkpoint"), Cancellation)).StatusCode);
        SignedNote latest = (await LatestAsync(address))!;
        Assert.Equal(2, latest.VerifiedBy([vkey, LogKey]).Count);
    }

    [Fact]
    public void A_witness_is_made_once_and_needs_keys_of_logs()
    {
        NoteVerifierKey vkey = Init();

        Assert.Equal(ExitCodes.Usage, Dtwin.Run("witness", "init", "--state", _folder["w"], "--name", "w").ExitCode);
        Assert.Equal(
            ExitCodes.Usage, Dtwin.Run("witness", "init", "--state", _folder["v"], "--name", "a b").ExitCode);
        Assert.Equal(
            ExitCodes.Usage,
            Dtwin.Run("witness", "run", "--state", _folder["w"], "--listen", "0", "--log", $"{vkey}").ExitCode);
        Assert.Equal(
            ExitCodes.Environment,
            Dtwin.Run("witness", "run", "--state", _folder["none"], "--listen", "0", "--log", $"{LogKey}").ExitCode);
    }

    private NoteVerifierKey LogKey => NoteVerifierKey.Log(Origin, _key.PublicKey);

    private NoteVerifierKey Init()
    {
        Answer init = Dtwin.Run("witness", "init", "--state", _folder["w"], "--name", "ethics.example/w1");
        Assert.True(init.ExitCode == ExitCodes.Complete, init.ToString());
        return NoteVerifierKey.Parse(init.Output.TrimEnd('\n'));
    }

    private RunningDtwin Start() => Dtwin.Start(
        _folder.FullPath, "witness", "run", "--state", _folder["w"], "--listen", "0", "--log", $"{LogKey}");

    private static Uri AddressOf(RunningDtwin running)
    {
        running.WaitUntil(() => running.Output.Contains("listens on port "), "The start", Patience);
        return new Uri($"http://127.0.0.1:{running.Output.Split("listens on port ")[1].Split('.')[0]}/");
    }

    private SignedNote HeadOf(long size) =>
        SignedNote.Sign(new Checkpoint(Origin, size, _log.RootAt(size)).Text, Origin, _key);

    // The largest size that the witness answered for.
    private async Task<long> AskAsync(WitnessClient client, long from, TaskCompletionSource some)
    {
        long said = from;
        try
        {
            while (said < Entries)
            {
                await client.CosignAsync(HeadOf(said + 1), _log, Cancellation);
                said++;
                if (said == from + AnswersPerLife)
                {
                    some.SetResult();
                }
            }
        }
        catch (HttpRequestException)
        {
            // Killed.
        }

        return said;
    }

    private async Task<SignedNote?> LatestAsync(Uri address)
    {
        using HttpResponseMessage answer =
            await _http.GetAsync(new Uri(address, $"{Witness.DigestOf(Origin)}/checkpoint"), Cancellation);
        return answer.IsSuccessStatusCode
            ? SignedNote.Parse(await answer.Content.ReadAsByteArrayAsync(Cancellation))
            : null;
    }

    private Task<HttpResponseMessage> PostAsync(Uri address, string body) => _http.PostAsync(
        new Uri(address, "add-checkpoint"),
        new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body)),
        Cancellation);
}
