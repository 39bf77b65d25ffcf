using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Coordinator.Anchoring;

/// <summary>Which final checkpoints are anchored: the newest of a log, where it has news, and in time.</summary>
/// <remarks>
/// Of one log at most one checkpoint waits: a larger one says all that a smaller one says, so a chain that is away
/// for a week leaves no queue of a week behind.
/// </remarks>
internal sealed class AnchorPlan(AnchorFolder anchors, TimeSpan every, TimeProvider time)
{
    private readonly Dictionary<string, DateTimeOffset> _planned = [];

    /// <summary>Puts the final checkpoint of a log into the queue where it is due; true where it did.</summary>
    public bool Consider(LogKeeper keeper)
    {
        string origin = keeper.VerifierKey.Name;
        if (keeper.FinalHead is not { } note
            || anchors.Queue().Any(one => one.Origin == origin)
            || (_planned.TryGetValue(origin, out DateTimeOffset last) && time.GetUtcNow() - last < every))
        {
            return false;
        }

        Checkpoint head = Checkpoint.Parse(note.Text);
        long anchored = anchors.Anchored().Where(one => one.Purpose.Origin == origin)
            .Select(one => one.Purpose.Size).DefaultIfEmpty(0).Max();
        if (!AnchorNews.IsBetween(keeper.Entries, anchored, head.Size))
        {
            return false;
        }

        anchors.Enqueue(AnchorPurpose.Of(head));
        _planned[origin] = time.GetUtcNow();
        return true;
    }
}
