using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Federation.Rounds;

/// <summary>Puts the records of both logs into one order that their authors could have seen.</summary>
/// <remarks>
/// Each data record names the size of the authorization log that its author had verified; all authorization records
/// below that size come first. Authorization records that no data record has seen come last.
/// </remarks>
public static class StudyReplay
{
    /// <param name="visit">Called with log, index and statement.</param>
    public static void Run(EntryLog authorization, EntryLog data, Action<LogKind, long, Statement> visit)
    {
        long seen = 0;
        for (long index = 0; index < data.Size; index++)
        {
            Statement record = Envelope.Parse(data.Read(index)).Statement;
            long head = record.Predicate["authHead"]!["size"]!.GetValue<long>();
            for (; seen < Math.Min(head, authorization.Size); seen++)
            {
                visit(LogKind.Authorization, seen, Envelope.Parse(authorization.Read(seen)).Statement);
            }

            visit(LogKind.Data, index, record);
        }

        for (; seen < authorization.Size; seen++)
        {
            visit(LogKind.Authorization, seen, Envelope.Parse(authorization.Read(seen)).Statement);
        }
    }
}
