using System.Collections.Concurrent;

namespace DigitalTwin.Coordinator.Members;

/// <summary>Which members follow the ledger right now, and since when the others have not.</summary>
internal sealed class Presence(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (int Connections, long Since)> _members = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();

    /// <summary>
    /// Zero while the member follows; otherwise the time since it last did, or since the coordinator started.
    /// </summary>
    public TimeSpan Absence(string member) =>
        !_members.TryGetValue(member, out (int Connections, long Since) state) ? time.GetElapsedTime(_start)
        : state.Connections > 0 ? TimeSpan.Zero
        : time.GetElapsedTime(state.Since);

    public void Arrive(string member) =>
        _members.AddOrUpdate(member, _ => (1, 0), (_, state) => (state.Connections + 1, 0));

    public void Leave(string member) => _members.AddOrUpdate(
        member, _ => (0, time.GetTimestamp()), (_, state) => (state.Connections - 1, time.GetTimestamp()));
}
