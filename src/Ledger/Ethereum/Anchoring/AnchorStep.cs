namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>What one pass of an anchor came to.</summary>
public enum AnchorOutcome
{
    /// <summary>Nothing waits.</summary>
    Idle,

    /// <summary>A transaction was written down and sent.</summary>
    Sent,

    /// <summary>A transaction is on its way.</summary>
    Waiting,

    /// <summary>A checkpoint is anchored.</summary>
    Anchored,

    /// <summary>A larger checkpoint of the same log is anchored, by another member: this one needs none.</summary>
    Superseded,

    /// <summary>Alarm: the chain holds another root for this size of this log.</summary>
    Forked,

    /// <summary>Alarm: three block periods have passed without a receipt.</summary>
    Stuck,

    /// <summary>Alarm: the contract or the fees forbid it; the queue waits.</summary>
    Blocked,
}

/// <summary>What one pass of an anchor came to, in a sentence; what is anchored where something was.</summary>
public sealed record AnchorStep(AnchorOutcome Outcome, string Sentence, AnchoredCheckpoint? Anchored = null)
{
    /// <summary>Whether somebody should look at it.</summary>
    public bool IsAlarm => Outcome is AnchorOutcome.Forked or AnchorOutcome.Stuck or AnchorOutcome.Blocked;

    /// <summary>Whether the next pass can do something at once.</summary>
    public bool MayGoOn => Outcome is AnchorOutcome.Anchored or AnchorOutcome.Superseded or AnchorOutcome.Forked;
}

/// <summary>Another process uses the same key: two writers of one account replace each other's transactions.</summary>
public sealed class AnchorKeyLockedException(string keyFile)
    : IOException($"The key {keyFile} is in use by another anchor. Stop it first; one key has one writer.");
