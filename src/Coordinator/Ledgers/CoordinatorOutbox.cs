using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Ledgers;

/// <summary>Signs and appends what the coordinator's operator asked for.</summary>
internal sealed class CoordinatorOutbox(CoordinatorFolder folder, ConsortiumLedger ledger)
{
    private readonly Outbox _outbox = new(folder.Outbox);

    /// <summary>Appends what is asked for; the caller holds the ledger's gate and found it open.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Drain()
    {
        IReadOnlyList<OutboxDraft> pending = _outbox.Pending();
        foreach (OutboxDraft asked in pending)
        {
            string refusal;
            try
            {
                if (ledger.TryAppendOwn(new Draft(asked.Record, asked.Fields), out refusal))
                {
                    _outbox.Settle(asked);
                    continue;
                }
            }
            catch (FormatException problem)
            {
                refusal = problem.Message;
            }

            _outbox.Refuse(asked, refusal);
        }

        return pending.Count > 0;
    }
}
