using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Federation.Tests;

/// <summary>A simulated ledger written to disk as a coordinator's folder, for the code that reads such
/// folders.</summary>
internal sealed class LedgerFolder : IDisposable
{
    public LedgerFolder(IEnumerable<SimulatedRecord> records, IEnumerable<byte[]> artefacts)
    {
        using RecordKey key = RecordKey.Generate();
        using EntryLog authorization = EntryLog.Open(Authorization);
        using EntryLog data = EntryLog.Open(Data);
        foreach (SimulatedRecord record in records)
        {
            EntryLog log = record.Log == LogKind.Authorization ? authorization : data;
            log.Append([Envelope.Sign(record.Statement, key).Leaf]);
        }

        BlobFolder blobs = new(Path.Combine(FullPath, "blobs"));
        foreach (byte[] artefact in artefacts)
        {
            blobs.Put(artefact);
        }
    }

    public string FullPath { get; } = Directory.CreateTempSubdirectory("dtwin-federation-").FullName;

    public string Authorization => Path.Combine(FullPath, "authorization");

    public string Data => Path.Combine(FullPath, "data");

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
