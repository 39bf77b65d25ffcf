using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: headers and trailers arrive as they were sent, text and bytes. Method: a handler that sends every request
// header of the test back, once as response header and once as trailer.
public sealed class MetadataExchangeTests
{
    private const string Prefix = "probe-";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Text_and_bytes_survive_the_round_trip()
    {
        // All 256 byte values, and lengths that leave every kind of base64 padding.
        byte[] everyByte = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        Metadata sent = new()
        {
            { "probe-text", "a = \"b\" ~" },
            { "probe-text", "again" },
            { "probe-all-bin", everyByte },
            { "probe-one-bin", [0xff] },
            { "probe-two-bin", [0x00, 0x2c] },
        };
        await using ProbeHost host = await ProbeHost.StartAsync(new MirrorService(), Token);
        using GrpcChannel channel = host.OpenChannel();

        using AsyncUnaryCall<Number> call = new Probe.ProbeClient(channel)
            .EchoAsync(new Number(), new CallOptions(sent, cancellationToken: Token));
        Metadata headers = await call.ResponseHeadersAsync;
        await call;

        foreach (Metadata received in (Metadata[])[headers, call.GetTrailers()])
        {
            // HTTP lets a server join repeated fields by a comma (RFC 9110, section 5.3), and ASP.NET Core does.
            Assert.Equal("a = \"b\" ~, again", string.Join(", ", received.GetAll("probe-text").Select(e => e.Value)));
            Assert.Equal(everyByte, received.GetValueBytes("probe-all-bin"));
            Assert.Equal([0xff], received.GetValueBytes("probe-one-bin"));
            Assert.Equal([0x00, 0x2c], received.GetValueBytes("probe-two-bin"));
        }
    }

    [Fact]
    public async Task Headers_arrive_before_the_first_message_of_a_stream()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(new MirrorService(), Token);
        using GrpcChannel channel = host.OpenChannel();

        using AsyncDuplexStreamingCall<Number, Number> call = new Probe.ProbeClient(channel)
            .RunningSum(new Metadata { { "probe-text", "early" } }, cancellationToken: Token);
        Metadata headers = await call.ResponseHeadersAsync.WaitAsync(Token);

        Assert.Equal("early", headers.GetValue("probe-text"));
        await call.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Trailers_of_an_unfinished_call_are_refused()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel();

        using AsyncClientStreamingCall<Number, Number> call = new Probe.ProbeClient(channel)
            .Sum(cancellationToken: Token);

        Assert.Throws<InvalidOperationException>(call.GetTrailers);
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
    }

    [Fact]
    public async Task The_server_knows_method_host_peer_and_client_certificate()
    {
        List<string> seen = [];
        await using ProbeHost host = await ProbeHost.StartAsync(new NosyService(seen), Token);
        using GrpcChannel channel = host.OpenChannel();

        await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token);

        Assert.Equal(
            ["/digitaltwin.tests.v1.Probe/Echo", $"127.0.0.1:{host.Address.Port}", "ipv4:127.0.0.1", "True", "client"],
            seen);
    }

    private sealed class MirrorService : ProbeService
    {
        public override async Task<Number> Echo(Number request, ServerCallContext context)
        {
            await MirrorAsync(context);
            return request;
        }

        public override async Task RunningSum(
            IAsyncStreamReader<Number> requestStream,
            IServerStreamWriter<Number> responseStream,
            ServerCallContext context)
        {
            await MirrorAsync(context);
            await base.RunningSum(requestStream, responseStream, context);
        }

        private static async Task MirrorAsync(ServerCallContext context)
        {
            Metadata mirrored = [];
            foreach (Metadata.Entry entry in context.RequestHeaders)
            {
                if (entry.Key.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    mirrored.Add(entry);
                    context.ResponseTrailers.Add(entry);
                }
            }

            await context.WriteResponseHeadersAsync(mirrored);
        }
    }

    private sealed class NosyService(List<string> seen) : ProbeService
    {
        public override Task<Number> Echo(Number request, ServerCallContext context)
        {
            AuthContext identity = context.AuthContext;
            string peerWithoutPort = context.Peer[..context.Peer.LastIndexOf(':')];
            seen.AddRange([context.Method, context.Host, peerWithoutPort, $"{identity.IsPeerAuthenticated}"]);
            seen.AddRange(identity.FindPropertiesByName("x509_common_name").Select(property => property.Value));
            return base.Echo(request, context);
        }
    }
}
