using System.Text.Json.Nodes;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using Grpc.Core;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>
/// Signs and appends what a person at this hospital asked for: votes, proposals, consent, key changes.
/// </summary>
internal sealed class NodeOutbox(
    MemberFolder folder, LedgerReplica replica, CoordinatorClient network, BlobFolder blobs)
{
    private const string DataHeadField = "dataHead";

    private readonly Outbox _outbox = new(folder.Outbox);

    // A node that was stopped between a record and its artefacts hands them in again; what is there costs one call.
    private readonly Queue<string> _uploads = new(new Outbox(folder.Outbox).Settled().SelectMany(ArtefactsOf));

    /// <summary>Hands in artefacts that the coordinator lacks, as far as they are here.</summary>
    public void Offer(IEnumerable<string> digests)
    {
        foreach (string digest in digests.Where(blobs.Has))
        {
            _uploads.Enqueue(digest);
        }
    }

    /// <summary>Takes the next step: hands in an artefact, or appends the oldest record that is asked for.</summary>
    /// <returns>Whether there was anything to do.</returns>
    public async Task<bool> SendNextAsync(CancellationToken cancellationToken)
    {
        if (_uploads.TryPeek(out string? digest))
        {
            try
            {
                if (blobs.Get(digest) is { } artefact)
                {
                    await network.UploadAsync(artefact, cancellationToken);
                }
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition
                or StatusCode.InvalidArgument or StatusCode.PermissionDenied)
            {
                // The coordinator does not want it any more, as when another hospital was faster.
            }

            _uploads.Dequeue();
            return true;
        }

        IReadOnlyList<OutboxDraft> pending = _outbox.Pending();
        if (pending.Count == 0)
        {
            return false;
        }

        OutboxDraft asked = pending[0];
        try
        {
            await network.AppendAsync(new Draft(asked.Record, Complete(asked)), cancellationToken);
        }
        catch (Exception refused) when (refused is RecordRefusedException or FormatException)
        {
            _outbox.Refuse(asked, refused.Message);
            return true;
        }

        _outbox.Settle(asked);
        foreach (string named in ArtefactsOf(asked))
        {
            _uploads.Enqueue(named);
        }

        return true;
    }

    private static IEnumerable<string> ArtefactsOf(OutboxDraft draft) => RecordCatalogue.Find(draft.Record)!.Fields
        .Where(field => field.Kind == FieldKind.Digest)
        .Select(field => draft.Fields[field.Name]?.GetValue<string>())
        .OfType<string>();

    // The head of the data log is this copy's, now: the person who asked could not know it.
    private JsonObject Complete(OutboxDraft asked)
    {
        JsonObject fields = (JsonObject)asked.Fields.DeepClone();
        bool wanted = RecordCatalogue.Find(asked.Record)!.Fields.Any(field => field.Name == DataHeadField);
        if (wanted && !fields.ContainsKey(DataHeadField))
        {
            EntryLog data = replica.MirrorOf(LogKind.Data).Entries;
            long size = data.Size;
            fields[DataHeadField] = new JsonObject
            {
                ["size"] = size,
                ["root"] = data.RootAt(size).ToString(),
            };
        }

        return fields;
    }
}
