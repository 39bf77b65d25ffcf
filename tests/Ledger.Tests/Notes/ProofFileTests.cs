using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tests.Notes;

// Goal: a proof file convinces a reader with a policy, and none but the right entry. Method: a file put together from
// the Tessera checkpoint and Go's audit path; then the files of a real consortium, and each rule by its violation.
public sealed class ProofFileTests
{
    // trillian-tessera testdata/log/checkpoint.15 with the audit path that Go's sumdb/tlog ProveRecord(15, 6) gives.
    private const string Foreign =
        "c2sp.org/tlog-proof@v1\n"
        + "index 6\n"
        + "ThcgoV2DYcK+VCxBUDWAlNxmLy2r7dq7dK7+OlgQKWs=\n"
        + "ycRkkNklus5eMVRUvkD1pK321vMrA+jjOiZKU8aOcY4=\n"
        + "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=\n"
        + "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=\n"
        + "\n"
        + "example.com/log/testdata\n"
        + "15\n"
        + "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n"
        + "\n"
        + "— example.com/log/testdata "
        + "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";

    private const string ForeignPolicy =
        "log example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx\nquorum none\n";

    [Fact]
    public void A_proof_from_other_implementations_holds_for_its_entry_alone()
    {
        ProofFile file = Parse(Foreign);
        PolicyFile policy = PolicyFile.Parse(System.Text.Encoding.UTF8.GetBytes(ForeignPolicy));

        Assert.Null(file.Refuses(Rfc6962.Leaf("seven"u8), policy));
        Assert.NotNull(file.Refuses(Rfc6962.Leaf("eit"u8), policy));
        Assert.Equal(Foreign, file.Format());
        Assert.Null(file.Extra);
        string moved = Foreign.Replace("index 6", "index 7", StringComparison.Ordinal);
        Assert.NotNull(Parse(moved).Refuses(Rfc6962.Leaf("seven"u8), policy));
    }

    [Fact]
    public void Extra_data_is_kept_and_trusted_with_nothing()
    {
        string text = Foreign.Replace("index", "extra AAEC\nindex", StringComparison.Ordinal);
        ProofFile file = Parse(text);

        Assert.Equal([0, 1, 2], file.Extra!.Value.ToArray());
        Assert.Equal(text, file.Format());
    }

    [Fact]
    public void Every_record_of_a_consortium_is_proven_by_its_file()
    {
        using SmallConsortium consortium = new SmallConsortium().Found().RunStudy();
        PolicyFile policy = PolicyFile.OfConsortium(consortium.Registry, consortium.Authorization.Entries.Size);
        for (long index = 0; index < consortium.Data.Entries.Size; index++)
        {
            ProofFile written = ProofFile.Of(consortium.Data.Entries, index, consortium.Data.FinalHead!);
            ProofFile read = Parse(written.Format());

            Assert.Null(read.Refuses(Rfc6962.Leaf(consortium.Data.Entries.Read(index).Span), policy));
            Assert.NotNull(read.Refuses(Rfc6962.Leaf("another record"u8), policy));
        }

        ProofFile unwitnessed = ProofFile.Of(
            consortium.Data.Entries, 0, consortium.Data.FinalHead!.Where(line => line.Name.EndsWith("/data")));
        Assert.NotNull(unwitnessed.Refuses(Rfc6962.Leaf(consortium.Data.Entries.Read(0).Span), policy));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProofFile.Of(
            consortium.Data.Entries, consortium.Data.Entries.Size, consortium.Data.FinalHead!));
    }

    [Theory]
    [InlineData("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2")]
    [InlineData("index 6", "index 06")]
    [InlineData("index 6", "index -6")]
    [InlineData("index 6", "index +6")]
    [InlineData("index 6", "index 6 ")]
    [InlineData("index 6", "index")]
    [InlineData("index 6", "index 99999999999999999999")]
    [InlineData("index 6", "Index 6")]
    [InlineData("index 6\n", "")]
    [InlineData("index 6\n", "index 6\nextra AAEC\n")]
    [InlineData("index 6\n", "extra A\nindex 6\n")]
    [InlineData("index 6\n", "extra AAEC\nextra AAEC\nindex 6\n")]
    [InlineData("index 6\n", "index 6\n\n")]
    [InlineData("5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=", "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Kt=")]
    [InlineData("5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=", "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks= ")]
    [InlineData("5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=", "AAAA")]
    [InlineData("\n15\n", "\n015\n")]
    [InlineData("\n\nexample", "\nexample")]
    [InlineData("— ", "- ")]
    [InlineData("\n", "\r\n")]
    public void A_malformed_file_is_refused(string part, string wrong)
    {
        string text = Foreign.Replace(part, wrong, StringComparison.Ordinal);
        Assert.NotEqual(Foreign, text);

        Assert.Throws<NoteFormatException>(() => Parse(text));
    }

    [Fact]
    public void Too_many_hashes_and_too_many_bytes_are_refused()
    {
        const string Hash = "ThcgoV2DYcK+VCxBUDWAlNxmLy2r7dq7dK7+OlgQKWs=\n";
        string many = Foreign.Replace(
            "index 6\n", "index 6\n" + string.Concat(Enumerable.Repeat(Hash, 60)), StringComparison.Ordinal);

        Assert.Throws<NoteFormatException>(() => Parse(many));
        Assert.Equal(63, Parse(many.Replace("index 6\n" + Hash, "index 6\n", StringComparison.Ordinal)).Proof.Count);
        Assert.Throws<NoteFormatException>(() => ProofFile.Parse(new byte[ProofFile.MaxBytes + 1]));
        Assert.Throws<NoteFormatException>(() => ProofFile.Parse([0xff, 0xfe]));
        Assert.Throws<NoteFormatException>(() => ProofFile.Parse([]));
    }

    private static ProofFile Parse(string text) => ProofFile.Parse(System.Text.Encoding.UTF8.GetBytes(text));
}
