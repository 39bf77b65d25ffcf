using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace DigitalTwin.HospitalNode.Connection;

/// <summary>The one connection that a member has: outwards, to its coordinator, over TLS 1.3.</summary>
/// <remarks>
/// The coordinator is known by the pin of its public key; names and public certificate authorities play no part.
/// </remarks>
public sealed class CoordinatorChannel : IDisposable
{
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly SocketsHttpHandler _handler;
    private volatile X509Certificate2? _certificate;
    private long _bytesSent;

    /// <param name="pin">SHA-256 of the coordinator's SubjectPublicKeyInfo, lower-case hex.</param>
    /// <param name="certificate">The member's certificate; null for enrolment.</param>
    public CoordinatorChannel(Uri address, string pin, X509Certificate2? certificate)
    {
        _certificate = certificate;
        _handler = new SocketsHttpHandler
        {
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            ConnectTimeout = ConnectTimeout,
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => _certificate!,
                RemoteCertificateValidationCallback = (_, server, _, _) => server is not null && PinOf(server) == pin,
            },
        };
        Grpc = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = _handler,
            DisposeHttpClient = true,
            CompressionProviders = [],
        });
    }

    public GrpcChannel Grpc { get; }

    /// <summary>Bytes that have left on this connection, TLS included.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>Shows another certificate from the next connection on.</summary>
    public void Use(X509Certificate2 certificate) => _certificate = certificate;

    public void Dispose()
    {
        Grpc.Dispose();
        _handler.Dispose();
    }

    private static string PinOf(X509Certificate certificate)
    {
        using X509Certificate2 full = new(certificate);
        return Convert.ToHexStringLower(SHA256.HashData(full.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new CountingStream(
                new NetworkStream(socket, ownsSocket: true), sent => Interlocked.Add(ref _bytesSent, sent));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
