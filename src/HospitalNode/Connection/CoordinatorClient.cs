using System.Security.Cryptography;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DigitalTwin.HospitalNode.Connection;

/// <summary>A member's calls to its coordinator: signed records, artefacts, cosignatures.</summary>
public sealed class CoordinatorClient : StudyNetwork, IDisposable
{
    /// <summary>Every call has a deadline; uploads have one per chunk, so progress keeps them alive.</summary>
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Chunk of an upload in bytes.</summary>
    private const int ChunkBytes = 1 << 20;

    /// <summary>Bound on a download, whatever the sender says.</summary>
    private const int MostArtefactBytes = 1 << 30;

    private readonly MemberIdentity _identity;
    private readonly CoordinatorChannel _channel;
    private readonly LedgerReplica _replica;
    private readonly TimeProvider _time;
    private readonly LedgerExchange.LedgerExchangeClient _ledger;
    private readonly BlobExchange.BlobExchangeClient _blobs;
    private readonly Dictionary<LogKind, long> _appended = [];
    private RecordKey _recordKey;

    public CoordinatorClient(
        MemberFolder folder,
        MemberIdentity identity,
        CoordinatorChannel channel,
        LedgerReplica replica,
        TimeProvider time)
    {
        _identity = identity;
        _channel = channel;
        _replica = replica;
        _time = time;
        _recordKey = RecordKey.Load(folder.RecordKey);
        _ledger = new LedgerExchange.LedgerExchangeClient(channel.Grpc);
        _blobs = new BlobExchange.BlobExchangeClient(channel.Grpc);
    }

    public override long BytesSent => _channel.BytesSent;

    /// <summary>Whether every record that this member appended has come back on its own copy.</summary>
    public bool IsCaughtUp => _appended.All(pair => _replica.MirrorOf(pair.Key).Entries.Size > pair.Value);

    private DateTime Deadline => _time.GetUtcNow().UtcDateTime + CallDeadline;

    public override async Task AppendAsync(Draft draft, CancellationToken cancellationToken)
    {
        Statement statement = RecordBuilder.Build(
            draft.Name,
            draft.Fields,
            new Actor(_identity.Member, _recordKey.KeyId, _identity.Role),
            new AuthHead(
                _replica.MirrorOf(LogKind.Authorization).Entries.Size,
                _replica.MirrorOf(LogKind.Authorization).Entries.Root),
            _replica.Members.NextSeq(_identity.Member, draft.Log),
            _time.GetUtcNow());
        Envelope envelope = Envelope.Sign(statement, _recordKey);
        AppendRequest request = new()
        {
            Log = draft.Log == LogKind.Authorization ? Log.Authorization : Log.Data,
            Record = ByteString.CopyFrom(envelope.Leaf.Span),
        };
        try
        {
            AppendReply reply = await _ledger.AppendAsync(
                request, deadline: Deadline, cancellationToken: cancellationToken);
            _appended[draft.Log] = reply.Index;
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.FailedPrecondition)
        {
            throw new RecordRefusedException(refused.Status.Detail);
        }
    }

    public override async Task<byte[]> FetchAsync(string sha256, CancellationToken cancellationToken)
    {
        using MemoryStream bytes = new();
        using AsyncServerStreamingCall<BlobChunk> call = _blobs.Get(
            new GetRequest { Sha256 = sha256 }, deadline: Deadline, cancellationToken: cancellationToken);
        await foreach (BlobChunk chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (bytes.Length + chunk.Content.Length > MostArtefactBytes)
            {
                throw new InvalidDataException($"Artefact {sha256} is larger than {MostArtefactBytes} bytes.");
            }

            chunk.Content.WriteTo(bytes);
        }

        byte[] artefact = bytes.ToArray();
        string digest = Convert.ToHexStringLower(SHA256.HashData(artefact));
        return digest == sha256
            ? artefact
            : throw new InvalidDataException($"The coordinator sent {digest} where {sha256} was asked for.");
    }

    public override async Task UploadAsync(byte[] artefact, CancellationToken cancellationToken)
    {
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(artefact));
        long offset = 0;
        while (offset < artefact.Length)
        {
            int length = (int)Math.Min(ChunkBytes, artefact.Length - offset);
            PutReply reply = await _blobs.PutAsync(
                new PutChunk
                {
                    Sha256 = sha256,
                    TotalBytes = artefact.Length,
                    Offset = offset,
                    Content = ByteString.CopyFrom(artefact, (int)offset, length),
                },
                deadline: Deadline,
                cancellationToken: cancellationToken);
            offset = reply.NextOffset >= 0 && reply.NextOffset <= artefact.Length
                ? reply.NextOffset
                : throw new InvalidDataException("The coordinator asked for an offset outside of the artefact.");
        }
    }

    /// <summary>Signs with another key from now on, which becomes this client's.</summary>
    public void SignWith(RecordKey key)
    {
        _recordKey.Dispose();
        _recordKey = key;
    }

    /// <summary>Hands in a cosignature.</summary>
    public async Task CosignAsync(DueCosignature cosignature, CancellationToken cancellationToken) =>
        await _ledger.CosignAsync(
            new CosignRequest
            {
                Log = cosignature.Log == LogKind.Authorization ? Log.Authorization : Log.Data,
                Size = cosignature.Size,
                Cosignature = cosignature.Line,
            },
            deadline: Deadline,
            cancellationToken: cancellationToken);

    public void Dispose() => _recordKey.Dispose();
}
