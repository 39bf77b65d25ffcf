using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;

namespace DigitalTwin.Rpc.Tests.Server;

// Goal: a service can be put together at run time, method by method, without generated code. Method: a definition over
// strings, mapped on the real server, which reads it through a member that only the server may see.
public sealed class ServiceDefinitionTests
{
    private static readonly Method<string, string> Upper = new(
        MethodType.Unary,
        "digitaltwin.tests.v1.Text",
        "Upper",
        Marshallers.StringMarshaller,
        Marshallers.StringMarshaller);

    private static readonly Method<string, string> Letters = new(
        MethodType.ServerStreaming,
        "digitaltwin.tests.v1.Text",
        "Letters",
        Marshallers.StringMarshaller,
        Marshallers.StringMarshaller);

    private static readonly Method<string, string> Join = new(
        MethodType.ClientStreaming,
        "digitaltwin.tests.v1.Text",
        "Join",
        Marshallers.StringMarshaller,
        Marshallers.StringMarshaller);

    private static readonly Method<string, string> Reply = new(
        MethodType.DuplexStreaming,
        "digitaltwin.tests.v1.Text",
        "Reply",
        Marshallers.StringMarshaller,
        Marshallers.StringMarshaller);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_definition_serves_all_four_shapes()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new ProbeService(),
            Token,
            map: routes => routes.MapGrpcService(Definition()));
        using GrpcChannel channel = host.OpenChannel();
        CallInvoker invoker = channel.CreateCallInvoker();
        CallOptions options = new(cancellationToken: Token);

        Assert.Equal("TWIN", await invoker.AsyncUnaryCall(Upper, null, options, "twin"));

        using AsyncServerStreamingCall<string> letters =
            invoker.AsyncServerStreamingCall(Letters, null, options, "twin");
        Assert.Equal(["t", "w", "i", "n"], await ReadAllAsync(letters.ResponseStream));

        using AsyncClientStreamingCall<string, string> join = invoker.AsyncClientStreamingCall(Join, null, options);
        await WriteAllAsync(join.RequestStream, "tw", "in");
        Assert.Equal("twin", await join);

        using AsyncDuplexStreamingCall<string, string> reply = invoker.AsyncDuplexStreamingCall(Reply, null, options);
        await WriteAllAsync(reply.RequestStream, "a", "b");
        Assert.Equal(["a!", "b!"], await ReadAllAsync(reply.ResponseStream));
    }

    [Fact]
    public void A_method_is_added_once()
    {
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.CreateBuilder()
            .AddMethod(Upper, (text, _) => Task.FromResult(text));

        Assert.Throws<ArgumentException>(() => builder.AddMethod(Upper, (text, _) => Task.FromResult(text)));
    }

    [Fact]
    public void A_binder_that_takes_nothing_says_so()
    {
        Assert.Throws<NotImplementedException>(
            () => new BareBinder().AddMethod(Upper, (text, _) => Task.FromResult(text)));
    }

    [Fact]
    public async Task A_writer_without_cancellation_refuses_a_token_that_could_fire()
    {
        IAsyncStreamWriter<string> writer = new BareWriter();

        await writer.WriteAsync("message", CancellationToken.None);
        await Assert.ThrowsAsync<NotSupportedException>(() => writer.WriteAsync("message", Token));
    }

    private static ServerServiceDefinition Definition()
    {
        return ServerServiceDefinition.CreateBuilder()
            .AddMethod(Upper, (text, _) => Task.FromResult(text.ToUpperInvariant()))
            .AddMethod(Letters, async (text, responses, context) =>
            {
                foreach (char letter in text)
                {
                    await responses.WriteAsync($"{letter}", context.CancellationToken);
                }
            })
            .AddMethod(Join, async (requests, _) => string.Concat(await ReadAllAsync(requests)))
            .AddMethod(Reply, async (requests, responses, context) =>
            {
                await foreach (string request in requests.ReadAllAsync(context.CancellationToken))
                {
                    await responses.WriteAsync($"{request}!", context.CancellationToken);
                }
            })
            .Build();
    }

    private static async Task<List<string>> ReadAllAsync(IAsyncStreamReader<string> stream)
    {
        List<string> all = [];
        while (await stream.MoveNext())
        {
            all.Add(stream.Current);
        }

        return all;
    }

    private static async Task WriteAllAsync(IClientStreamWriter<string> stream, params string[] messages)
    {
        foreach (string message in messages)
        {
            await stream.WriteAsync(message, Token);
        }

        await stream.CompleteAsync();
    }

    private sealed class BareBinder : ServiceBinderBase;

    private sealed class BareWriter : IAsyncStreamWriter<string>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message) => Task.CompletedTask;
    }
}
