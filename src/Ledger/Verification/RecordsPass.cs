using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Verification;

/// <summary>Judges every record of both logs in order, by the same rules that keeper and mirrors use.</summary>
internal sealed class RecordsPass(EntryLog authorization, FindingList findings)
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

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

        if (Registry.Judge(record, kind, authorization) is not Refusal refusal)
        {
            Registry.Apply(index, record);
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
