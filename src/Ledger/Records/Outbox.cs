using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Records;

/// <summary>A record that a person wants written.</summary>
/// <param name="Path">The file that asks for it.</param>
/// <param name="Record">Its name in the catalogue.</param>
/// <param name="Fields">Its own fields; <c>dataHead</c> may be left to the process that signs.</param>
public sealed record OutboxDraft(string Path, string Record, JsonObject Fields);

/// <summary>
/// The folder through which a person at the command line has a running process sign and append records.
/// </summary>
/// <remarks>
/// One file is one record, <c>{"record": name, "fields": {…}}</c>, in the order of its name. The process that holds the
/// keys moves it to <c>done/</c>, or to <c>refused/</c> with the reason beside it. A file stays where it is until one
/// of both has happened, so a crash loses nothing; a record that was appended before the crash is refused or written
/// twice, as its own rules say.
/// </remarks>
public sealed class Outbox(string folder)
{
    private const string Ending = ".json";

    /// <summary>Where files go whose records were appended.</summary>
    public string Done => Path.Combine(folder, "done");

    /// <summary>Where files go whose records were refused.</summary>
    public string Refused => Path.Combine(folder, "refused");

    /// <summary>Asks for a record.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="RecordFormatException">
    /// The catalogue has no such record, or the role may not write it.
    /// </exception>
    public string Put(string record, JsonObject fields, Role role, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(time);
        if (!RecordCatalogue.MayWrite(role, record))
        {
            throw new RecordFormatException("", $"is none that a {RoleNames.TextOf(role)} writes.", record);
        }

        DurableFile.CreateFolder(folder);

        // The order of names is the order of asking, also under a clock that stands still or goes back.
        long ticks = Directory.EnumerateFiles(folder, "*" + Ending).Select(TicksOf).DefaultIfEmpty().Max();
        ticks = long.Max(time.GetUtcNow().UtcTicks, ticks + 1);
        string name = string.Create(CultureInfo.InvariantCulture, $"{ticks:d20}-{record}{Ending}");
        string path = Path.Combine(folder, name);
        DurableFile.WriteAtomically(path, CanonicalJson.Serialize(new JsonObject
        {
            ["record"] = record,
            ["fields"] = fields.DeepClone(),
        }));
        return path;
    }

    /// <summary>What is asked for, oldest first. A file that can't be read is refused at once.</summary>
    public IReadOnlyList<OutboxDraft> Pending() => Read(folder);

    /// <summary>What was asked for and appended, oldest first.</summary>
    public IReadOnlyList<OutboxDraft> Settled() => Read(Done);

    /// <summary>The record was appended.</summary>
    public void Settle(OutboxDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        MoveTo(Done, draft.Path);
    }

    /// <summary>The record will not be appended.</summary>
    public void Refuse(OutboxDraft draft, string reason)
    {
        ArgumentNullException.ThrowIfNull(draft);
        Refuse(draft.Path, reason);
    }

    private static long TicksOf(string path) => long.TryParse(
        Path.GetFileName(path).Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
            ? ticks
            : 0;

    private List<OutboxDraft> Read(string from)
    {
        List<OutboxDraft> drafts = [];
        if (!Directory.Exists(from))
        {
            return drafts;
        }

        foreach (string path in Directory.EnumerateFiles(from, "*" + Ending).Order(StringComparer.Ordinal))
        {
            try
            {
                PredicateReader reader = PredicateReader.OfRoot(CanonicalJson.Parse(File.ReadAllBytes(path)));
                reader.Only(["record", "fields"]);
                string record = reader.Text("record");
                JsonObject fields = reader.Object("fields").Source;
                _ = RecordCatalogue.Find(record)
                    ?? throw new RecordFormatException("record", "is in no catalogue.", record);
                drafts.Add(new OutboxDraft(path, record, fields));
            }
            catch (FormatException problem)
            {
                Refuse(path, problem.Message);
            }
        }

        return drafts;
    }

    private void Refuse(string path, string reason)
    {
        DurableFile.CreateFolder(Refused);
        string note = Path.Combine(Refused, Path.GetFileName(path) + ".reason");
        DurableFile.WriteAtomically(note, System.Text.Encoding.UTF8.GetBytes(reason + "\n"));
        MoveTo(Refused, path);
    }

    private void MoveTo(string target, string path)
    {
        DurableFile.CreateFolder(target);
        File.Move(path, Path.Combine(target, Path.GetFileName(path)), overwrite: true);
        DurableFile.SyncFolder(target);
        DurableFile.SyncFolder(folder);
    }
}
