using Grpc.Core;

namespace DigitalTwin.Rpc.Tests.Probing;

/// <summary>The four shapes, answered as the .proto says. A test that needs another answer overrides one.</summary>
internal class ProbeService : Probe.ProbeBase
{
    public override Task<Number> Echo(Number request, ServerCallContext context) => Task.FromResult(request);

    public override async Task CountTo(
        Number request,
        IServerStreamWriter<Number> responseStream,
        ServerCallContext context)
    {
        for (long value = 1; value <= request.Value; value++)
        {
            await responseStream.WriteAsync(new Number { Value = value }, context.CancellationToken);
        }
    }

    public override async Task<Number> Sum(IAsyncStreamReader<Number> requestStream, ServerCallContext context)
    {
        long sum = 0;
        await foreach (Number number in requestStream.ReadAllAsync(context.CancellationToken))
        {
            sum += number.Value;
        }

        return new Number { Value = sum };
    }

    public override async Task RunningSum(
        IAsyncStreamReader<Number> requestStream,
        IServerStreamWriter<Number> responseStream,
        ServerCallContext context)
    {
        long sum = 0;
        await foreach (Number number in requestStream.ReadAllAsync(context.CancellationToken))
        {
            sum += number.Value;
            await responseStream.WriteAsync(new Number { Value = sum }, context.CancellationToken);
        }
    }
}
