using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Coordinator.Anchoring;
using DigitalTwin.Coordinator.Artefacts;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Coordinator.Members;
using DigitalTwin.Coordinator.ReadSide;
using DigitalTwin.Coordinator.Studies;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Storage;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DigitalTwin.Coordinator;

/// <summary>How a coordinator listens. Port 0 takes a free one.</summary>
/// <param name="Port">Port of the services behind mutual TLS.</param>
/// <param name="EnrolmentPort">Port of enrolment, which takes no client certificate.</param>
/// <param name="AnyAddress">Listen on every address, not on loopback alone.</param>
/// <param name="ReadPort">Port of the published logs, which takes no client certificate; null serves none.</param>
public sealed record CoordinatorOptions(
    string StateFolder, int Port, int EnrolmentPort, bool AnyAddress, int? ReadPort = null);

/// <summary>The ports of a running coordinator.</summary>
public sealed record Endpoints(int Port, int EnrolmentPort, int? ReadPort = null);

/// <summary>The composition root of the coordinator.</summary>
public static class CoordinatorHost
{
    // Limits of the public edge: far above what a consortium of a hundred hospitals needs, far below what hurts.
    private const int MostConnections = 1000;
    private const int MostStreamsPerConnection = 32;
    private const int MostMessageBytes = 4 << 20;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Builds the server; it does not listen yet.</summary>
    /// <exception cref="CoordinatorException">
    /// The folder holds no consortium, or its certificate can't be used.
    /// </exception>
    public static WebApplication Build(CoordinatorOptions options, TimeProvider time)
    {
        ConsortiumSettings settings = Consortium.Load(options.StateFolder);
        CoordinatorFolder folder = new(options.StateFolder);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);

        // A start that fails is told once, as one sentence, by whoever started the coordinator.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        CertificateAuthority authority = CertificateAuthority.Load(folder, time);
        X509Certificate2 certificate = ServerCertificate(folder, authority, settings.Host, time);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, certificate, authority.Root));

        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(authority);
        builder.Services.AddSingleton(_ => ConsortiumLedger.Open(folder, settings.Consortium, time));
        builder.Services.AddSingleton<CoordinatorOutbox>();
        builder.Services.AddSingleton<Presence>();
        builder.Services.AddSingleton<UploadDesk>();
        builder.Services.AddSingleton(new TokenStore(folder.Tokens, time));
        builder.Services.AddSingleton<EnrolmentDesk>();
        builder.Services.AddSingleton<MemberPort>();
        builder.Services.AddSingleton<ReadPort>();
        builder.Services.AddSingleton(folder);
        builder.Services.AddSingleton<MemberInterceptor>();
        builder.Services.AddHostedService<StudyLoop>();
        AddAnchor(builder.Services, folder);
        if (options.ReadPort is not null || WitnessFile.Load(folder.Witnesses).Count > 0)
        {
            builder.Services.AddHostedService<ReadSideLoop>();
        }

        builder.Services.AddGrpc(grpc =>
        {
            grpc.EnableDetailedErrors = false;
            grpc.MaxReceiveMessageSize = MostMessageBytes;
            grpc.Interceptors.Add<MemberInterceptor>();
        });

        // A compressed message is measured before it is inflated; without compression there is no bomb. The defaults
        // are added after the options above, so they are cleared in a second step.
        builder.Services.Configure<GrpcServiceOptions>(grpc => grpc.CompressionProviders.Clear());

        WebApplication application = builder.Build();
        Map(application, options, folder);
        return application;
    }

    private static void AddAnchor(IServiceCollection services, CoordinatorFolder folder)
    {
        if (!File.Exists(folder.AnchorSettings))
        {
            return;
        }

        try
        {
            services.AddSingleton(AnchorSettings.Load(folder.AnchorSettings));
            services.AddHostedService<AnchorLoop>();
        }
        catch (FormatException malformed)
        {
            throw new CoordinatorException(malformed.Message, malformed);
        }
    }

    private static void Map(WebApplication application, CoordinatorOptions options, CoordinatorFolder folder)
    {
        // A branch of its own, so that no service answers on the port of the readers, nor a file on theirs.
        ReadPort readPort = application.Services.GetRequiredService<ReadPort>();
        ReadSideFiles files = new(folder.Public);
        application.MapWhen(
            context => context.Connection.LocalPort == readPort.Value, readers => readers.Run(files.ServeAsync));
        application.MapGrpcService<HealthService>();
        application.MapGrpcService<EnrolmentService>();
        application.MapGrpcService<MembershipService>();
        application.MapGrpcService<LedgerService>();
        application.MapGrpcService<BlobService>();
        application.Lifetime.ApplicationStarted.Register(() =>
        {
            ICollection<string> addresses = application.Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!.Addresses;
            int[] ports = [.. addresses.Select(address => new Uri(address).Port)];
            Endpoints endpoints = new(ports[0], ports[1], ports.Length > 2 ? ports[2] : null);
            application.Services.GetRequiredService<MemberPort>().Value = endpoints.Port;
            readPort.Value = endpoints.ReadPort;
            DurableFile.WriteAtomically(
                folder.Endpoints, JsonSerializer.SerializeToUtf8Bytes(endpoints, EndpointsJson.Default.Endpoints));
            Console.Out.WriteLine(
                $"Coordinator of {Consortium.Load(options.StateFolder).Consortium} listens: "
                    + $"members on port {endpoints.Port}, enrolment on port {endpoints.EnrolmentPort}"
                    + (endpoints.ReadPort is int port ? $", readers on port {port}." : "."));
        });
    }

    private static void Listen(
        KestrelServerOptions kestrel, CoordinatorOptions options, X509Certificate2 certificate, X509Certificate2 root)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.Http2.MaxStreamsPerConnection = MostStreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
        IPAddress address = options.AnyAddress ? IPAddress.Any : IPAddress.Loopback;
        foreach ((int port, bool members) in new[] { (options.Port, true), (options.EnrolmentPort, false) })
        {
            kestrel.Listen(address, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(https =>
                {
                    https.SslProtocols = SslProtocols.Tls13;
                    https.ServerCertificate = certificate;
                    https.ClientCertificateMode = members
                        ? ClientCertificateMode.RequireCertificate
                        : ClientCertificateMode.NoCertificate;
                    https.ClientCertificateValidation = (client, _, _) => IsFromConsortium(client, root);
                });
            });
        }

        if (options.ReadPort is int readPort)
        {
            kestrel.Listen(address, readPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(https =>
                {
                    https.SslProtocols = SslProtocols.Tls13;
                    https.ServerCertificate = certificate;
                    https.ClientCertificateMode = ClientCertificateMode.NoCertificate;
                });
            });
        }
    }

    private static bool IsFromConsortium(X509Certificate2 client, X509Certificate2 root)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // The authorization log revokes, call by call.
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(client);
    }

    // The key stays, so the pin in the genesis record stays; only the certificate around it is renewed.
    private static X509Certificate2 ServerCertificate(
        CoordinatorFolder folder, CertificateAuthority authority, string host, TimeProvider time)
    {
        try
        {
            X509Certificate2 current = X509Certificate2.CreateFromPemFile(folder.TlsCertificate, folder.TlsKey);
            TimeSpan left = current.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
            if (left > CertificateAuthority.LeafLifetime / 3)
            {
                return current;
            }

            current.Dispose();
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(folder.TlsKey));
            using X509Certificate2 renewed = authority.IssueServer(key, host);
            CertificateAuthority.WriteCertificate(folder.TlsCertificate, renewed);
            return X509Certificate2.CreateFromPemFile(folder.TlsCertificate, folder.TlsKey);
        }
        catch (Exception problem) when (problem is CryptographicException or IOException)
        {
            throw new CoordinatorException(
                $"The coordinator's certificate in {folder.Identity} can't be used: {problem.Message}", problem);
        }
    }
}

[JsonSerializable(typeof(Endpoints))]
internal sealed partial class EndpointsJson : JsonSerializerContext;
