using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Rpc.Tests.Probing;
using Grpc.Core;
using Grpc.Net.Client;

namespace DigitalTwin.Rpc.Tests.Credentials;

// Goal: only members of the same authority talk to each other. Method: three strangers, one per way to be one.
public sealed class MutualTlsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_without_a_certificate_is_refused()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = host.OpenChannel(clientCertificate: null);

        Assert.Equal(StatusCode.Unavailable, await FailureAsync(channel));
    }

    [Fact]
    public async Task A_client_of_another_authority_is_refused_even_under_the_same_name()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        using TestAuthority impostor = new("test root");
        using X509Certificate2 certificate = impostor.Issue("client");
        using GrpcChannel channel = host.OpenChannel(certificate);

        Assert.Equal(StatusCode.Unavailable, await FailureAsync(channel));
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused_by_the_client()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Token);
        await using ProbeHost other = await ProbeHost.StartAsync(Token);
        using GrpcChannel channel = other.OpenChannel();
        using SocketsHttpHandler trustingOther = new()
        {
            SslOptions = { CertificateChainPolicy = other.Authority.ChainPolicy },
        };
        using GrpcChannel toHost = GrpcChannel.ForAddress(
            host.Address,
            new GrpcChannelOptions { HttpHandler = trustingOther });

        // Internal and not Unavailable: the client refused by itself, so that another attempt cannot help.
        Assert.Equal(StatusCode.Internal, await FailureAsync(toHost));
        await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token);
    }

    private static async Task<StatusCode> FailureAsync(GrpcChannel channel)
    {
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await new Probe.ProbeClient(channel).EchoAsync(new Number(), cancellationToken: Token));
        return refusal.StatusCode;
    }
}
