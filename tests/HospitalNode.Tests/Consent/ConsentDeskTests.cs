using System.Text.Json.Nodes;
using DigitalTwin.HospitalNode.Consent;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.HospitalNode.Tests.Consent;

// Goal: what staff writes down holds at once and for good, and of a patient only a token leaves. Method: the folder of
// a node that no process runs on; the drafts in its outbox are what the ledger would get.
public sealed class ConsentDeskTests : IDisposable
{
    private readonly ConsentFolder _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_policy_leaves_its_text_and_a_draft_and_makes_a_salt_for_its_owner_only()
    {
        _node.Declare();

        JsonObject draft = Assert.Single(_node.Drafts());
        Assert.Equal("consent-policy", draft["record"]!.GetValue<string>());
        Assert.Equal(
            $$"""{"basis":"gdpr-9-2-a","policy":"broad","text":"{{ConsentFolder.TextDigest}}"}""",
            System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(draft["fields"]!)));
        Assert.Equal(
            ConsentFolder.Text,
            File.ReadAllBytes(Path.Combine(_node.Folder.Ledger, "blobs", ConsentFolder.TextDigest)));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            new FileInfo(ConsentBook.SaltOf(_node.Folder, "broad")).UnixFileMode);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            new FileInfo(Path.Combine(_node.Folder.Consent, "book.json")).UnixFileMode);
    }

    [Fact]
    public void A_batch_and_a_withdrawal_say_tokens_and_buckets_and_no_identifier()
    {
        _node.Declare();
        _node.Batch();
        string row = _node.Data.All.RowIds[7];

        _node.Withdraw(row);

        JsonObject[] drafts = _node.Drafts();
        Assert.Equal(
            ["consent-policy", "consent-batch", "consent-withdrawn"],
            drafts.Select(draft => draft["record"]!.GetValue<string>()));
        Assert.Equal("200-499", drafts[1]["fields"]!["countBucket"]!.GetValue<string>());
        Assert.Equal("2026-03-01T08:00:00.000Z", drafts[2]["fields"]!["effectiveFrom"]!.GetValue<string>());
        Assert.All(drafts, draft =>
        {
            Assert.DoesNotContain("north.csv", draft.ToJsonString(), StringComparison.Ordinal);
            Assert.DoesNotContain(row, draft.ToJsonString(), StringComparison.Ordinal);
        });
        Assert.Equal([row], ConsentBook.Load(_node.Folder).WithdrawnAt(_node.Time.GetUtcNow()));
    }

    [Fact]
    public void The_same_withdrawal_again_says_the_same_again()
    {
        _node.Declare();
        _node.Batch();
        _node.Withdraw(_node.Data.All.RowIds[7]);
        _node.Time.Advance(TimeSpan.FromHours(1));
        _node.Withdraw(_node.Data.All.RowIds[7]);

        JsonObject[] drafts = _node.Drafts();
        Assert.True(JsonNode.DeepEquals(drafts[2], drafts[3]));
        Assert.Single(ConsentBook.Load(_node.Folder).Withdrawals);
    }

    [Fact]
    public void A_row_that_nobody_knows_cannot_withdraw()
    {
        _node.Declare();
        Assert.Throws<NodeException>(() => _node.Withdraw(_node.Data.All.RowIds[0]));
        _node.Batch();

        Assert.Contains(
            "No batch of policy broad holds a row called north.csv:9999",
            Assert.Throws<NodeException>(() => _node.Withdraw("north.csv:9999")).Message,
            StringComparison.Ordinal);
        Assert.Throws<NodeException>(() => _node.Withdraw("two\nlines"));
        Assert.Throws<NodeException>(() => _node.Withdraw(""));
        Assert.Empty(ConsentBook.Load(_node.Folder).Withdrawals);
    }

    [Fact]
    public void A_new_batch_leaves_out_who_withdrew()
    {
        _node.Declare();
        string? before = _node.Batch().Root;
        _node.Withdraw(_node.Data.All.RowIds[7]);

        Assert.NotEqual(before, _node.Batch().Root);
        Assert.Equal(before, _node.Drafts()[1]["fields"]!["root"]!.GetValue<string>());
    }

    [Fact]
    public void A_name_stands_for_one_text_for_good()
    {
        _node.Declare();
        byte[] salt = File.ReadAllBytes(ConsentBook.SaltOf(_node.Folder, "broad"));

        _node.Declare();
        NodeException refusal = Assert.Throws<NodeException>(() =>
        {
            using ConsentDesk desk = _node.Open();
            desk.Declare("broad", "another text"u8.ToArray(), "gdpr-9-2-a");
        });

        Assert.Contains("choose another name", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(salt, File.ReadAllBytes(ConsentBook.SaltOf(_node.Folder, "broad")));
        Assert.Single(ConsentBook.Load(_node.Folder).Policies);
    }

    [Fact]
    public void After_an_erasure_no_salt_is_left_and_nothing_more_is_written_under_the_policy()
    {
        _node.Declare();
        _node.Batch();
        using (ConsentDesk desk = _node.Open())
        {
            desk.Erase("broad");
        }

        Assert.False(File.Exists(ConsentBook.SaltOf(_node.Folder, "broad")));
        Assert.Throws<NodeException>(() => _node.Batch());
        Assert.Throws<NodeException>(() => _node.Withdraw(_node.Data.All.RowIds[7]));
        Assert.Throws<NodeException>(_node.Declare);
        Assert.False(File.Exists(ConsentBook.SaltOf(_node.Folder, "broad")));
    }

    [Fact]
    public void A_salt_that_is_missing_is_not_silently_replaced()
    {
        _node.Declare();
        _node.Batch();
        File.Delete(ConsentBook.SaltOf(_node.Folder, "broad"));

        Assert.Contains(
            "restore it from a backup", Assert.Throws<NodeException>(_node.Declare).Message, StringComparison.Ordinal);
        Assert.Throws<NodeException>(() => _node.Batch());
    }

    [Fact]
    public void One_command_works_at_a_time()
    {
        using ConsentDesk first = _node.Open();

        Assert.Throws<NodeException>(_node.Open);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"Policies":null,"Batches":[],"Withdrawals":[]}""")]
    public void A_damaged_book_is_refused(string text)
    {
        _node.Declare();
        File.WriteAllText(Path.Combine(_node.Folder.Consent, "book.json"), text);

        Assert.Throws<InvalidDataException>(() => _node.Batch());
    }
}
