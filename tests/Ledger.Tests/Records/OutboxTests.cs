using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.TestKit;

namespace DigitalTwin.Ledger.Tests.Records;

// Goal: what a person asks for is written once or comes back with a reason; a bad file stops nothing. Method: files in
// a temporary folder, read as the signing process would.
public sealed class OutboxTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
    private readonly Outbox _outbox;

    public OutboxTests() => _outbox = new Outbox(_folder.FullPath);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_asked_for_comes_in_order_also_with_a_clock_that_stands_or_goes_back()
    {
        Ask("first");
        Ask("second");
        _time.Advance(TimeSpan.FromHours(-1));
        Ask("third");

        Assert.Equal(["first", "second", "third"],
            _outbox.Pending().Select(draft => draft.Fields["proposal"]!.GetValue<string>()));
    }

    [Fact]
    public void A_settled_draft_is_kept_and_not_asked_for_again()
    {
        Ask("p");
        _outbox.Settle(_outbox.Pending()[0]);

        Assert.Empty(_outbox.Pending());
        Assert.Equal("vote", Assert.Single(_outbox.Settled()).Record);
    }

    [Fact]
    public void A_refused_draft_lies_beside_its_reason()
    {
        string path = Ask("p");
        _outbox.Refuse(_outbox.Pending()[0], "There is no proposal p.");

        Assert.Empty(_outbox.Pending());
        Assert.Equal("There is no proposal p.\n",
            File.ReadAllText(Path.Combine(_outbox.Refused, Path.GetFileName(path) + ".reason")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{\"fields\":{}}")]
    [InlineData("{\"fields\":{},\"record\":\"unheard-of\"}")]
    [InlineData("{\"fields\":[],\"record\":\"vote\"}")]
    [InlineData("{ \"fields\": {}, \"record\": \"vote\" }")]
    public void A_file_that_is_no_draft_is_refused_and_does_not_stop_the_others(string text)
    {
        File.WriteAllText(_folder["00000000000000000001-vote.json"], text);
        Ask("p");

        Assert.Single(_outbox.Pending());
        Assert.Equal(2, Directory.GetFiles(_outbox.Refused).Length);
    }

    [Fact]
    public void A_record_that_the_role_may_not_write_is_not_asked_for()
    {
        Assert.Throws<RecordFormatException>(() => _outbox.Put("genesis", [], Role.Hospital, _time));
        Assert.Throws<RecordFormatException>(() => _outbox.Put("unheard-of", [], Role.Hospital, _time));
    }

    private string Ask(string proposal) => _outbox.Put("vote", new JsonObject
    {
        ["proposal"] = proposal,
        ["choice"] = "yes",
    }, Role.Hospital, _time);
}
