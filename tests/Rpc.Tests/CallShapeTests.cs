using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DigitalTwin.Rpc.Tests;

public sealed class CallShapeTests
{
    [Fact]
    public async Task A_unary_call_is_answered()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(k => k.ListenLocalhost(5999, o => o.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using WebApplication app = builder.Build();
        app.MapGrpcService<ProbeService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using GrpcChannel channel = GrpcChannel.ForAddress("http://localhost:5999");
        Probe.ProbeClient client = new(channel);
        Number reply = await client.EchoAsync(new Number { Value = 42 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(42, reply.Value);
        using AsyncServerStreamingCall<Number> call = client.CountTo(new Number { Value = 3 }, cancellationToken: TestContext.Current.CancellationToken);
        List<long> got = [];
        await foreach (Number n in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            got.Add(n.Value);
        }

        Assert.Equal([1, 2, 3], got);
    }
}
