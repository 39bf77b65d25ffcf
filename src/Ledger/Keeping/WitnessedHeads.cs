using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Keeping;

/// <summary>What others know that a log has signed, held against what it has: finds a log restored from old.</summary>
/// <remarks>A restored backup that goes on signing is the usual way to an accidental fork. The owner locks.</remarks>
internal sealed class WitnessedHeads(EntryLog entries)
{
    private readonly List<Checkpoint> _ahead = [];
    private Checkpoint? _contradicting;

    /// <summary>Takes in a head of this log, whose signature the caller has verified.</summary>
    /// <exception cref="LedgerDamagedException">It contradicts the entries.</exception>
    public void Add(Checkpoint head)
    {
        if (head.Size > entries.Size)
        {
            _ahead.Add(head);
        }
        else if (entries.RootAt(head.Size) != head.Root)
        {
            _contradicting = head;
            Require();
        }
    }

    /// <summary>Refuses while the entries are fewer or others than what was signed.</summary>
    public void Require()
    {
        if (_contradicting is not null)
        {
            throw new LedgerDamagedException(_contradicting.Size,
                $"The key of {_contradicting.Origin} signed a head of {_contradicting.Size} entries that are not those "
                + "here: another holder of the key, or an older copy of the log, has signed other entries.");
        }

        _ahead.RemoveAll(head => head.Size <= entries.Size);
        if (_ahead.Count > 0)
        {
            throw new LedgerBehindException(entries.Size, _ahead.Max(head => head.Size));
        }
    }

    /// <summary>Refuses entries that do not lead to a signed head over all known ones on the way.</summary>
    /// <exception cref="LedgerDamagedException">They do not.</exception>
    public void RequireLeadsTo(Checkpoint end, IReadOnlyList<ReadOnlyMemory<byte>> missing)
    {
        MerkleFrontier healed = entries.Frontier();
        bool holds = _contradicting is null;
        foreach (ReadOnlyMemory<byte> leaf in missing)
        {
            healed.Append(Rfc6962.Leaf(leaf.Span));
            holds &= _ahead.All(head => head.Size != healed.Size || head.Root == healed.Root);
        }

        if (!holds || healed.Size != end.Size || healed.Root != end.Root)
        {
            throw new LedgerDamagedException(entries.Size,
                $"These {missing.Count} entries do not lead from {entries.Size} entries to the signed head of "
                + $"{end.Size}. Nothing was written.");
        }
    }
}
