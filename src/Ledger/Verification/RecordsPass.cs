using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Verification;

/// <summary>Judges every record of both logs in order, by the same rules that keeper and mirrors use.</summary>
internal sealed class RecordsPass(
    EntryLog authorization, EntryLog data, FindingList findings, Action<LogKind, long, Envelope> accepted)
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (LastTrusted Until, long Replaced)> _trusted = new(StringComparer.Ordinal);

    public MemberRegistry Registry { get; } = new();

    public IReadOnlyDictionary<string, long> Counts => _counts;

    public string? Genesis { get; private set; }

    public void Run(LogKind kind, EntryLog log)
    {
        if (log.Damage is EntryDamage damage)
        {
            findings.Error("damaged", kind, damage.Index,
                $"{Name(kind)} record {damage.Index} cannot be read: {damage.Reason} (byte {damage.Offset} of "
                + $"{EntryLog.FileName}). Nothing behind it was checked.");
        }

        using RecordReader reader = new(log, Registry);
        foreach ((long index, ReadRecord read) in reader.Records())
        {
            Record(kind, index, read);
        }
    }

    private void Record(LogKind kind, long index, ReadRecord read)
    {
        if (kind == LogKind.Authorization && index == 0)
        {
            Genesis = Convert.ToHexStringLower(SHA256.HashData(read.Leaf.Span));
        }

        if (read.Record is not Envelope record)
        {
            findings.Error("format", kind, index, $"{Name(kind)} record {index} is malformed: {read.Problem}");
            Registry.Skip(index, kind, header: null);
            return;
        }

        if (Registry.Judge(record, kind, authorization, data) is not Refusal refusal)
        {
            Registry.Apply(index, record);
            accepted(kind, index, record);
            Distrusted(kind, index, record);
            _counts[record.Statement.Name] = _counts.GetValueOrDefault(record.Statement.Name) + 1;
            return;
        }

        RecordHeader? header = HeaderOf(record);
        string author = header is null ? "" : $" by {header.Actor.Id}";
        findings.Error(refusal.Code, kind, index,
            $"{Name(kind)} record {index} ({record.Statement.Name}{author}) is refused: {refusal.Reason}");
        bool signed = refusal.Code is "sequence" or "auth-head" or "admission";
        Registry.Skip(index, kind, signed ? header : null);
    }

    // What a key signed before it was found compromised stays in the log and valid, but the hospitals voted on how far
    // they trust it.
    private void Distrusted(LogKind kind, long index, Envelope record)
    {
        string author = record.Header.Actor.Id;
        if (kind == LogKind.Authorization && record.Statement.Name == RecordCatalogue.KeyCompromised)
        {
            PredicateReader fields = new(record.Statement.Predicate);
            PredicateReader trusted = fields.Object("lastTrusted");
            _trusted[fields.Identifier("member")] = (
                new LastTrusted(trusted.Integer("authorization"), trusted.Integer("data")),
                fields.Object("dataHead").Integer("size"));
        }
        else if (kind == LogKind.Data && _trusted.TryGetValue(author, out (LastTrusted Until, long Replaced) trust)
            && index >= trust.Until.Data && index < trust.Replaced)
        {
            findings.Warning("compromised-key", kind, index,
                $"Data record {index} ({record.Statement.Name} by {author}) was signed by a key that was found "
                + "compromised, after the last record that the hospitals trust.");
        }
    }

    private static RecordHeader? HeaderOf(Envelope record)
    {
        try
        {
            return RecordHeader.Of(record.Statement);
        }
        catch (FormatException)
        {
            // A record without a readable author is reported by index and type alone.
            return null;
        }
    }

    private static string Name(LogKind kind) => kind == LogKind.Authorization ? "Authorization" : "Data";
}
