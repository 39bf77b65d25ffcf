using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Federation.Simulation;

/// <summary>One party's own replay of a simulated ledger.</summary>
internal sealed class LedgerReader(SimulatedLedger ledger)
{
    private readonly StudyBook _book = new();
    private int _read;

    /// <summary>The studies after every record that there is now.</summary>
    public StudyBook Current()
    {
        for (; _read < ledger.Records.Count; _read++)
        {
            SimulatedRecord next = ledger.Records[_read];
            _book.Apply(next.Index, next.Statement);
        }

        return _book;
    }
}
