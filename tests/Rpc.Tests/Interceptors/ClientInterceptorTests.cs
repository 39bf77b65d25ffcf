using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Interceptors;

// Goal: a client interceptor sees every call, in the documented order, and can change it. Method: interceptors that
// note their name before and after, over the real stack.
public sealed class ClientInterceptorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_named_sees_a_call_first_and_its_answer_last()
    {
        List<string> notes = [];
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();
        CallInvoker invoker = channel.Intercept(new Noting("a", notes), new Noting("b", notes), new Noting("c", notes));

        await new Probe.ProbeClient(invoker).EchoAsync(new Number(), cancellationToken: Token);

        Assert.Equal(["a", "b", "c", "/c", "/b", "/a"], notes);
    }

    [Fact]
    public async Task One_put_in_later_comes_before_the_earlier_ones()
    {
        List<string> notes = [];
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();
        CallInvoker invoker = channel.Intercept(new Noting("early", notes)).Intercept(new Noting("late", notes));

        await new Probe.ProbeClient(invoker).EchoAsync(new Number(), cancellationToken: Token);

        Assert.Equal(["late", "early", "/early", "/late"], notes);
    }

    [Fact]
    public async Task Every_shape_of_a_call_is_shown()
    {
        Counting counting = new();
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();
        Probe.ProbeClient client = new(channel.Intercept(counting));

        client.Echo(new Number(), cancellationToken: Token);
        await client.EchoAsync(new Number(), cancellationToken: Token);
        using AsyncServerStreamingCall<Number> download = client.CountTo(new Number(), cancellationToken: Token);
        using AsyncClientStreamingCall<Number, Number> upload = client.Sum(cancellationToken: Token);
        using AsyncDuplexStreamingCall<Number, Number> both = client.RunningSum(cancellationToken: Token);

        Assert.Equal(["blocking", "unary", "server stream", "client stream", "duplex"], counting.Shapes);
    }

    [Fact]
    public async Task Headers_can_be_added_to_every_call_without_touching_the_callers()
    {
        string? seen = null;
        await using ProbeHost host = await ProbeHost.StartAsync(
            new HeaderService(headers => seen = headers.GetValue("study")),
            Token);
        using GrpcChannel channel = host.OpenChannel();
        CallInvoker invoker = channel.Intercept(headers =>
        {
            headers.Add("study", "heart-risk");
            return headers;
        });
        Metadata own = new() { { "own", "1" } };

        await new Probe.ProbeClient(invoker).EchoAsync(new Number(), own, cancellationToken: Token);

        Assert.Equal("heart-risk", seen);
        Assert.Equal(["own"], own.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_client_copied_for_another_host_names_it_in_every_call()
    {
        HostNoting noting = new();
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();
        Probe.ProbeClient original = new(channel.Intercept(noting));

        Probe.ProbeClient copy = original.WithHost("hospital.test");
        using (copy.CountTo(new Number(), cancellationToken: Token))
        using (original.CountTo(new Number(), cancellationToken: Token))
        {
            Assert.Equal(["hospital.test", null], noting.Hosts);
        }
    }

    [Fact]
    public void A_client_without_a_channel_says_so()
    {
        Assert.Throws<NotImplementedException>(
            () => new UnconnectedClient().Echo(new Number(), cancellationToken: Token));
    }

    private sealed class UnconnectedClient : Probe.ProbeClient;

    private sealed class HeaderService(Action<Metadata> observe) : ProbeService
    {
        public override Task<Number> Echo(Number request, ServerCallContext context)
        {
            observe(context.RequestHeaders);
            return base.Echo(request, context);
        }
    }

    private sealed class Noting(string name, List<string> notes) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            notes.Add(name);
            AsyncUnaryCall<TResponse> call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(
                NoteTheEndAsync(call.ResponseAsync),
                call.ResponseHeadersAsync,
                call.GetStatus,
                call.GetTrailers,
                call.Dispose);
        }

        private async Task<TResponse> NoteTheEndAsync<TResponse>(Task<TResponse> response)
        {
            TResponse answer = await response;
            notes.Add($"/{name}");
            return answer;
        }
    }

    private sealed class HostNoting : Interceptor
    {
        public List<string?> Hosts { get; } = [];

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Hosts.Add(context.Host);
            return base.AsyncServerStreamingCall(request, context, continuation);
        }
    }

    private sealed class Counting : Interceptor
    {
        public List<string> Shapes { get; } = [];

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Shapes.Add("blocking");
            return base.BlockingUnaryCall(request, context, continuation);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Shapes.Add("unary");
            return base.AsyncUnaryCall(request, context, continuation);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Shapes.Add("server stream");
            return base.AsyncServerStreamingCall(request, context, continuation);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Shapes.Add("client stream");
            return base.AsyncClientStreamingCall(context, continuation);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Shapes.Add("duplex");
            return base.AsyncDuplexStreamingCall(context, continuation);
        }
    }
}
