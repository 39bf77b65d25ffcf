using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.Scenarios.Tests.Hosting;

/// <summary>A relay between one node and its coordinator that holds the keys of both, as only a test can.</summary>
/// <remarks>
/// It keeps every plaintext byte that leaves the node, HTTP/2 framing included, and cuts the line at a chosen call.
/// The .NET client writes the path of a call in plain letters, so a call is found by its name.
/// </remarks>
internal sealed class TlsTap : IAsyncDisposable
{
    // Longer than a call over loopback takes, shorter than anybody's patience.
    private static readonly TimeSpan AnswerLost = TimeSpan.FromMilliseconds(400);

    private readonly RunningCoordinator _coordinator;
    private readonly X509Certificate2 _server;
    private readonly X509Certificate2 _client;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<MemoryStream> _lines = [];
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private (byte[] Path, int Occurrence, bool ForGood)? _cut;

    private TlsTap(RunningCoordinator coordinator, string member, MemberFolder folder)
    {
        _coordinator = coordinator;
        Member = member;
        _server = X509Certificate2.CreateFromPemFile(coordinator.Folder.TlsCertificate, coordinator.Folder.TlsKey);
        _client = X509Certificate2.CreateFromPemFile(folder.TlsCertificate, folder.TlsKey);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Member { get; }

    public Uri Address => new($"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Every plaintext byte that has left the node, connection after connection.</summary>
    public byte[] Sent
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines.SelectMany(line => line.ToArray())];
            }
        }
    }

    /// <summary>What the node's calls carried, each without the framing that may cut it into pieces.</summary>
    public byte[] Payload
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines.SelectMany(line => Http2Payload.Of(line.ToArray()))];
            }
        }
    }

    /// <summary>Whether the line has been cut.</summary>
    public bool HasCut { get; private set; }

    public static TlsTap Start(RunningCoordinator coordinator, string member, MemberFolder folder) =>
        new(coordinator, member, folder);

    /// <summary>Cuts the line for good before the <paramref name="occurrence"/>th call of a method reaches the
    /// coordinator.</summary>
    public void CutBefore(string method, int occurrence) => _cut = (Encoding.ASCII.GetBytes(method), occurrence, true);

    /// <summary>Lets the call through, keeps its answer back, and cuts the connection once.</summary>
    public void LoseAnswerOf(string method, int occurrence) =>
        _cut = (Encoding.ASCII.GetBytes(method), occurrence, false);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await Task.WhenAny(_accepting);
        _listener.Dispose();
        _stop.Dispose();
        _server.Dispose();
        _client.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient near = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = RelayAsync(near);
        }
    }

    private async Task RelayAsync(TcpClient nearSocket)
    {
        using TcpClient near = nearSocket;
        using TcpClient far = new();
        try
        {
            if (HasCut && _cut is { ForGood: true })
            {
                return;
            }

            await far.ConnectAsync(IPAddress.Loopback, _coordinator.Ports.Port, _stop.Token);
            await using SslStream node = new(near.GetStream());
            await node.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _server,
                    ClientCertificateRequired = true,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    RemoteCertificateValidationCallback = (_, peer, _, _) => Equals(peer, _client),
                },
                _stop.Token);
            await using SslStream coordinator = new(far.GetStream());
            await coordinator.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    ClientCertificates = [_client],
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    RemoteCertificateValidationCallback = (_, peer, _, _) => Equals(peer, _server),
                },
                _stop.Token);
            Line line = new();
            lock (_gate)
            {
                _lines.Add(line.Sent);
            }

            await Task.WhenAny(ForwardAsync(node, coordinator, line), AnswerAsync(coordinator, node, line));
        }
        catch (Exception broken) when (broken is IOException or SocketException or OperationCanceledException
            or AuthenticationException or ObjectDisposedException)
        {
            // A broken line is what this relay is for; both sides notice.
        }
    }

    private async Task ForwardAsync(SslStream node, SslStream coordinator, Line line)
    {
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await node.ReadAsync(buffer, _stop.Token)) > 0)
        {
            if (Keep(line, buffer.AsSpan(0, read)))
            {
                line.IsMuted = true;
                if (_cut!.Value.ForGood)
                {
                    return;
                }

                _ = Task.Delay(AnswerLost, _stop.Token).ContinueWith(
                    _ => node.Close(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            await coordinator.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }

    private async Task AnswerAsync(SslStream coordinator, SslStream node, Line line)
    {
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await coordinator.ReadAsync(buffer, _stop.Token)) > 0)
        {
            if (!line.IsMuted)
            {
                await node.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
    }

    // Whether the call to cut at has just come by.
    private bool Keep(Line line, ReadOnlySpan<byte> chunk)
    {
        lock (_gate)
        {
            line.Sent.Write(chunk);
            if (HasCut || _cut is not { } cut
                || _lines.Sum(one => Occurrences(one.ToArray(), cut.Path)) < cut.Occurrence)
            {
                return false;
            }

            HasCut = true;
            return true;
        }
    }

    private static int Occurrences(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern)
    {
        int count = 0;
        for (int at; (at = text.IndexOf(pattern)) >= 0; text = text[(at + pattern.Length)..])
        {
            count++;
        }

        return count;
    }

    private sealed class Line
    {
        public volatile bool IsMuted;

        public MemoryStream Sent { get; } = new();
    }
}
