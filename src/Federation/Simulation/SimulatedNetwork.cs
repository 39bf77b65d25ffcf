using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Federation.Simulation;

/// <summary>One site's connection to a coordinator in the same process.</summary>
internal sealed class SimulatedNetwork(
    string site,
    SimulatedLedger ledger,
    InMemoryArtefacts coordinator,
    TimeProvider time,
    Func<SimulatedFaults> faults) : StudyNetwork
{
    private long _bytesSent;

    public override long BytesSent => _bytesSent;

    public override Task AppendAsync(Draft draft, CancellationToken cancellationToken)
    {
        byte[]? bytes = ledger.Append(
            site, Role.Hospital, faults().Record(site, draft), time.GetUtcNow(), out string? refusal);
        if (bytes is null)
        {
            throw new RecordRefusedException(refusal!);
        }

        Depart(draft.Name, bytes);
        return Task.CompletedTask;
    }

    public override Task<byte[]> FetchAsync(string sha256, CancellationToken cancellationToken)
    {
        Depart("fetch", Encoding.ASCII.GetBytes(sha256));
        byte[] artefact = faults().Fetch(site, coordinator.Get(sha256)
            ?? throw new IOException($"The coordinator has no artefact {sha256}."));
        string digest = Convert.ToHexStringLower(SHA256.HashData(artefact));
        return digest == sha256
            ? Task.FromResult(artefact)
            : throw new InvalidDataException($"The coordinator sent {digest} where {sha256} was asked for.");
    }

    public override Task UploadAsync(byte[] artefact, CancellationToken cancellationToken)
    {
        Depart("upload", artefact);
        coordinator.Put(faults().Upload(site, artefact)
            ?? throw new IOException($"The connection of {site} broke during an upload."));
        return Task.CompletedTask;
    }

    private void Depart(string what, byte[] bytes)
    {
        _bytesSent += bytes.Length;
        faults().Departed(new Departure(site, what, bytes));
    }
}
