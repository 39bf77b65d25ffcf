using System.Text.Json.Nodes;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Coordinator.Anchoring;

/// <summary>The records <c>anchored</c> of the data log: one for each head that was found on the chain.</summary>
internal sealed class AnchorBook
{
    private readonly ConsortiumLedger _ledger;
    private readonly AnchorSettings _settings;
    private readonly HashSet<(string Log, long Size)> _recorded = [];

    public AnchorBook(ConsortiumLedger ledger, AnchorSettings settings)
    {
        _ledger = ledger;
        _settings = settings;
        EntryLog entries = ledger.KeeperOf(LogKind.Data).Entries;
        for (long index = 0; index < entries.Size; index++)
        {
            Statement statement = Envelope.Parse(entries.Read(index)).Statement;
            if (statement.Name == AnchorNews.Record)
            {
                PredicateReader reader = new(statement.Predicate);
                _recorded.Add((reader.Text("log"), reader.Integer("size")));
            }
        }
    }

    /// <summary>Records what is anchored and not yet recorded: after a crash too, each head once.</summary>
    /// <returns>How many records were written.</returns>
    public int Record(IEnumerable<AnchoredCheckpoint> anchored)
    {
        int written = 0;
        foreach (AnchoredCheckpoint one in anchored)
        {
            if (LogOf(one.Purpose.Origin) is { } log && _recorded.Add((log, one.Purpose.Size)))
            {
                _ledger.AppendOwn(new Draft(AnchorNews.Record, FieldsOf(log, one)));
                written++;
            }
        }

        return written;
    }

    private string? LogOf(string origin)
    {
        LogKind[] kinds = [.. Enum.GetValues<LogKind>().Where(kind =>
            _ledger.KeeperOf(kind).VerifierKey.Name == origin)];
        return kinds.Length == 1 ? kinds[0].ToString().ToLowerInvariant() : null;
    }

    private JsonObject FieldsOf(string log, AnchoredCheckpoint one) => new()
    {
        ["log"] = log,
        ["size"] = one.Purpose.Size,
        ["root"] = one.Purpose.Root,
        ["chainId"] = _settings.ChainId,
        ["contract"] = _settings.ContractAddress.ToString(),
        ["transaction"] = WithoutPrefix(one.Transaction),
        ["block"] = one.Block,
        ["blockHash"] = WithoutPrefix(one.BlockHash),
    };

    private static string WithoutPrefix(string hash) => hash["0x".Length..];
}
