using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Comparison;

/// <summary>How two copies of one log stand to each other.</summary>
public enum CopyRelation
{
    /// <summary>Both hold the same entries.</summary>
    Equal,

    /// <summary>The first copy is older: the second continues it.</summary>
    FirstIsPrefix,

    /// <summary>The second copy is older: the first continues it.</summary>
    SecondIsPrefix,

    /// <summary>Each holds an entry that the other has not.</summary>
    Forked,

    /// <summary>They are under different log keys: two consortia, not two copies.</summary>
    Unrelated,
}

/// <summary>Two heads that one log signed and that no one sequence of entries can have.</summary>
/// <param name="First">From the first copy.</param>
/// <param name="Second">From the second copy.</param>
public sealed record Contradiction(SignedNote First, SignedNote Second);

/// <summary>Two copies of one log, held against each other.</summary>
/// <param name="Log">Which of the two logs.</param>
/// <param name="CommonSize">Entries that both begin with.</param>
/// <param name="Contradiction">
/// Signed heads that convict the log, where both copies have one; without them a fork shows that one copy was changed,
/// not by whom.
/// </param>
public sealed record LogComparison(
    LogKind Log, long FirstSize, long SecondSize, long CommonSize, CopyRelation Relation, Contradiction? Contradiction)
{
    /// <summary>Whether both can be copies of one log that only ever grew.</summary>
    public bool Agrees => Relation is not (CopyRelation.Forked or CopyRelation.Unrelated) && Contradiction is null;

    /// <summary>Compares two copies.</summary>
    public static LogComparison Of(LogKind log, LogCopy first, LogCopy second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        long common = first.CommonPrefix(second);
        CopyRelation relation = first.Key != second.Key ? CopyRelation.Unrelated
            : first.Size == common && second.Size == common ? CopyRelation.Equal
            : first.Size == common ? CopyRelation.FirstIsPrefix
            : second.Size == common ? CopyRelation.SecondIsPrefix
            : CopyRelation.Forked;
        Contradiction? contradiction = relation == CopyRelation.Unrelated ? null : Contradicting(first, second);
        return new LogComparison(log, first.Size, second.Size, common, relation, contradiction);
    }

    // A head that the other copy's entries refute, and a head of the other copy over those entries. The smallest pair
    // is the shortest argument; of equal sizes the two notes alone are the proof.
    private static Contradiction? Contradicting(LogCopy first, LogCopy second) =>
        Refuted(first, second) is var (one, two) ? new Contradiction(one, two)
        : Refuted(second, first) is var (other, its) ? new Contradiction(its, other)
        : null;

    private static (SignedNote Refuted, SignedNote By)? Refuted(LogCopy copy, LogCopy witness)
    {
        foreach (SignedNote head in copy.Heads.Where(head => witness.Confirms(head) == false))
        {
            long size = Checkpoint.Parse(head.Text).Size;
            SignedNote? by = witness.Heads.FirstOrDefault(own =>
                Checkpoint.Parse(own.Text).Size >= size && witness.Confirms(own) == true);
            if (by is not null)
            {
                return (head, by);
            }
        }

        return null;
    }
}
