using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Consent;

/// <summary>A draft that a command leaves in the outbox: the running node signs it and appends it.</summary>
/// <remarks>
/// Only the node has the connection and knows the number of its next record, so no command signs by itself. Files are
/// named <c>&lt;utc ticks&gt;-&lt;record&gt;.json</c> and hold <c>{"fields":{…},"record":"…"}</c> as canonical JSON;
/// their names sort in the order in which they were written.
/// </remarks>
internal static class OutboxDraft
{
    /// <summary>Leaves a draft; it is durable on return.</summary>
    /// <returns>The name of its file.</returns>
    public static string Write(MemberFolder folder, Draft draft, DateTimeOffset now)
    {
        DurableFile.CreateFolder(folder.Outbox);

        // A clock that stands still or goes back must not bring a batch before its policy.
        long last = Directory.EnumerateFiles(folder.Outbox, "*.json").Select(TicksOf).DefaultIfEmpty().Max();
        string name = string.Create(
            CultureInfo.InvariantCulture, $"{long.Max(now.UtcTicks, last + 1)}-{draft.Name}.json");
        DurableFile.WriteAtomically(
            Path.Combine(folder.Outbox, name),
            CanonicalJson.Serialize(new JsonObject
            {
                ["fields"] = draft.Fields.DeepClone(),
                ["record"] = draft.Name,
            }));
        return name;
    }

    private static long TicksOf(string path) => long.TryParse(
        Path.GetFileName(path).Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
            ? ticks
            : 0;
}
