namespace DigitalTwin.Ledger.Storage;

/// <summary>Another process, or another object of this one, writes to the same log.</summary>
public sealed class LedgerLockedException(string folder)
    : IOException($"The log in {folder} is in use by another writer. Stop it first; one log has one writer.");

/// <summary>
/// A write failed, so what is on disk is unknown: the log takes no more entries until it is opened again.
/// </summary>
public sealed class LedgerStoppedException(Exception cause)
    : IOException($"The log stopped after a failed write ({cause.Message}). Repair the disk and restart.", cause);

/// <summary>The stored log is not what was written; it is never repaired by guessing.</summary>
/// <param name="index">The first entry that is damaged or missing.</param>
/// <param name="message">What was found.</param>
public sealed class LedgerDamagedException(long index, string message) : IOException(message)
{
    /// <summary>Index of the first entry that is damaged or missing.</summary>
    public long Index => index;
}
