using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tiles;

namespace DigitalTwin.Interop.Tests.Tlog;

// Goal: a verifier that shares no line with us verifies our logs from a plain copy of the published folder. Method:
// Go's own sumdb/note and sumdb/tlog, compiled from verify.go, on logs of one and two levels of tiles; then the same
// program on folders in which something is wrong.
public sealed class GoVerifierTests : IDisposable
{
    private const string Origin = "twin.example/demo/data";
    private const string Packages = "needs Debian's golang-go (or golang-1.19-go) and golang-golang-x-mod-dev";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("dtwin-go-").FullName;
    private readonly Ed25519Key _key = Ed25519Key.Generate();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(15, 6, 7)]
    [InlineData(256, 255, 255)]
    [InlineData(700, 513, 256)]
    public async Task Go_verifies_checkpoint_tiles_record_and_growth(int size, int index, int older)
    {
        string verifier = await BuildAsync();
        using EntryLog log = Publish(size, index, older);

        (int exitCode, string output, string errors) = await VerifyAsync(verifier, index);

        Assert.True(exitCode == 0, errors);
        Assert.Equal(
            [
                $"size {size}",
                .. log.InclusionProof(index, size).Select(hash => $"inclusion {hash}"),
                .. log.ConsistencyProof(older, size).Select(hash => $"consistency {hash}"),
            ],
            output.TrimEnd('\n').Split('\n'));
    }

    // In the hash of leaf 1, the first of the audit path of record 0: version 0.7.0 does not authenticate every hash of
    // every tile, but no proof from a wrong one passes.
    [Theory]
    [InlineData("checkpoint", 2)]
    [InlineData("tile/0/000", 34)]
    [InlineData("tile/1/000.p/1", 2)]
    [InlineData("tile/entries/000", 2)]
    public async Task Go_refuses_a_folder_in_which_one_bit_is_wrong(string file, int offset)
    {
        string verifier = await BuildAsync();
        using EntryLog log = Publish(size: 300, index: 0, older: 256);
        string path = Path.Combine(_folder, "public", file);
        byte[] bytes = await File.ReadAllBytesAsync(path, Cancellation);
        bytes[offset] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Cancellation);

        (int exitCode, _, string errors) = await VerifyAsync(verifier, index: 0);

        Assert.Equal(1, exitCode);
        Assert.NotEmpty(errors);
    }

    [Fact]
    public async Task Go_refuses_growth_from_a_head_of_another_history()
    {
        string verifier = await BuildAsync();
        using EntryLog log = Publish(size: 300, index: 0, older: 256);
        WriteNote("older", HeadOf(256, log.RootAt(255)));

        (int exitCode, _, _) = await VerifyAsync(verifier, index: 0);

        Assert.Equal(1, exitCode);
    }

    private static string? FindGo()
    {
        IEnumerable<string> debian = Directory.Exists("/usr/lib")
            ? Directory.EnumerateDirectories("/usr/lib", "go-*").Select(folder => Path.Combine(folder, "bin/go"))
            : [];
        return debian.Prepend("/usr/bin/go").FirstOrDefault(File.Exists);
    }

    // Modules off and the source tree of Debian's library package as GOPATH: nothing is fetched.
    private async Task<string> BuildAsync()
    {
        string? go = FindGo();
        bool library = Directory.Exists("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog");
        Assert.SkipUnless(go is not null && library, Packages);
        string program = Path.Combine(_folder, "verify");
        (int exitCode, _, string errors) = await ForeignProgram.RunAsync(
            "/usr/bin/env",
            [
                "GO111MODULE=off", "GOPATH=/usr/share/gocode", "GOFLAGS=", "CGO_ENABLED=0", "GOTOOLCHAIN=local",
                $"GOCACHE={Path.Combine(AppContext.BaseDirectory, "Tlog", "go-cache")}",
                go!, "build", "-o", program, Path.Combine(AppContext.BaseDirectory, "Tlog", "verify.go"),
            ],
            "",
            Limit,
            Cancellation);
        Assert.True(exitCode == 0, $"Go could not build the verifier: {errors}");
        return program;
    }

    private EntryLog Publish(int size, int index, int older)
    {
        EntryLog log = EntryLog.Open(Path.Combine(_folder, "log"));
        log.Append([.. Enumerable.Range(0, size).Select(i =>
            (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes($"record {i} {new string('x', i % 400)}"))]);
        SignedNote head = HeadOf(size, log.Root);
        new TileFolder(Path.Combine(_folder, "public")).Publish(log, head);
        WriteNote("older", HeadOf(older, log.RootAt(older)));
        File.WriteAllText(Path.Combine(_folder, "proof"), ProofFile.Of(log, index, head).Format());
        return log;
    }

    private SignedNote HeadOf(long size, MerkleHash root) =>
        SignedNote.Sign(new Checkpoint(Origin, size, root).Text, Origin, _key);

    private void WriteNote(string name, SignedNote note) =>
        File.WriteAllBytes(Path.Combine(_folder, name), note.ToBytes());

    private Task<(int ExitCode, string Output, string Errors)> VerifyAsync(string verifier, int index) =>
        ForeignProgram.RunAsync(
            verifier,
            [
                Path.Combine(_folder, "public"), NoteVerifierKey.Log(Origin, _key.PublicKey).ToString(),
                Path.Combine(_folder, "older"), Path.Combine(_folder, "proof"), $"{index}",
            ],
            "",
            Limit,
            Cancellation);
}
