namespace DigitalTwin.Ledger.Storage;

/// <summary>Another process, or another object of this one, writes to the same log.</summary>
public sealed class LedgerLockedException(string folder)
    : IOException($"The log in {folder} is in use by another writer. Stop it first; one log has one writer.");

/// <summary>
/// A write failed, so what is on disk is unknown: the log takes no more entries until it is opened again.
/// </summary>
public sealed class LedgerStoppedException(Exception cause)
    : IOException($"The log stopped after a failed write ({cause.Message}). Repair the disk and restart.", cause);

/// <summary>
/// The disk has too little room, so the entries were refused before anything was written: reading goes on, and writing
/// too as soon as there is room again.
/// </summary>
public sealed class LedgerFullException(string folder, long free) : IOException(
    $"The disk of {folder} has {free >> 20} MiB left; the log keeps {EntryLog.Reserve >> 20} MiB free. Make room.");

/// <summary>
/// A head that this log once signed covers entries that it no longer has: it was restored from an older copy. It takes
/// and signs nothing until the missing entries are back.
/// </summary>
/// <param name="size">Entries it has.</param>
/// <param name="known">Entries of the largest head known.</param>
public sealed class LedgerBehindException(long size, long known) : IOException(
    $"The log has {size} entries and once signed a head of {known}: it is an older copy. Give it entries {size} to "
    + $"{known - 1} from a mirror.")
{
    /// <summary>Index of the first missing entry.</summary>
    public long Size => size;

    /// <summary>Entries of the largest head known.</summary>
    public long Known => known;
}

/// <summary>The stored log is not what was written; it is never repaired by guessing.</summary>
/// <param name="index">The first entry that is damaged or missing.</param>
/// <param name="message">What was found.</param>
public sealed class LedgerDamagedException(long index, string message) : IOException(message)
{
    /// <summary>Index of the first entry that is damaged or missing.</summary>
    public long Index => index;
}
