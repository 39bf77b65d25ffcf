using DigitalTwin.Coordinator.Anchoring;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Records;
using DigitalTwin.TestKit;

namespace DigitalTwin.Coordinator.Tests.Anchoring;

// Goal: both logs are anchored when they have news, and anchoring never feeds itself. Method: a real ledger whose heads
// are final at once, since no hospital has joined; the chain is played by writing what an anchor would find.
public sealed class AnchorPlanTests : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private static readonly AnchorSettings Settings = new(
        [new Uri("http://node.example/")],
        1337,
        "0x" + new string('1', 64),
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x" + new string('2', 64),
        "key.pem");

    private readonly TemporaryFolder _folder = new();
    private readonly OpenLedger _open = new();
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);

    private AnchorFolder Anchors => new(_folder["anchoring"]);

    private LogKeeper Authorization => _open.Ledger.KeeperOf(LogKind.Authorization);

    private LogKeeper Data => _open.Ledger.KeeperOf(LogKind.Data);

    [Fact]
    public void The_final_checkpoint_of_each_log_waits_once()
    {
        AnchorPlan plan = new(Anchors, Every, _time);
        Assert.NotNull(Finalise(Authorization));

        Assert.True(plan.Consider(Authorization));
        Assert.False(plan.Consider(Authorization));
        Assert.False(plan.Consider(Data));

        AnchorPurpose waiting = Assert.Single(Anchors.Queue());
        Assert.Equal(Authorization.VerifierKey.Name, waiting.Origin);
        Assert.Equal(Authorization.Entries.Size, waiting.Size);
        Assert.Equal(Authorization.Entries.Root.ToString(), waiting.Root);
    }

    [Fact]
    public void The_record_of_an_anchor_is_written_once_also_after_a_restart_and_asks_for_no_other()
    {
        WriteIncident();
        Finalise(Data);
        AnchorPlan plan = new(Anchors, Every, _time);
        Assert.True(plan.Consider(Data));
        AnchoredCheckpoint found = Settle(Anchors.Queue()[0]);

        Assert.Equal(1, new AnchorBook(_open.Ledger, Settings).Record([found]));
        Finalise(Data);
        Assert.Equal(0, new AnchorBook(_open.Ledger, Settings).Record([found]));
        Finalise(Data);
        _time.Advance(Every);

        Assert.Equal(
            AnchorNews.Record, Envelope.Parse(Data.Entries.Read(Data.Entries.Size - 1)).Statement.Name);
        Assert.False(plan.Consider(Data));
        Assert.Empty(Anchors.Queue());

        WriteIncident();
        Finalise(Data);
        Assert.True(plan.Consider(Data));
    }

    [Fact]
    public void Two_checkpoints_of_a_log_lie_apart()
    {
        WriteIncident();
        Finalise(Data);
        AnchorPlan plan = new(Anchors, Every, _time);
        Assert.True(plan.Consider(Data));
        Settle(Anchors.Queue()[0]);
        WriteIncident();
        Finalise(Data);

        Assert.False(plan.Consider(Data));
        _time.Advance(Every);
        Assert.True(plan.Consider(Data));
    }

    [Fact]
    public void What_another_log_anchored_is_not_recorded_here()
    {
        AnchorPurpose foreign = new("digitaltwin.dev/other/data", 3, Authorization.Entries.Root.ToString());

        Assert.Equal(0, new AnchorBook(_open.Ledger, Settings).Record([Found(foreign)]));
    }

    public void Dispose()
    {
        _open.Dispose();
        _folder.Dispose();
    }

    private Ledger.Notes.SignedNote? Finalise(LogKeeper keeper)
    {
        _open.Ledger.Durable.GetAwaiter().GetResult();
        keeper.SignHead();
        LogKind log = keeper == Data ? LogKind.Data : LogKind.Authorization;
        return keeper.Final(size => _open.Ledger.Members.WitnessesFor(log, size));
    }

    private void WriteIncident() => _open.Ledger.AppendOwn(new Federation.Rounds.Draft(
        "incident",
        new System.Text.Json.Nodes.JsonObject { ["severity"] = "low", ["summary"] = "A drill." }));

    // As the client leaves it behind when a checkpoint is anchored.
    private AnchoredCheckpoint Settle(AnchorPurpose purpose)
    {
        AnchoredCheckpoint found = Found(purpose);
        string queue = Path.Combine(_folder["anchoring"], "queue");
        string file = Directory.EnumerateFiles(queue).Single();
        string anchored = Path.Combine(_folder["anchoring"], "anchored", Path.GetFileName(file));
        File.WriteAllText(anchored, $$"""
            {
              "purpose": {{File.ReadAllText(file)}},
              "transaction": "{{found.Transaction}}", "block": 7, "blockHash": "{{found.BlockHash}}"
            }
            """);
        File.Delete(file);
        return Assert.Single(Anchors.Anchored(), one => one.Purpose == purpose);
    }

    private static AnchoredCheckpoint Found(AnchorPurpose purpose) =>
        new(purpose, "0x" + new string('a', 64), 7, "0x" + new string('b', 64));
}
