using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Federation.Participation;

/// <summary>One addend of this hospital, written down before any byte of it leaves.</summary>
/// <remarks>A later entry of the same attempt replaces an earlier one.</remarks>
/// <param name="Study">The study's name.</param>
/// <param name="BaseModel">Digest of the model that the addend was computed from.</param>
/// <param name="ClearDigest">SHA-256 of the addend before masking; stays in the hospital.</param>
/// <param name="Addend">SHA-256 of the masked addend, as committed.</param>
/// <param name="NoiseMultiplier">σ/C of the release; null without differential privacy.</param>
/// <param name="Coordinates">Noised coordinates.</param>
/// <param name="SigmaGrid">σ in grid units.</param>
/// <param name="Delta">δ of the study.</param>
/// <param name="Uploaded">Whether the upload may have begun.</param>
/// <param name="Opening">
/// SHA-256 of what this hospital gave to open a sum of this attempt, as soon as it may have left; null before that.
/// </param>
/// <param name="Concentrated">Whether the release is accounted as zCDP, its grid being coarse.</param>
/// <param name="Public">Whether the addend says nothing about patients: a public key share.</param>
public sealed record SpendingEntry(
    string Study,
    int Round,
    int Attempt,
    string BaseModel,
    string ClearDigest,
    string Addend,
    double? NoiseMultiplier,
    int Coordinates,
    double SigmaGrid,
    double? Delta,
    bool Uploaded,
    string? Opening = null,
    bool Concentrated = false,
    bool Public = false);

/// <summary>
/// What this hospital has released, in all studies: the privacy it has spent and the rounds it may not repeat.
/// </summary>
/// <remarks>
/// Durable before the release: an addend that may have left is in the journal whatever happens next. One JSON document
/// per line; a torn last line was never acted upon and is dropped.
/// </remarks>
public sealed class SpendingJournal
{
    private readonly string? _path;
    private readonly List<SpendingEntry> _entries = [];

    private SpendingJournal(string? path) => _path = path;

    public IReadOnlyList<SpendingEntry> Entries => _entries;

    /// <summary>A journal that forgets; for simulations.</summary>
    public static SpendingJournal InMemory() => new(null);

    /// <exception cref="InvalidDataException">A line before the last is damaged.</exception>
    public static SpendingJournal Open(string path)
    {
        SpendingJournal journal = new(path);
        string[] lines = DurableFile.Exists(path) ? File.ReadAllText(path).Split('\n') : [];
        for (int i = 0; i < lines.Length - 1; i++)
        {
            try
            {
                journal._entries.Add(JsonSerializer.Deserialize(lines[i], JournalJson.Default.SpendingEntry)!);
            }
            catch (JsonException problem)
            {
                throw new InvalidDataException($"{path}, line {i + 1}: the spending journal is damaged.", problem);
            }
        }

        return journal;
    }

    /// <summary>Adds an entry; it is durable on return.</summary>
    public void Add(SpendingEntry entry)
    {
        _entries.Add(entry);
        if (_path is null)
        {
            return;
        }

        string text = string.Concat(_entries.Select(line =>
            JsonSerializer.Serialize(line, JournalJson.Default.SpendingEntry) + "\n"));
        DurableFile.WriteAtomically(_path, System.Text.Encoding.UTF8.GetBytes(text));
    }

    /// <summary>
    /// Whether an addend from <paramref name="baseModel"/> may have left in another attempt than this.
    /// </summary>
    public bool HasReleased(string study, string baseModel, int round, int attempt) => _entries.Exists(entry =>
        entry is { Uploaded: true, Public: false } && entry.Study == study && entry.BaseModel == baseModel
        && (entry.Round != round || entry.Attempt != attempt));

    /// <summary>
    /// Whether this hospital has helped to open a sum from <paramref name="baseModel"/> in another attempt than this.
    /// </summary>
    public bool HasOpened(string study, string baseModel, int round, int attempt) => _entries.Exists(entry =>
        entry.Opening is not null && entry.Study == study && entry.BaseModel == baseModel
        && (entry.Round != round || entry.Attempt != attempt));

    /// <summary>The last entry of each attempt of a study, oldest attempt first.</summary>
    public IReadOnlyList<SpendingEntry> Attempts(string study) =>
    [
        .. _entries
            .Where(entry => entry.Study == study)
            .GroupBy(entry => (entry.Round, entry.Attempt))
            .Select(attempt => attempt.Last()),
    ];

    /// <summary>The entry of one attempt, uploaded or not; null when there is none.</summary>
    public SpendingEntry? Find(string study, int round, int attempt) => _entries.LastOrDefault(entry =>
        entry.Study == study && entry.Round == round && entry.Attempt == attempt);
}

[JsonSerializable(typeof(SpendingEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;
