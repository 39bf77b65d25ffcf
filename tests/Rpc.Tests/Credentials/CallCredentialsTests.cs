using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Credentials;

// Goal: credentials go with the calls they are meant for and never over a channel that others can read. Method: a
// handler that reports the authorization headers it got; the refusals are tried on channels without TLS.
public sealed class CallCredentialsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Credentials_of_a_call_are_added_to_its_headers()
    {
        AuthInterceptorContext? asked = null;
        await using TokenHost host = await TokenHost.StartAsync();
        CallCredentials credentials = CallCredentials.FromInterceptor((context, headers) =>
        {
            asked = context;
            headers.Add("authorization", "Bearer of the call");
            return Task.CompletedTask;
        });

        await host.EchoAsync(new CallOptions(credentials: credentials, cancellationToken: Token));

        Assert.Equal(["Bearer of the call"], host.Seen);
        Assert.Equal("Echo", asked?.MethodName);
        Assert.Equal($"{host.Address}digitaltwin.tests.v1.Probe", asked?.ServiceUrl);
    }

    [Fact]
    public async Task Credentials_of_the_channel_go_with_every_call_beside_those_of_the_call()
    {
        await using TokenHost host = await TokenHost.StartAsync(
            ChannelCredentials.Create(ChannelCredentials.SecureSsl, Bearer("channel")));

        await host.EchoAsync(new CallOptions(cancellationToken: Token));
        await host.EchoAsync(new CallOptions(credentials: Bearer("call"), cancellationToken: Token));

        Assert.Equal(["channel", "call, channel"], host.Seen);
    }

    [Fact]
    public async Task Composed_credentials_are_applied_in_order()
    {
        await using TokenHost host = await TokenHost.StartAsync();
        CallCredentials inner = CallCredentials.Compose(Bearer("2"), Bearer("3"));
        CallCredentials composed = CallCredentials.Compose(Bearer("1"), inner);

        await host.EchoAsync(new CallOptions(credentials: composed, cancellationToken: Token));

        Assert.Equal(["1, 2, 3"], host.Seen);
    }

    [Fact]
    public async Task Credentials_that_cannot_be_made_fail_the_call_before_it_starts()
    {
        await using TokenHost host = await TokenHost.StartAsync();
        CallCredentials broken = CallCredentials.FromInterceptor(
            (_, _) => throw new InvalidOperationException("The token is out of reach."));

        await Assert.ThrowsAnyAsync<Exception>(
            () => host.EchoAsync(new CallOptions(credentials: broken, cancellationToken: Token)));

        Assert.Empty(host.Seen);
    }

    [Fact]
    public void A_channel_without_tls_takes_no_call_credentials()
    {
        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(ChannelCredentials.Insecure, Bearer("token")));
    }

    [Fact]
    public void Credentials_are_composed_with_a_channel_once()
    {
        ChannelCredentials once = ChannelCredentials.Create(ChannelCredentials.SecureSsl, Bearer("a"));

        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(once, Bearer("b")));
    }

    [Fact]
    public void A_composition_of_one_is_refused()
    {
        Assert.Throws<ArgumentException>(() => CallCredentials.Compose(Bearer("alone")));
    }

    [Fact]
    public void Channel_and_address_must_agree_on_tls()
    {
        GrpcChannelOptions insecure = new() { Credentials = ChannelCredentials.Insecure };
        GrpcChannelOptions secure = new() { Credentials = new SslCredentials() };

        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("https://localhost", insecure));
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("http://localhost", secure));
    }

    [Fact]
    public void Certificates_belong_to_the_http_handler_and_the_client_says_so()
    {
        GrpcChannelOptions own = new()
        {
            Credentials = new SslCredentials("roots", new KeyCertificatePair("chain", "key"), _ => true),
        };

        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("https://localhost", own));
    }

    private static CallCredentials Bearer(string token)
    {
        return CallCredentials.FromInterceptor((_, headers) =>
        {
            headers.Add("authorization", token);
            return Task.CompletedTask;
        });
    }

    private sealed class TokenHost(ProbeHost host, GrpcChannel channel, List<string> seen) : IAsyncDisposable
    {
        public IReadOnlyList<string> Seen => seen;

        public Uri Address => host.Address;

        public static async Task<TokenHost> StartAsync(ChannelCredentials? credentials = null)
        {
            List<string> seen = [];
            ProbeHost host = await ProbeHost.StartAsync(new TokenService(seen), Token);
            return new TokenHost(host, host.OpenChannel(options => options.Credentials = credentials), seen);
        }

        public async Task EchoAsync(CallOptions options)
        {
            await new Probe.ProbeClient(channel).EchoAsync(new Number(), options);
        }

        public async ValueTask DisposeAsync()
        {
            channel.Dispose();
            await host.DisposeAsync();
        }
    }

    private sealed class TokenService(List<string> seen) : ProbeService
    {
        public override Task<Number> Echo(Number request, ServerCallContext context)
        {
            seen.Add(string.Join(", ", context.RequestHeaders.GetAll("authorization").Select(entry => entry.Value)));
            return base.Echo(request, context);
        }
    }
}
