using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Coordinator.Members;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DigitalTwin.Coordinator.Artefacts;

/// <summary>The edge of the artefacts.</summary>
internal sealed class BlobService(ConsortiumLedger ledger, UploadDesk desk) : BlobExchange.BlobExchangeBase
{
    private const int DigestLength = 64;

    public override Task<PutReply> Put(PutChunk request, ServerCallContext context)
    {
        Member member = MemberInterceptor.MemberOf(context);
        CheckDigest(request.Sha256);
        long next = desk.Put(
            member, request.Sha256, request.TotalBytes, request.Offset, request.Content.Span, out string refusal);
        return next >= 0
            ? Task.FromResult(new PutReply { NextOffset = next })
            : throw new RpcException(new Status(StatusCode.FailedPrecondition, refusal));
    }

    public override async Task Get(
        GetRequest request, IServerStreamWriter<BlobChunk> responseStream, ServerCallContext context)
    {
        CheckDigest(request.Sha256);
        Member member = MemberInterceptor.MemberOf(context);
        if (member.Role == Role.Researcher && IsOfAHospital(request.Sha256))
        {
            throw new RpcException(new Status(
                StatusCode.PermissionDenied,
                "Hospitals' addends, shares and openings are for hospitals and auditors, not for researchers."));
        }

        byte[] bytes = ledger.Blobs.Get(request.Sha256)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no artefact {request.Sha256}."));
        for (int offset = 0; offset < bytes.Length; offset += UploadDesk.MostChunkBytes)
        {
            int length = Math.Min(UploadDesk.MostChunkBytes, bytes.Length - offset);
            await responseStream.WriteAsync(
                new BlobChunk { Content = ByteString.CopyFrom(bytes, offset, length) }, context.CancellationToken);
        }
    }

    private bool IsOfAHospital(string sha256)
    {
        lock (ledger.Gate)
        {
            return ledger.Studies.Studies.Any(study =>
                study.Rounds.Any(round => round.Commitments.Values.Contains(sha256)
                    || round.Bundles.Values.Concat(round.Openings.Values).Any(artefact =>
                        artefact.Sha256 == sha256)));
        }
    }

    private static void CheckDigest(string sha256)
    {
        if (sha256.Length != DigestLength || !sha256.All(char.IsAsciiHexDigitLower))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "A digest is 64 lower-case hex digits."));
        }
    }
}
