using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>Whether a larger checkpoint says more than that a smaller one was anchored.</summary>
/// <remarks>
/// Anchoring a checkpoint of the data log adds the record <c>anchored</c> to it, and so a larger checkpoint. Without
/// this question each anchor would ask for the next, for ever.
/// </remarks>
public static class AnchorNews
{
    /// <summary>Name of the record that an anchor leaves on the data log.</summary>
    public const string Record = "anchored";

    /// <summary>Whether the entries from one size to another hold a record other than <see cref="Record"/>.</summary>
    public static bool IsBetween(EntryLog entries, long anchoredSize, long size)
    {
        ArgumentNullException.ThrowIfNull(entries);
        for (long index = anchoredSize; index < size; index++)
        {
            if (Envelope.Parse(entries.Read(index)).Statement.Name != Record)
            {
                return true;
            }
        }

        return false;
    }
}
