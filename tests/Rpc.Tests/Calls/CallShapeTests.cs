using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: the unmodified server and client packages carry the four shapes of a call over our contract assemblies.
// Method: one service with all four, real Kestrel, TLS 1.3 with certificates on both sides, sums worked out by hand.
public sealed class CallShapeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_unary_call_brings_one_answer()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();

        Number answer = await new Probe.ProbeClient(channel)
            .EchoAsync(new Number { Value = long.MinValue }, cancellationToken: Token);

        Assert.Equal(long.MinValue, answer.Value);
    }

    [Fact]
    public async Task A_blocking_unary_call_brings_one_answer()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();

        Number answer = new Probe.ProbeClient(channel).Echo(new Number { Value = 42 }, cancellationToken: Token);

        Assert.Equal(42, answer.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    public async Task A_server_stream_arrives_whole_and_in_order(int length)
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();

        using AsyncServerStreamingCall<Number> call = new Probe.ProbeClient(channel)
            .CountTo(new Number { Value = length }, cancellationToken: Token);

        Assert.Equal(Enumerable.Range(1, length).Select(i => (long)i), await ReadAllAsync(call.ResponseStream));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    public async Task A_client_stream_is_answered_when_it_is_complete(int length)
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();

        using AsyncClientStreamingCall<Number, Number> call = new Probe.ProbeClient(channel)
            .Sum(cancellationToken: Token);
        for (int value = 1; value <= length; value++)
        {
            await call.RequestStream.WriteAsync(new Number { Value = value }, Token);
        }

        await call.RequestStream.CompleteAsync();

        // Gauss: 1 + … + n = n (n + 1) / 2.
        Assert.Equal(length * (length + 1) / 2, (await call).Value);
    }

    [Fact]
    public async Task A_duplex_stream_is_a_conversation()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();

        using AsyncDuplexStreamingCall<Number, Number> call = new Probe.ProbeClient(channel)
            .RunningSum(cancellationToken: Token);
        List<long> answers = [];
        foreach (long value in (long[])[5, -2, 39])
        {
            // Each answer is awaited before the next question: neither side may wait for the other's end.
            await call.RequestStream.WriteAsync(new Number { Value = value }, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
            answers.Add(call.ResponseStream.Current.Value);
        }

        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext(Token));
        Assert.Equal([5, 3, 42], answers);
    }

    [Fact]
    public async Task Many_calls_share_one_channel()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();
        Probe.ProbeClient client = new(channel);

        Number[] answers = await Task.WhenAll(Enumerable.Range(0, 200)
            .Select(i => client.EchoAsync(new Number { Value = i }, cancellationToken: Token).ResponseAsync));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), answers.Select(answer => answer.Value));
    }

    [Fact]
    public async Task A_channel_tells_its_state()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        GrpcChannel channel = host.OpenChannel();
        List<ConnectivityState> states = [channel.State];

        await channel.ConnectAsync(Token);
        states.Add(channel.State);
        channel.Dispose();
        states.Add(channel.State);

        // The client package has the numbers of these names compiled in, so that an enumeration in another order shows.
        Assert.Equal([ConnectivityState.Idle, ConnectivityState.Ready, ConnectivityState.Shutdown], states);
    }

    private static async Task<List<long>> ReadAllAsync(IAsyncStreamReader<Number> stream)
    {
        List<long> values = [];
        await foreach (Number number in stream.ReadAllAsync(Token))
        {
            values.Add(number.Value);
        }

        return values;
    }
}
