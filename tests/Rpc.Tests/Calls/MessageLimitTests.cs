using DigitalTwin.Rpc.Tests.Probing;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: no peer can make the other hold a message of any size it likes. Method: messages at the limit and one byte past
// it, in both directions; the limit counts the serialised message.
public sealed class MessageLimitTests
{
    private const int Limit = 10_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, StatusCode.OK)]
    [InlineData(1, StatusCode.ResourceExhausted)]
    public async Task The_server_refuses_what_is_longer_than_its_limit(int excess, StatusCode expected)
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new ProbeService(),
            Token,
            options => options.MaxReceiveMessageSize = Limit);
        using GrpcChannel channel = host.OpenChannel();

        Assert.Equal(expected, await EndOfEchoAsync(channel, Limit + excess));
    }

    [Theory]
    [InlineData(0, StatusCode.OK)]
    [InlineData(1, StatusCode.ResourceExhausted)]
    public async Task The_client_refuses_what_is_longer_than_its_limit(int excess, StatusCode expected)
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel(options => options.MaxReceiveMessageSize = Limit);

        Assert.Equal(expected, await EndOfEchoAsync(channel, Limit + excess));
    }

    [Fact]
    public async Task Four_mebibytes_are_the_limit_where_none_is_set()
    {
        const int DefaultLimit = 4 * 1024 * 1024;
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();

        Assert.Equal(StatusCode.OK, await EndOfEchoAsync(channel, DefaultLimit));
        Assert.Equal(StatusCode.ResourceExhausted, await EndOfEchoAsync(channel, DefaultLimit + 1));
    }

    private static async Task<StatusCode> EndOfEchoAsync(GrpcChannel channel, int length)
    {
        try
        {
            Number answer = await new Probe.ProbeClient(channel).EchoAsync(OfLength(length), cancellationToken: Token);
            Assert.Equal(length, answer.CalculateSize());
            return StatusCode.OK;
        }
        catch (RpcException refusal)
        {
            return refusal.StatusCode;
        }
    }

    private static Number OfLength(int length)
    {
        // The field's tag takes one byte, its length as many as it has groups of seven bits.
        int prefix = 1 + CodedOutputStream.ComputeLengthSize(length);
        Number number = new() { Padding = ByteString.CopyFrom(new byte[length - prefix]) };
        Assert.Equal(length, number.CalculateSize());
        return number;
    }
}
