using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Federation.Simulation;

/// <summary>One record of a simulated ledger.</summary>
/// <param name="Index">Its index on its log.</param>
public sealed record SimulatedRecord(LogKind Log, long Index, Statement Statement);

/// <summary>Both logs of a consortium in memory, in the order in which their records were written.</summary>
/// <remarks>
/// Records keep the catalogue's form and the sequence of their study, exactly as on the real ledger. They carry no
/// signature and an empty root, for nobody here holds them against keys or trees: both are the ledger's own tests.
/// </remarks>
public sealed class SimulatedLedger
{
    private readonly StudyBook _book = new();
    private readonly List<SimulatedRecord> _records = [];
    private readonly Dictionary<(string Author, LogKind Log), long> _written = [];
    private readonly Dictionary<LogKind, long> _sizes = new() { [LogKind.Authorization] = 0, [LogKind.Data] = 0 };

    /// <summary>All records, oldest first.</summary>
    public IReadOnlyList<SimulatedRecord> Records => _records;

    /// <summary>Records of one log.</summary>
    public long SizeOf(LogKind log) => _sizes[log];

    /// <summary>Writes a record.</summary>
    /// <param name="author">Who writes it.</param>
    /// <returns>The canonical bytes that would be signed, or null with the reason in <paramref
    /// name="refusal"/>.</returns>
    /// <exception cref="RecordFormatException">The draft has not the form of the catalogue.</exception>
    public byte[]? Append(string author, Role role, Draft draft, DateTimeOffset time, out string? refusal)
    {
        long seq = _written.GetValueOrDefault((author, draft.Log)) + 1;
        Statement written = RecordBuilder.Build(
            draft.Name,
            draft.Fields,
            new Actor(author, KeyIdOf(author), role),
            new AuthHead(SizeOf(LogKind.Authorization), Rfc6962.Empty),
            seq,
            time);

        // Read back from its bytes, for that is the form in which every party meets a record.
        byte[] bytes = written.Serialize();
        Statement record = Statement.Parse(bytes);
        refusal = _book.Refuses(record);
        if (refusal is not null)
        {
            return null;
        }

        long index = _sizes[draft.Log]++;
        _book.Apply(index, record);
        _records.Add(new SimulatedRecord(draft.Log, index, record));
        _written[(author, draft.Log)] = seq;
        return bytes;
    }

    private static string KeyIdOf(string author) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(author)));
}
