using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Federation.Participation;

/// <summary>
/// What a participant needs of the world outside; one implementation dials the coordinator, one is a simulation.
/// </summary>
public abstract class StudyNetwork
{
    /// <summary>Bytes that have left this participant on the wire so far, TLS included.</summary>
    public abstract long BytesSent { get; }

    /// <summary>Signs a draft with the participant's record key and appends it. Returns when it is durable.</summary>
    /// <exception cref="RecordRefusedException">The ledger does not take the record.</exception>
    public abstract Task AppendAsync(Draft draft, CancellationToken cancellationToken);

    /// <summary>Fetches an artefact; its digest has been checked.</summary>
    public abstract Task<byte[]> FetchAsync(string sha256, CancellationToken cancellationToken);

    /// <summary>Hands in an artefact that a record of this participant has named.</summary>
    public abstract Task UploadAsync(byte[] artefact, CancellationToken cancellationToken);
}

/// <summary>The ledger refused a record, usually because another one came first.</summary>
public sealed class RecordRefusedException(string reason) : Exception(reason);
