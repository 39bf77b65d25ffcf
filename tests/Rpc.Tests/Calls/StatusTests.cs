using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: a client can act on how a call ended. Method: handlers that end in every way there is, over the real stack;
// the code, the sentence and the trailers are compared with what the handler said.
public sealed class StatusTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StatusCode.InvalidArgument, "Round 7 takes 10 words.")]
    [InlineData(StatusCode.NotFound, "")]
    [InlineData(StatusCode.Unauthenticated, "100 % of Zürich, line one\nline two")]
    public async Task A_refusal_arrives_with_its_code_sentence_and_trailers(StatusCode code, string detail)
    {
        Metadata trailers = new() { { "error-code", "DT1042" }, { "proof-bin", [0x00, 0xff, 0x0a] } };
        await using ProbeHost host = await ProbeHost.StartAsync(
            new EndingService(_ => throw new RpcException(new Status(code, detail), trailers)),
            Token);

        RpcException refusal = await FailureOfEchoAsync(host);

        Assert.Equal(code, refusal.StatusCode);
        Assert.Equal(detail, refusal.Status.Detail);
        Assert.Equal("DT1042", refusal.Trailers.GetValue("error-code"));
        Assert.Equal([0x00, 0xff, 0x0a], refusal.Trailers.GetValueBytes("proof-bin"));
    }

    [Fact]
    public async Task A_status_set_on_the_context_ends_the_call_like_an_exception()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new EndingService(context => context.Status = new Status(StatusCode.FailedPrecondition, "closed")),
            Token);

        RpcException refusal = await FailureOfEchoAsync(host);

        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Equal("closed", refusal.Status.Detail);
    }

    [Fact]
    public async Task An_untranslated_exception_tells_the_client_nothing_but_that_there_was_one()
    {
        const string Secret = "patient 4711";
        await using ProbeHost host = await ProbeHost.StartAsync(
            new EndingService(_ => throw new InvalidOperationException(Secret)),
            Token);

        RpcException refusal = await FailureOfEchoAsync(host);

        Assert.Equal(StatusCode.Unknown, refusal.StatusCode);
        Assert.DoesNotContain(Secret, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_keeps_what_came_before()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(new BreakingService(), Token);
        using GrpcChannel channel = host.OpenChannel();

        using AsyncServerStreamingCall<Number> call = new Probe.ProbeClient(channel)
            .CountTo(new Number { Value = 3 }, cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(1, call.ResponseStream.Current.Value);
        RpcException broken = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));

        Assert.Equal(StatusCode.DataLoss, broken.StatusCode);
        Assert.Equal(StatusCode.DataLoss, call.GetStatus().StatusCode);
        Assert.Equal("late", call.GetTrailers().GetValue("when"));
    }

    [Fact]
    public async Task A_method_that_the_service_lacks_is_unimplemented()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();
        Method<string, string> unknown = new(
            MethodType.Unary,
            "digitaltwin.tests.v1.Probe",
            "Forget",
            Marshallers.StringMarshaller,
            Marshallers.StringMarshaller);

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker()
            .AsyncUnaryCall(unknown, host: null, new CallOptions(cancellationToken: Token), "text"));

        Assert.Equal(StatusCode.Unimplemented, refusal.StatusCode);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_unavailable()
    {
        ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();
        await host.DisposeAsync();

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token));

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.NotNull(refusal.Status.DebugException);
        Assert.Same(refusal.Status.DebugException, refusal.InnerException);
    }

    [Fact]
    public void A_status_says_itself_in_words()
    {
        Assert.Equal("Status(StatusCode=\"OK\", Detail=\"\")", Status.DefaultSuccess.ToString());
        Assert.Equal(
            "Status(StatusCode=\"Aborted\", Detail=\"again\")",
            new RpcException(new Status(StatusCode.Aborted, "again")).Message);
        Assert.Equal(StatusCode.OK, default(Status).StatusCode);
        Assert.Equal("", default(Status).Detail);
    }

    [Fact]
    public void An_exception_without_trailers_has_the_read_only_empty_ones()
    {
        RpcException exception = new(Status.DefaultCancelled);

        Assert.Empty(exception.Trailers);
        Assert.True(exception.Trailers.IsReadOnly);
    }

    private static async Task<RpcException> FailureOfEchoAsync(ProbeHost host)
    {
        using GrpcChannel channel = host.OpenChannel();
        Probe.ProbeClient client = new(channel);
        return await Assert.ThrowsAsync<RpcException>(
            async () => await client.EchoAsync(new Number(), cancellationToken: Token));
    }

    private sealed class EndingService(Action<ServerCallContext> end) : ProbeService
    {
        public override Task<Number> Echo(Number request, ServerCallContext context)
        {
            end(context);
            return base.Echo(request, context);
        }
    }

    private sealed class BreakingService : ProbeService
    {
        public override async Task CountTo(
            Number request,
            IServerStreamWriter<Number> responseStream,
            ServerCallContext context)
        {
            await responseStream.WriteAsync(new Number { Value = 1 }, context.CancellationToken);
            context.ResponseTrailers.Add("when", "late");
            throw new RpcException(new Status(StatusCode.DataLoss, "the disk is gone"));
        }
    }
}
