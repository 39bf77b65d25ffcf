using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Interceptors;

// Goal: a server interceptor stands before every handler, in the order of registration, and can refuse a call. Method:
// interceptors that note their name before and after, put in through the options of the real server.
public sealed class ServerInterceptorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_registered_is_the_outermost()
    {
        List<string> notes = [];
        await using ProbeHost host = await ProbeHost.StartAsync(new ProbeService(), Token, options =>
        {
            options.Interceptors.Add<Noting>("outer", notes);
            options.Interceptors.Add<Noting>("inner", notes);
        });
        using GrpcChannel channel = host.OpenChannel();

        await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token);

        Assert.Equal(["outer unary", "inner unary", "/inner", "/outer"], notes);
    }

    [Fact]
    public async Task Every_shape_of_a_call_passes_through()
    {
        List<string> notes = [];
        await using ProbeHost host = await ProbeHost.StartAsync(
            new ProbeService(),
            Token,
            options => options.Interceptors.Add<Noting>("i", notes));
        using GrpcChannel channel = host.OpenChannel();
        Probe.ProbeClient client = new(channel);

        using AsyncServerStreamingCall<Number> download = client.CountTo(new Number(), cancellationToken: Token);
        Assert.False(await download.ResponseStream.MoveNext(Token));
        using AsyncClientStreamingCall<Number, Number> upload = client.Sum(cancellationToken: Token);
        await upload.RequestStream.CompleteAsync();
        await upload;
        using AsyncDuplexStreamingCall<Number, Number> both = client.RunningSum(cancellationToken: Token);
        await both.RequestStream.CompleteAsync();
        Assert.False(await both.ResponseStream.MoveNext(Token));

        Assert.Equal(["i server stream", "/i", "i client stream", "/i", "i duplex", "/i"], notes);
    }

    [Fact]
    public async Task One_that_refuses_keeps_the_call_from_the_handler()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new UnreachableService(),
            Token,
            options => options.Interceptors.Add<Refusing>());
        using GrpcChannel channel = host.OpenChannel();

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token));

        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
    }

    [Fact]
    public async Task Interceptor_and_handler_share_the_state_of_the_call()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new StateReadingService(),
            Token,
            options => options.Interceptors.Add<StateWriting>());
        using GrpcChannel channel = host.OpenChannel();

        Number answer = await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token);

        Assert.Equal(42, answer.Value);
    }

    private sealed class UnreachableService : ProbeService
    {
        public override Task<Number> Echo(Number request, ServerCallContext context)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The handler was reached."));
        }
    }

    private sealed class StateReadingService : ProbeService
    {
        public override Task<Number> Echo(Number request, ServerCallContext context)
        {
            return Task.FromResult(new Number { Value = (long)context.UserState["number"] });
        }
    }

    private sealed class StateWriting : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request,
            ServerCallContext context,
            UnaryServerMethod<TRequest, TResponse> continuation)
        {
            context.UserState["number"] = 42L;
            return base.UnaryServerHandler(request, context, continuation);
        }
    }

    private sealed class Refusing : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request,
            ServerCallContext context,
            UnaryServerMethod<TRequest, TResponse> continuation)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "Not you."));
        }
    }

    private sealed class Noting(string name, List<string> notes) : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request,
            ServerCallContext context,
            UnaryServerMethod<TRequest, TResponse> continuation)
        {
            notes.Add($"{name} unary");
            TResponse answer = await base.UnaryServerHandler(request, context, continuation);
            notes.Add($"/{name}");
            return answer;
        }

        public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            ServerCallContext context,
            ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            notes.Add($"{name} client stream");
            TResponse answer = await base.ClientStreamingServerHandler(requestStream, context, continuation);
            notes.Add($"/{name}");
            return answer;
        }

        public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            notes.Add($"{name} server stream");
            await base.ServerStreamingServerHandler(request, responseStream, context, continuation);
            notes.Add($"/{name}");
        }

        public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            notes.Add($"{name} duplex");
            await base.DuplexStreamingServerHandler(requestStream, responseStream, context, continuation);
            notes.Add($"/{name}");
        }
    }
}
