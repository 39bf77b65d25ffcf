using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: nobody waits for ever. Method: handlers that never answer by themselves; each test ends only if the deadline or
// the cancellation reaches the other side, and the handler reports what it saw.
public sealed class DeadlineTests
{
    // How long a test waits for what must come at once; only a defect uses it up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        WaitingService service = new();
        await using ProbeHost host = await ProbeHost.StartAsync(service, Token);
        using GrpcChannel channel = host.OpenChannel();
        DateTime deadline = Now + TimeSpan.FromMilliseconds(700);

        RpcException late = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Probe.ProbeClient(channel).EchoAsync(new Number(), deadline: deadline, cancellationToken: Token));

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        Assert.True(Now >= deadline);
        await service.Cancelled.WaitAsync(Patience, Token);
        // grpc-timeout carries the time that is left, so the moments differ by what the request took to arrive.
        Assert.InRange(service.Deadline - deadline, TimeSpan.Zero, Patience);
    }

    [Fact]
    public async Task A_call_without_deadline_tells_the_server_that_it_has_none()
    {
        DateTime seen = default;
        await using ProbeHost host = await ProbeHost.StartAsync(new ObservingService(c => seen = c.Deadline), Token);
        using GrpcChannel channel = host.OpenChannel();

        await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token);

        Assert.Equal(DateTime.MaxValue, seen);
    }

    [Fact]
    public async Task A_deadline_in_the_past_fails_without_a_call()
    {
        bool called = false;
        await using ProbeHost host = await ProbeHost.StartAsync(new ObservingService(_ => called = true), Token);
        using GrpcChannel channel = host.OpenChannel();

        RpcException late = await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(channel)
            .EchoAsync(new Number(), deadline: Now - TimeSpan.FromSeconds(1), cancellationToken: Token));

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        Assert.False(called);
    }

    [Fact]
    public async Task A_cancelled_unary_call_stops_the_handler()
    {
        WaitingService service = new();
        await using ProbeHost host = await ProbeHost.StartAsync(service, Token);
        using GrpcChannel channel = host.OpenChannel();
        using CancellationTokenSource giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);

        using AsyncUnaryCall<Number> call = new Probe.ProbeClient(channel)
            .EchoAsync(new Number(), cancellationToken: giveUp.Token);
        await service.Reached.WaitAsync(Patience, Token);
        await giveUp.CancelAsync();
        RpcException cancelled = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal(StatusCode.Cancelled, cancelled.StatusCode);
        await service.Cancelled.WaitAsync(Patience, Token);
    }

    [Fact]
    public async Task A_disposed_stream_stops_the_handler()
    {
        WaitingService service = new();
        await using ProbeHost host = await ProbeHost.StartAsync(service, Token);
        using GrpcChannel channel = host.OpenChannel();

        AsyncServerStreamingCall<Number> call = new Probe.ProbeClient(channel)
            .CountTo(new Number(), cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        call.Dispose();

        await service.Cancelled.WaitAsync(Patience, Token);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_handler_can_cancel_a_call_too()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new ObservingService(_ => throw new RpcException(Status.DefaultCancelled)),
            Token);
        using GrpcChannel channel = host.OpenChannel();

        RpcException cancelled = await Assert.ThrowsAsync<RpcException>(
            async () => await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token));

        Assert.Equal(StatusCode.Cancelled, cancelled.StatusCode);
    }

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    private sealed class ObservingService(Action<ServerCallContext> observe) : ProbeService
    {
        public override Task<Number> Echo(Number request, ServerCallContext context)
        {
            observe(context);
            return base.Echo(request, context);
        }
    }

    private sealed class WaitingService : ProbeService
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public Task Cancelled => _cancelled.Task;

        public DateTime Deadline { get; private set; }

        public override async Task<Number> Echo(Number request, ServerCallContext context)
        {
            await WaitForTheEndAsync(context);
            return request;
        }

        public override async Task CountTo(
            Number request,
            IServerStreamWriter<Number> responseStream,
            ServerCallContext context)
        {
            await responseStream.WriteAsync(new Number { Value = 1 }, context.CancellationToken);
            await WaitForTheEndAsync(context);
        }

        private async Task WaitForTheEndAsync(ServerCallContext context)
        {
            Deadline = context.Deadline;
            using CancellationTokenRegistration registration = context.CancellationToken.Register(_cancelled.SetResult);
            _reached.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }
    }
}
