using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DigitalTwin.Rpc.Tests.Probing;

/// <summary>Kestrel on a free loopback port: TLS 1.3, HTTP/2, a certificate asked of every client.</summary>
internal sealed class ProbeHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly X509Certificate2 _serverCertificate;
    private readonly X509Certificate2 _clientCertificate;

    private ProbeHost(WebApplication application, TestAuthority authority, X509Certificate2 serverCertificate)
    {
        _application = application;
        _serverCertificate = serverCertificate;
        _clientCertificate = authority.Issue("client");
        Authority = authority;
    }

    public TestAuthority Authority { get; }

    public Uri Address => new(_application.Urls.Single());

    public static Task<ProbeHost> StartAsync(CancellationToken cancellationToken)
    {
        return StartAsync(new ProbeService(), cancellationToken);
    }

    public static async Task<ProbeHost> StartAsync<TService>(
        TService service,
        CancellationToken cancellationToken,
        Action<GrpcServiceOptions>? configure = null,
        Action<WebApplication>? map = null)
        where TService : ProbeService
    {
        TestAuthority authority = new("test root");
        X509Certificate2 certificate = authority.Issue("server");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port: 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(https => RequireClients(https, certificate, authority));
        }));
        builder.Services.AddSingleton(service);

        // After AddGrpc and not as its argument: there the defaults come later, and fill a list that was emptied.
        builder.Services.AddGrpc();
        builder.Services.Configure(configure ?? (_ => { }));

        WebApplication application = builder.Build();
        (map ?? (routes => routes.MapGrpcService<TService>()))(application);
        await application.StartAsync(cancellationToken);
        return new ProbeHost(application, authority, certificate);
    }

    /// <summary>A channel that trusts this host's authority only, and shows a certificate of it.</summary>
    public GrpcChannel OpenChannel(Action<GrpcChannelOptions>? configure = null)
    {
        return OpenChannel(_clientCertificate, configure);
    }

    public GrpcChannel OpenChannel(X509Certificate2? clientCertificate, Action<GrpcChannelOptions>? configure = null)
    {
        GrpcChannelOptions options = new()
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    CertificateChainPolicy = Authority.ChainPolicy,
                    ClientCertificates = clientCertificate is null ? [] : [clientCertificate],
                },
            },
        };
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(Address, options);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _serverCertificate.Dispose();
        _clientCertificate.Dispose();
        Authority.Dispose();
    }

    private static void RequireClients(
        HttpsConnectionAdapterOptions https,
        X509Certificate2 certificate,
        TestAuthority authority)
    {
        https.ServerCertificate = certificate;
        https.SslProtocols = SslProtocols.Tls13;
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.OnAuthenticate = (_, tls) => tls.CertificateChainPolicy = authority.ChainPolicy;
    }
}
