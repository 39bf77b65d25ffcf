using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Coordinator;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.HospitalNode;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Protos.Health.V1;
using DigitalTwin.Protos.V1;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;
using Grpc.Core;
using EnrolmentGate = DigitalTwin.Protos.V1.Enrolment;

namespace DigitalTwin.Scenarios.Tests;

// Goal: only a member with a live certificate gets anywhere, and only as far as its role goes. Method: calls over real
// TLS, each wrong in one way; beside each stands a call that is right but for that.
public sealed class AccessTests : IAsyncLifetime
{
    // The consortium is old enough for a certificate of its first days to have expired, and its root to be in force.
    private static readonly DateTimeOffset Founded = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(200);

    private readonly TemporaryFolder _folder = new();
    private RunningCoordinator _coordinator = null!;
    private MemberFolder _hospital = null!;
    private MemberFolder _researcher = null!;
    private string _pin = "";

    public async ValueTask InitializeAsync()
    {
        _coordinator = await RunningCoordinator.StartNewAsync(_folder["coordinator"], new ManualTime(Founded));
        _hospital = new MemberFolder(_folder["north"]);
        _researcher = new MemberFolder(_folder["researcher"]);
        _pin = (await _coordinator.EnrolAsync(_hospital, "north", Role.Hospital)).CoordinatorPin;
        await _coordinator.EnrolAsync(_researcher, "researcher", Role.Researcher);
    }

    public async ValueTask DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_member_is_let_in()
    {
        using X509Certificate2 certificate = _hospital.LoadCertificate(TimeProvider.System);

        Assert.Equal(StatusCode.InvalidArgument, await CosignAsync(_coordinator.Members, certificate));
    }

    [Fact]
    public async Task A_call_without_a_certificate_does_not_get_through_the_handshake()
    {
        await AssertHandshakeFailsAsync(certificate: null);
    }

    [Fact]
    public async Task A_certificate_of_another_consortium_does_not_get_through_the_handshake()
    {
        CoordinatorFolder other = new(_folder["other"]);
        Consortium.Create(other.Root, new ConsortiumSettings("test", "localhost"), TimeProvider.System);
        using CertificateAuthority authority = CertificateAuthority.Load(other, TimeProvider.System);
        using X509Certificate2 certificate = Issue(authority, "north");

        await AssertHandshakeFailsAsync(certificate);
    }

    [Fact]
    public async Task An_expired_certificate_does_not_get_through_the_handshake()
    {
        using CertificateAuthority then = CertificateAuthority.Load(_coordinator.Folder, new ManualTime(Founded));
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_hospital.TlsKey));
        using X509Certificate2 certificate = Issue(then, "north", key);
        using CertificateAuthority now = CertificateAuthority.Load(_coordinator.Folder, TimeProvider.System);
        using X509Certificate2 renewed = Issue(now, "north", key);

        await AssertHandshakeFailsAsync(certificate);
        Assert.Equal(StatusCode.InvalidArgument, await CosignAsync(_coordinator.Members, renewed));
    }

    [Fact]
    public async Task A_certificate_whose_key_is_not_on_the_ledger_is_refused()
    {
        using CertificateAuthority authority = CertificateAuthority.Load(_coordinator.Folder, TimeProvider.System);
        using X509Certificate2 certificate = Issue(authority, "north");

        Assert.Equal(StatusCode.PermissionDenied, await CosignAsync(_coordinator.Members, certificate));
    }

    [Fact]
    public async Task A_researcher_cannot_cosign()
    {
        using X509Certificate2 certificate = _researcher.LoadCertificate(TimeProvider.System);

        Assert.Equal(StatusCode.PermissionDenied, await CosignAsync(_coordinator.Members, certificate));
    }

    // Both ports map every service; what keeps the enrolment port from being a way around is that no call on it has a
    // certificate, and every method but two asks for one.
    [Fact]
    public async Task The_enrolment_port_serves_enrolment_and_health_alone()
    {
        using X509Certificate2 certificate = _hospital.LoadCertificate(TimeProvider.System);
        using CoordinatorChannel channel = new(_coordinator.Enrolment, _pin, certificate);

        Assert.Equal(StatusCode.Unauthenticated, await CosignAsync(_coordinator.Enrolment, certificate));
        Assert.Equal(StatusCode.Unauthenticated, await CosignAsync(_coordinator.Enrolment, null));
        Assert.Equal(StatusCode.Unauthenticated, await StatusOfAsync(() =>
            new BlobExchange.BlobExchangeClient(channel.Grpc)
                .Get(new GetRequest { Sha256 = new string('0', 64) }).ResponseStream.MoveNext(CancellationToken.None)));
        Assert.Equal(StatusCode.Unauthenticated, await StatusOfAsync(() =>
            new Protos.V1.Membership.MembershipClient(channel.Grpc).RenewAsync(new RenewRequest()).ResponseAsync));
        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.Serving,
            (await new Health.HealthClient(channel.Grpc).CheckAsync(
                new HealthCheckRequest(), cancellationToken: TestContext.Current.CancellationToken)).Status);
        Assert.Equal(StatusCode.PermissionDenied, await EnrolNothingAsync(_coordinator.Enrolment, certificate));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    public async Task Only_tls_1_3_is_spoken(SslProtocols version, bool isSpoken)
    {
        using X509Certificate2 certificate = _hospital.LoadCertificate(TimeProvider.System);
        foreach (int port in new[] { _coordinator.Ports.Port, _coordinator.Ports.EnrolmentPort })
        {
            Exception? refusal = await Record.ExceptionAsync(async () =>
            {
                using SslStream line = await HandshakeAsync(port, version, certificate);
                Assert.Equal(version, line.SslProtocol);
            });

            Assert.Equal(isSpoken, refusal is null);
        }
    }

    [Fact]
    public async Task A_node_that_expects_another_coordinator_says_nothing()
    {
        EnrolmentToken token = _coordinator.NewToken("east", Role.Hospital);
        MemberFolder folder = new(_folder["east"]);

        NodeException refusal = await Assert.ThrowsAsync<NodeException>(() => EnrolmentClient.EnrolAsync(
            folder,
            "east",
            token with { CoordinatorPin = new string('0', 64) },
            _coordinator.Enrolment,
            TimeProvider.System,
            CancellationToken.None));

        Assert.StartsWith("No trusted coordinator answers at ", refusal.Message, StringComparison.Ordinal);
        Assert.False(folder.IsEnrolled);
    }

    private async Task<StatusCode> CosignAsync(Uri address, X509Certificate2? certificate)
    {
        using CoordinatorChannel channel = new(address, _pin, certificate);
        return await StatusOfAsync(() => new LedgerExchange.LedgerExchangeClient(channel.Grpc)
            .CosignAsync(new CosignRequest { Log = Log.Data, Size = 1, Cosignature = "nothing" }).ResponseAsync);
    }

    private async Task<StatusCode> EnrolNothingAsync(Uri address, X509Certificate2 certificate)
    {
        using CoordinatorChannel channel = new(address, _pin, certificate);
        return await StatusOfAsync(() =>
            new EnrolmentGate.EnrolmentClient(channel.Grpc).EnrolAsync(new EnrolRequest()).ResponseAsync);
    }

    private static async Task<StatusCode> StatusOfAsync(Func<Task> call) =>
        (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;

    // TLS 1.3 tells a client of its refused certificate after the handshake, with the first byte it reads.
    private async Task AssertHandshakeFailsAsync(X509Certificate2? certificate)
    {
        Assert.True(await CosignAsync(
            _coordinator.Members, certificate) is StatusCode.Unavailable or StatusCode.Internal);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            using SslStream line = await HandshakeAsync(_coordinator.Ports.Port, SslProtocols.Tls13, certificate);
            if (await line.ReadAsync(new byte[1]) == 0)
            {
                throw new IOException("The coordinator hung up.");
            }
        });
    }

    private async Task<SslStream> HandshakeAsync(int port, SslProtocols version, X509Certificate2? certificate)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        SslStream line = new(new NetworkStream(socket, ownsSocket: true));
        await line.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = version,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificates = certificate is null ? null : [certificate],
            RemoteCertificateValidationCallback = (_, server, _, _) =>
                Convert.ToHexStringLower(SHA256.HashData(new X509Certificate2(server!).PublicKey
                    .ExportSubjectPublicKeyInfo())) == _pin,
        });
        return line;
    }

    private static X509Certificate2 Issue(CertificateAuthority authority, string member)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Issue(authority, member, key);
    }

    private static X509Certificate2 Issue(CertificateAuthority authority, string member, ECDsa key)
    {
        byte[] request = new CertificateRequest($"CN={member}", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        using X509Certificate2 certificate = authority.IssueMember(request, member);
        return certificate.CopyWithPrivateKey(key);
    }
}
