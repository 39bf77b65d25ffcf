using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Cli.Tests;

// Goal: whoever was handed one record, a proof and a policy can check them with one command, and is told in a sentence
// when they do not fit. Method: the ledger of a real coordinator; each case runs the built executable.
public sealed class ProofTests(ProofTests.FoundedLedger founded) : IClassFixture<ProofTests.FoundedLedger>
{
    private const string Origin = "twin.example/demo/data";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private string Ledger => founded["coordinator/ledger"];

    [Fact]
    public void A_record_is_proven_from_the_ledger_and_checked_without_it()
    {
        using TemporaryFolder folder = new();
        Complete(folder, "audit", "policy", Ledger, "--out", "policy");
        Answer proven = Complete(
            folder, "audit", "prove", Ledger, "--log", "authorization", "--index", "0", "--out", "r.tlog-proof",
            "--leaf-out", "record");

        Assert.Equal("Record 0 of 1 of digitaltwin.dev/heart/authorization: r.tlog-proof\n", proven.Output);
        Assert.StartsWith("c2sp.org/tlog-proof@v1\nindex 0\n\n", File.ReadAllText(folder["r.tlog-proof"]));
        Answer checkedProof = Complete(
            folder, "audit", "check-proof", "r.tlog-proof", "--leaf", "record", "--policy", "policy");
        Assert.Equal("PROVEN\n", checkedProof.Output);

        File.AppendAllText(folder["record"], " ");
        Refused(
            ExitCodes.NotVerified,
            "dtwin: The entry is not entry 0 of the 1 entries of digitaltwin.dev/heart/authorization.\n",
            Dtwin.RunIn(
                folder.FullPath, "audit", "check-proof", "r.tlog-proof", "--leaf", "record", "--policy", "policy"));
    }

    [Fact]
    public void A_record_is_found_by_its_digest_too()
    {
        using TemporaryFolder folder = new();
        Complete(
            folder, "audit", "prove", Ledger, "--log", "authorization", "--sha256", founded.Genesis, "--out", "proof");

        Assert.Contains("\nindex 0\n", File.ReadAllText(folder["proof"]));
        Refused(
            ExitCodes.NotVerified,
            $"dtwin: No record of the authorization log has the SHA-256 {new string('0', 64)}.\n",
            Dtwin.RunIn(
                folder.FullPath,
                "audit", "prove", Ledger, "--log", "authorization", "--sha256", new string('0', 64), "--out", "proof"));
    }

    [Theory]
    [InlineData("--log authorization --index 1", 5)]
    [InlineData("--log data --index 0", 5)]
    [InlineData("--log authorization", 2)]
    [InlineData("--log authorization --index -1", 2)]
    [InlineData("--log authorization --sha256 abc", 2)]
    [InlineData("--log blobs --index 0", 2)]
    public void What_cannot_be_proven_is_refused(string options, int exitCode)
    {
        using TemporaryFolder folder = new();

        Answer answer = Dtwin.RunIn(
            folder.FullPath, ["audit", "prove", Ledger, "--out", "proof", .. options.Split(' ')]);

        Assert.True(answer.ExitCode == exitCode, answer.ToString());
        Assert.False(File.Exists(folder["proof"]));
    }

    [Fact]
    public void A_proof_or_a_policy_that_is_none_is_named()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["nonsense"], "nonsense\n");
        File.WriteAllText(folder["policy"], "quorum none\n");

        Refused(
            ExitCodes.Usage,
            "dtwin: There is no file absent.\n",
            Dtwin.RunIn(
                folder.FullPath, "audit", "check-proof", "absent", "--leaf", "nonsense", "--policy", "policy"));
        Refused(
            ExitCodes.Usage,
            "dtwin: nonsense: Line 1 of the policy: it is none of log, witness, group and quorum with what belongs to "
                + "them.\n",
            Dtwin.RunIn(
                folder.FullPath, "audit", "check-proof", "nonsense", "--leaf", "nonsense", "--policy", "nonsense"));
        Refused(
            ExitCodes.NotVerified,
            "dtwin: nonsense: A proof file is 'c2sp.org/tlog-proof@v1', an index, hashes and a checkpoint.\n",
            Dtwin.RunIn(
                folder.FullPath, "audit", "check-proof", "nonsense", "--leaf", "nonsense", "--policy", "policy"));
    }

    [Fact]
    public void A_fork_proof_convicts_the_log_and_no_other()
    {
        using TemporaryFolder folder = new();
        using Ed25519Key key = Ed25519Key.Generate();
        using Ed25519Key stranger = Ed25519Key.Generate();
        SignedNote Head(string leaf) =>
            SignedNote.Sign(new Checkpoint(Origin, 1, Leaf(leaf)).Text, Origin, key);
        File.WriteAllText(folder["fork.txt"], ForkProof.OfEqualSizes(Head("a"), Head("b")).Format());
        string log = NoteVerifierKey.Log(Origin, key.PublicKey).ToString();

        Assert.Equal("FORKED\n", Complete(folder, "audit", "fork-proof", "fork.txt", "--log", log).Output);
        string other = NoteVerifierKey.Log(Origin, stranger.PublicKey).ToString();
        Refused(
            ExitCodes.NotVerified,
            $"dtwin: A head of the fork proof is not signed by the log {Origin}.\n",
            Dtwin.RunIn(folder.FullPath, "audit", "fork-proof", "fork.txt", "--log", other));
        Assert.Equal(
            ExitCodes.Usage, Dtwin.RunIn(folder.FullPath, "audit", "fork-proof", "fork.txt", "--log", "key").ExitCode);
    }

    [Fact]
    public async Task The_ledger_is_served_to_readers_and_nothing_is_written_into_it()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using TemporaryFolder folder = new();
        string[] before = Directory.GetFileSystemEntries(Ledger, "*", SearchOption.AllDirectories);
        using RunningDtwin mirror = Dtwin.Start(
            folder.FullPath, "mirror", "serve", "--ledger", Ledger, "--public", "public", "--listen", "0");
        mirror.WaitUntil(() => File.Exists(folder["public/authorization/checkpoint"]), "The publication", Patience);
        mirror.WaitUntil(() => mirror.Output.Contains("listens on port "), "The start", Patience);
        using HttpClient http = new();
        string port = mirror.Output.Split("listens on port ")[1].Split('.')[0];

        Assert.Equal(
            File.ReadAllBytes(Path.Combine(Ledger, "authorization", "checkpoint")),
            await http.GetByteArrayAsync($"http://127.0.0.1:{port}/authorization/checkpoint", cancellationToken));
        Assert.Equal(before, Directory.GetFileSystemEntries(Ledger, "*", SearchOption.AllDirectories));
        Refused(
            ExitCodes.Usage,
            $"dtwin: --public {Ledger}/public lies inside the ledger {Ledger}.\n",
            Dtwin.Run("mirror", "serve", "--ledger", Ledger, "--public", $"{Ledger}/public", "--listen", "0"));
    }

    private static MerkleHash Leaf(string text) => Rfc6962.Leaf(System.Text.Encoding.UTF8.GetBytes(text));

    private static Answer Complete(TemporaryFolder folder, params string[] arguments)
    {
        Answer answer = Dtwin.RunIn(folder.FullPath, arguments);
        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        return answer;
    }

    private static void Refused(int exitCode, string sentence, Answer answer)
    {
        Assert.True(answer.ExitCode == exitCode, answer.ToString());
        Assert.Equal(sentence, answer.Error);
        Assert.Empty(answer.Output);
    }

    /// <summary>A coordinator that was founded, ran once and was killed: its genesis record is final.</summary>
    public sealed class FoundedLedger : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public FoundedLedger()
        {
            Answer init = Dtwin.Run("coordinator", "init", "--state", this["coordinator"], "--consortium", "heart");
            Assert.True(init.ExitCode == ExitCodes.Complete, init.ToString());
            Genesis = init.Output.Split("Genesis record: ")[1].Split(' ')[0];
            using RunningDtwin running = Dtwin.Start(
                _folder.FullPath,
                "coordinator", "run", "--state", this["coordinator"], "--port", "0", "--enrol-port", "0");
            running.WaitUntil(() => running.Output.Contains("listens"), "The start", Patience);
            running.Kill();
        }

        public string Genesis { get; }

        public string this[string name] => _folder[name];

        public void Dispose() => _folder.Dispose();
    }
}
