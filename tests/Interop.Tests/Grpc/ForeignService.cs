using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;

namespace DigitalTwin.Interop.Tests.Grpc;

/// <summary>Refuses -1, never answers -2, and sends the headers of the test back as trailers.</summary>
internal sealed class ForeignService : ProbeService
{
    /// <summary>Starts a host with this service and without compression.</summary>
    public static Task<ProbeHost> StartAsync(CancellationToken cancellationToken)
    {
        return ProbeHost.StartAsync(
            new ForeignService(),
            cancellationToken,
            options => options.CompressionProviders.Clear());
    }

    public override async Task<Number> Echo(Number request, ServerCallContext context)
    {
        RefuseMinusOne(request);
        if (request.Value == -2)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }

        foreach (Metadata.Entry entry in context.RequestHeaders)
        {
            if (entry.Key.StartsWith("probe-", StringComparison.Ordinal))
            {
                context.ResponseTrailers.Add(entry);
            }
        }

        return await base.Echo(request, context);
    }

    public override Task CountTo(
        Number request,
        IServerStreamWriter<Number> responseStream,
        ServerCallContext context)
    {
        RefuseMinusOne(request);
        return base.CountTo(request, responseStream, context);
    }

    private static void RefuseMinusOne(Number request)
    {
        if (request.Value == -1)
        {
            throw new RpcException(
                new Status(StatusCode.InvalidArgument, "Zürich counts from 1, not -1."),
                new Metadata { { "error-code", "DT1042" }, { "proof-bin", [0x00, 0xff, 0x0a] } });
        }
    }
}
