using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tests.Notes;

// Goal: a policy means what C2SP tlog-policy says, and a file that could be read in two ways is not read. Method: the
// two-level example of the specification with every subset of its six witnesses, then each rule by its violation.
public sealed class PolicyFileTests : IDisposable
{
    private const string Origin = "twin.example/demo/data";

    private static readonly string[] Names = ["X1", "X2", "X3", "Y1", "Y2", "Y3"];

    private readonly Ed25519Key _log = Ed25519Key.Generate();
    private readonly Ed25519Key[] _witnesses = [.. Names.Select(_ => Ed25519Key.Generate())];

    public void Dispose()
    {
        _log.Dispose();
        foreach (Ed25519Key witness in _witnesses)
        {
            witness.Dispose();
        }
    }

    [Fact]
    public void The_example_of_the_specification_accepts_two_of_x_with_one_of_y_and_nothing_else()
    {
        PolicyFile policy = Parse($"""
            log {LogKey}

            witness X1 {KeyOf(0)}
            witness X2 {KeyOf(1)}
            witness X3 {KeyOf(2)}
            group X-witnesses 2 X1 X2 X3

            witness Y1 {KeyOf(3)}
            witness Y2 {KeyOf(4)}
            witness Y3 {KeyOf(5)}
            group Y-witnesses any Y1 Y2 Y3

            group X-and-Y all X-witnesses Y-witnesses
            quorum X-and-Y

            """);
        for (int subset = 0; subset < 1 << Names.Length; subset++)
        {
            int[] signers = [.. Enumerable.Range(0, Names.Length).Where(i => (subset & (1 << i)) != 0)];
            bool enough = signers.Count(i => i < 3) >= 2 && signers.Any(i => i >= 3);

            Assert.Equal(enough, policy.Refuses(HeadBy(signers)) is null);
        }
    }

    [Theory]
    [InlineData("all", 1, false)]
    [InlineData("all", 2, true)]
    [InlineData("any", 0, false)]
    [InlineData("any", 1, true)]
    [InlineData("1", 1, true)]
    [InlineData("2", 1, false)]
    [InlineData("2", 2, true)]
    public void A_threshold_counts_its_members(string threshold, int signers, bool accepted)
    {
        PolicyFile policy = Parse(
            $"log {LogKey}\nwitness X1 {KeyOf(0)}\nwitness X2 {KeyOf(1)}\ngroup g {threshold} X1 X2\nquorum g\n");

        Assert.Equal(accepted, policy.Refuses(HeadBy([.. Enumerable.Range(0, signers)])) is null);
    }

    [Fact]
    public void A_single_witness_or_none_can_be_the_quorum()
    {
        PolicyFile one = Parse($"log {LogKey}\nwitness X1 {KeyOf(0)}\nwitness X2 {KeyOf(1)}\nquorum X1\n");
        PolicyFile none = Parse($"log {LogKey}\nquorum none\n");

        Assert.Null(one.Refuses(HeadBy([0])));
        Assert.NotNull(one.Refuses(HeadBy([1])));
        Assert.Null(none.Refuses(HeadBy([])));
    }

    [Fact]
    public void Comments_tabs_urls_and_octets_beyond_ascii_are_read_as_they_are()
    {
        string text = $"# für das Archiv\n \t\n\tlog  {LogKey}\thttps://example.org/\n  # more\n"
            + $"witness Zürich {KeyOf(0)} https://wïtness.example/\nquorum \tZürich \n";
        PolicyFile policy = Parse(text);

        Assert.Null(policy.Refuses(HeadBy([0])));
        Assert.Equal(text, policy.Format());
        Assert.Single(policy.Logs);
        Assert.Single(policy.Witnesses);
    }

    [Fact]
    public void A_head_of_another_log_or_a_forged_cosignature_is_refused()
    {
        PolicyFile policy = Parse($"log {LogKey}\nwitness X1 {KeyOf(0)}\nwitness X2 {KeyOf(1)}\nquorum X1\n");
        using Ed25519Key stranger = Ed25519Key.Generate();
        SignedNote good = HeadBy([0]);
        NoteSignature forged = good.Signatures[1] with { Name = KeyOf(1).Name, KeyHash = KeyOf(1).KeyHash };

        Assert.NotNull(policy.Refuses(SignedNote.Sign(good.Text, Origin, stranger)));
        Assert.NotNull(policy.Refuses(SignedNote.Sign(
            new Checkpoint("other.example", 3, Rfc6962.Empty).Text, Origin, _log)));
        Assert.NotNull(policy.Refuses(good.With(forged)));
        Assert.Null(policy.Refuses(good));
    }

    [Theory]
    [InlineData("")]
    [InlineData("quorum none")]
    [InlineData("log LOG\n")]
    [InlineData("quorum none\nquorum none\n")]
    [InlineData("quorum X1\n")]
    [InlineData("quorum X1\nwitness X1 W0\n")]
    [InlineData("witness none W0\nquorum none\n")]
    [InlineData("witness X1 W0\nwitness X1 W1\nquorum X1\n")]
    [InlineData("witness X1 W0\nwitness X2 W0\nquorum X1\n")]
    [InlineData("log LOG\nlog LOG\nquorum none\n")]
    [InlineData("log W0\nquorum none\n")]
    [InlineData("witness X1 LOG\nquorum X1\n")]
    [InlineData("log LOG a b\nquorum none\n")]
    [InlineData("log\nquorum none\n")]
    [InlineData("witness X1\nquorum none\n")]
    [InlineData("witness X1 W0\ngroup g any\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup g 0 X1\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup g 2 X1\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup g -1 X1\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup g some X1\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup g 2 X1 X1\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup g any X2\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup X1 any X1\nquorum X1\n")]
    [InlineData("witness X1 W0\ngroup none any X1\nquorum none\n")]
    [InlineData("witness X1 W0\ngroup g any g\nquorum g\n")]
    [InlineData("witness X1 W0\ngroup g any X1\ngroup h any X1\nquorum h\n")]
    [InlineData("witness X1 W0\ngroup g any none\nquorum g\n")]
    [InlineData("witness X1 W0\nquorum X1 X1\n")]
    [InlineData("Quorum none\n")]
    [InlineData("quorum none\r\n")]
    [InlineData("quorum none\n\u007f\n")]
    [InlineData("log a+00000000+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx\nquorum none\n")]
    public void A_malformed_policy_is_refused(string text)
    {
        string keys = text.Replace("LOG", LogKey.ToString(), StringComparison.Ordinal)
            .Replace("W0", KeyOf(0).ToString(), StringComparison.Ordinal)
            .Replace("W1", KeyOf(1).ToString(), StringComparison.Ordinal);

        Assert.Throws<NoteFormatException>(() => Parse(keys));
    }

    [Fact]
    public void A_policy_that_is_too_large_is_refused()
    {
        Assert.Throws<NoteFormatException>(() => PolicyFile.Parse(new byte[PolicyFile.MaxBytes + 1]));
    }

    [Fact]
    public void The_policy_of_a_consortium_accepts_its_final_heads_and_none_below_the_quorum()
    {
        using SmallConsortium consortium = new SmallConsortium().Found();
        PolicyFile policy = PolicyFile.OfConsortium(consortium.Registry, 5);

        Assert.NotNull(policy.Refuses(consortium.Authorization.SignHead()));
        consortium.Cosign();

        Assert.Null(policy.Refuses(consortium.Authorization.FinalHead!));
        Assert.NotNull(policy.Refuses(Without(consortium, "hospital-c")));
        Assert.Equal(["hospital/hospital-a", "hospital/hospital-b", "hospital/hospital-c"], policy.Witnesses.Keys);
        Assert.Equal("none", PolicyFile.OfConsortium(consortium.Registry, 1).Quorum);
        Assert.Throws<ArgumentException>(() => PolicyFile.OfConsortium(new(), 0));
    }

    private static PolicyFile Parse(string text) => PolicyFile.Parse(System.Text.Encoding.UTF8.GetBytes(text));

    private static SignedNote Without(SmallConsortium consortium, string hospital) =>
        consortium.Authorization.FinalHead!.Where(line => !line.IsBy(consortium.WitnessOf(hospital)));

    private NoteVerifierKey LogKey => NoteVerifierKey.Log(Origin, _log.PublicKey);

    private NoteVerifierKey KeyOf(int witness) =>
        NoteVerifierKey.Witness($"{Names[witness]}.example", _witnesses[witness].PublicKey);

    private SignedNote HeadBy(int[] signers)
    {
        SignedNote note = SignedNote.Sign(new Checkpoint(Origin, 3, Rfc6962.Empty).Text, Origin, _log);
        return signers.Aggregate(note, (signed, i) => signed.With(Cosignature.Sign(
            note.Text, KeyOf(i).Name, _witnesses[i], DateTimeOffset.UnixEpoch.AddYears(56))));
    }
}
