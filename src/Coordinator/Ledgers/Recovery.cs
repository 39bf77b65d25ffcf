using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Ledgers;

/// <summary>
/// What a coordinator does before it writes again: it asks the hospitals how long their copies are, and takes back what
/// it lacks.
/// </summary>
/// <remarks>
/// A folder that was restored from a backup looks like one that was merely restarted. Signing a new head over it would
/// contradict heads that the log signed before, which is a fork. So the ledger stays closed until a quorum of the
/// hospitals has named the newest head it cosigned, and no such head is ahead: every final head was cosigned by a
/// quorum, and any two quorums share a hospital. Callers hold the ledger's gate.
/// </remarks>
internal sealed class Recovery(Func<LogKind, LogKeeper> keeperOf)
{
    /// <summary>Most bytes of entries that one hospital's healing may keep in memory.</summary>
    private const long MostStagedBytes = 256L << 20;

    private readonly HashSet<(string Hospital, LogKind Log)> _heard = [];
    private readonly Dictionary<LogKind, long> _ahead = [];
    private readonly Dictionary<(string Hospital, LogKind Log), List<ReadOnlyMemory<byte>>> _staged = [];

    /// <summary>Whether anything was taken back.</summary>
    public bool HasHealed { get; private set; }

    /// <summary>Notes the newest head that a hospital cosigned; null where it has cosigned none.</summary>
    /// <exception cref="NoteFormatException">It is no head that this log signed.</exception>
    /// <exception cref="Ledger.Storage.LedgerDamagedException">It contradicts the entries that are here.</exception>
    public void Hear(string hospital, LogKind log, SignedNote? cosigned)
    {
        if (cosigned is not null)
        {
            keeperOf(log).RequireWitnessed([cosigned]);
            long size = Checkpoint.Parse(cosigned.Text).Size;
            _ahead[log] = long.Max(_ahead.GetValueOrDefault(log), size);
        }

        _heard.Add((hospital, log));
    }

    /// <summary>Whether enough hospitals were heard and none is ahead.</summary>
    public bool IsComplete(IReadOnlyCollection<Member> hospitals) =>
        Enum.GetValues<LogKind>().All(log => _ahead.GetValueOrDefault(log) <= keeperOf(log).Entries.Size)
        && Missing(hospitals) <= 0;

    /// <summary>How many hospitals are still to be heard.</summary>
    public int Missing(IReadOnlyCollection<Member> hospitals) => Quorum.Of(hospitals.Count)
        - hospitals.Count(hospital => Enum.GetValues<LogKind>().All(log => _heard.Contains((hospital.Id, log))));

    /// <summary>Takes a piece of what is missing from a hospital's copy.</summary>
    /// <param name="first">Index of the first of <paramref name="entries"/>.</param>
    /// <param name="head">A head that this log signed over what will then be there.</param>
    /// <returns>The entry that is wanted next.</returns>
    /// <exception cref="NoteFormatException">The note is no head that this log signed.</exception>
    /// <exception cref="Ledger.Storage.LedgerDamagedException">The entries do not lead to that head.</exception>
    public long Heal(
        string hospital, LogKind log, long first, IReadOnlyList<ReadOnlyMemory<byte>> entries, SignedNote head)
    {
        LogKeeper keeper = keeperOf(log);
        List<ReadOnlyMemory<byte>> staged = _staged.GetValueOrDefault((hospital, log), []);
        _staged[(hospital, log)] = staged;
        if (first == keeper.Entries.Size)
        {
            staged.Clear();
        }

        long next = keeper.Entries.Size + staged.Count;
        if (first != next || staged.Sum(entry => (long)entry.Length) > MostStagedBytes)
        {
            return next;
        }

        long end = Checkpoint.Parse(head.Text).Size;
        staged.AddRange(entries);
        if (next + entries.Count < end)
        {
            return next + entries.Count;
        }

        keeper.Heal([.. staged.Take((int)(end - keeper.Entries.Size))], head);
        HasHealed = true;
        staged.Clear();
        return keeper.Entries.Size;
    }
}
