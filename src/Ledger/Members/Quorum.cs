namespace DigitalTwin.Ledger.Members;

/// <summary>How many hospitals must cosign.</summary>
public static class Quorum
{
    /// <summary>⌊2n/3⌋+1: with n ≥ 3f+1 hospitals, f of them dishonest, any two quorums share an honest one.</summary>
    public static int Of(int hospitals) => hospitals == 0 ? 0 : (2 * hospitals / 3) + 1;
}
