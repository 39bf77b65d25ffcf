namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>What became of one patient's contribution.</summary>
public enum ClipOutcome
{
    /// <summary>It was within the bound and counts in full, up to the grid.</summary>
    Kept,

    /// <summary>It was scaled down to the bound.</summary>
    Clipped,

    /// <summary>It held a NaN or an infinity and counts as zero.</summary>
    NotFinite,
}
