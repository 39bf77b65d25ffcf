using DigitalTwin.Coordinator.Members;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DigitalTwin.Coordinator.Ledgers;

/// <summary>The edge of the two logs: members follow them, append to them and cosign them.</summary>
internal sealed partial class LedgerService(
    ConsortiumLedger ledger, Presence presence, IHostApplicationLifetime life, ILogger<LedgerService> logger)
    : LedgerExchange.LedgerExchangeBase
{
    /// <summary>Bytes of entries in one message; well below gRPC's 4 MiB default limit.</summary>
    private const int MostBytesPerUpdate = 1 << 20;

    public override async Task Follow(
        FollowRequest request, IServerStreamWriter<LogUpdate> responseStream, ServerCallContext context)
    {
        LogKeeper keeper = ledger.KeeperOf(KindOf(request.Log));
        Member member = MemberInterceptor.MemberOf(context);
        long next = request.From;
        Hear(request, member);
        if (next > keeper.Entries.Size && ledger.Closed is not null)
        {
            throw Refuse(StatusCode.FailedPrecondition, "This coordinator was restored and lacks entries: send them.");
        }

        if (next < 0 || next > keeper.Entries.Size)
        {
            throw Refuse(
                StatusCode.OutOfRange,
                $"The log has {keeper.Entries.Size} entries and you ask for {next}: "
                    + "either this log was rolled back or your copy is of another consortium.");
        }

        // A stop must not wait for members to hang up: they would hold it up until it is forced.
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, life.ApplicationStopping);
        presence.Arrive(member.Id);
        try
        {
            string signed = "";
            string final = "";
            string wanted = "";
            while (!end.IsCancellationRequested)
            {
                long version = ledger.Changes.Version;
                RequireActive(member);
                LogUpdate update = NextUpdate(keeper, ref next, ref signed, ref final);
                update.Wanted.AddRange(NewlyWanted(ref wanted));
                if (update.CalculateSize() > 0)
                {
                    await responseStream.WriteAsync(update, end.Token);
                }

                if (next >= keeper.Entries.Size)
                {
                    await ledger.Changes.AfterAsync(version, end.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The member hung up or the coordinator stops: both end a stream that has no end of its own.
        }
        finally
        {
            presence.Leave(member.Id);
        }
    }

    // A stream lives long: who loses its rights or keys meanwhile loses the stream as well.
    private void RequireActive(Member member)
    {
        lock (ledger.Gate)
        {
            if (ledger.Members.FindByTlsKey(member.TlsKey)?.Id != member.Id)
            {
                throw Refuse(
                    StatusCode.PermissionDenied, $"{member.Id} is no active member any more; see dtwin node members.");
            }
        }
    }

    public override async Task<AppendReply> Append(AppendRequest request, ServerCallContext context)
    {
        Member member = MemberInterceptor.MemberOf(context);
        try
        {
            LogKind log = KindOf(request.Log);
            if (ledger.Offer(log, request.Record.Memory, member.Id, out string refusal) is not { } entry)
            {
                LogRefused(member.Id, refusal);
                throw Refuse(StatusCode.FailedPrecondition, refusal);
            }

            await entry.Durable;
            return new AppendReply { Index = entry.Index };
        }
        catch (LedgerClosedException closed)
        {
            throw Refuse(StatusCode.Unavailable, closed.Message);
        }
    }

    public override Task<HealReply> Heal(HealRequest request, ServerCallContext context)
    {
        Member hospital = MemberInterceptor.MemberOf(context);
        try
        {
            LogKind log = KindOf(request.Log);
            long before = ledger.KeeperOf(log).Entries.Size;
            long size = ledger.Heal(
                hospital,
                log,
                request.First,
                [.. request.Entries.Select(entry => entry.Memory)],
                SignedNote.Parse(request.Head));
            if (request.First == before && ledger.KeeperOf(log).Entries.Size > before)
            {
                LogHealed(request.Log, size, hospital.Id);
            }

            return Task.FromResult(new HealReply { Size = size });
        }
        catch (Exception problem) when (problem is NoteFormatException or LedgerDamagedException)
        {
            throw Refuse(StatusCode.InvalidArgument, problem.Message);
        }
    }

    public override Task<CosignReply> Cosign(CosignRequest request, ServerCallContext context)
    {
        Member member = MemberInterceptor.MemberOf(context);
        string? refusal = ledger.Cosign(KindOf(request.Log), request.Size, request.Cosignature, member);
        return refusal is null
            ? Task.FromResult(new CosignReply())
            : throw Refuse(StatusCode.InvalidArgument, refusal);
    }

    private void Hear(FollowRequest request, Member member)
    {
        try
        {
            SignedNote? cosigned = request.Cosigned.Length > 0 ? SignedNote.Parse(request.Cosigned) : null;
            ledger.Hear(member, KindOf(request.Log), cosigned);
        }
        catch (NoteFormatException problem)
        {
            throw Refuse(StatusCode.InvalidArgument, problem.Message);
        }
        catch (LedgerDamagedException fork)
        {
            LogContradicted(member.Id, fork.Message);
            throw Refuse(StatusCode.DataLoss, fork.Message);
        }
    }

    private string[] NewlyWanted(ref string last)
    {
        string[] wanted = [.. ledger.Wanted.Order(StringComparer.Ordinal)];
        string text = string.Join(' ', wanted);
        bool news = text != last;
        last = text;
        return news ? wanted : [];
    }

    private static LogUpdate NextUpdate(LogKeeper keeper, ref long next, ref string signed, ref string final)
    {
        LogUpdate update = new();
        for (int bytes = 0; next < keeper.Entries.Size && bytes < MostBytesPerUpdate; next++)
        {
            ReadOnlyMemory<byte> entry = keeper.Entries.Read(next);
            update.Entries.Add(ByteString.CopyFrom(entry.Span));
            bytes += entry.Length;
        }

        // A checkpoint goes out only with the entries it covers, so that a mirror can check it at once.
        if (next == keeper.Entries.Size)
        {
            update.Checkpoint = IfChanged(keeper.SignedHead, ref signed);
            update.FinalCheckpoint = IfChanged(keeper.FinalHead, ref final);
        }

        return update;
    }

    private static string IfChanged(SignedNote? note, ref string last)
    {
        string text = note?.Format() ?? "";
        if (text == last)
        {
            return "";
        }

        last = text;
        return text;
    }

    private static LogKind KindOf(Log log) => log switch
    {
        Log.Authorization => LogKind.Authorization,
        Log.Data => LogKind.Data,
        _ => throw Refuse(StatusCode.InvalidArgument, "Name the authorization log or the data log."),
    };

    private static RpcException Refuse(StatusCode code, string detail) => new(new Status(code, detail));

    [LoggerMessage(2, LogLevel.Warning, "Took back the {Log} log up to entry {Size} from the copy of {Hospital}")]
    private partial void LogHealed(Log log, long size, string hospital);

    [LoggerMessage(
        3, LogLevel.Critical, "{Member} cosigned a head that contradicts this ledger; it stays closed: {Why}")]
    private partial void LogContradicted(string member, string why);

    [LoggerMessage(1, LogLevel.Information, "Refused a record of {Member}: {Refusal}")]
    private partial void LogRefused(string member, string refusal);
}
