using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.TestKit;

namespace DigitalTwin.Coordinator.Tests.Enrolment;

// Goal: a certificate opens a connection for one member, for at most ninety days, and can be used for nothing else.
// Method: signing requests that ask for more than that.
public sealed class CertificateAuthorityTests : IDisposable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly CertificateAuthority _authority;

    public CertificateAuthorityTests()
    {
        CoordinatorFolder folder = new(_folder.FullPath);
        DurableFile.CreateFolder(folder.Identity);
        _authority = CertificateAuthority.Create("test", folder, new ManualTime(Now));
    }

    [Fact]
    public void A_member_certificate_is_short_lived_and_for_clients_only()
    {
        using X509Certificate2 certificate = _authority.IssueMember(RequestFor("CN=north"), "north");

        Assert.Equal(Now.UtcDateTime + TimeSpan.FromDays(90), certificate.NotAfter.ToUniversalTime());
        Assert.True(Now.UtcDateTime > certificate.NotBefore.ToUniversalTime());
        Assert.Equal([ClientAuthentication], UsesOf(certificate));
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(
            X509KeyUsageFlags.DigitalSignature, certificate.Extensions.OfType<X509KeyUsageExtension>().Single()
                .KeyUsages);
    }

    [Theory]
    [InlineData("CN=coordinator")]
    [InlineData("CN=east, O=Another Hospital")]
    [InlineData("")]
    public void The_subject_is_the_member_whatever_was_asked_for(string subject)
    {
        using X509Certificate2 certificate = _authority.IssueMember(RequestFor(subject), "north");

        Assert.Equal("CN=north", certificate.Subject);
    }

    [Fact]
    public void Extensions_that_were_asked_for_are_not_given()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=north", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], true));

        using X509Certificate2 certificate = _authority.IssueMember(request.CreateSigningRequest(), "north");

        Assert.Equal([ClientAuthentication], UsesOf(certificate));
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
    }

    [Fact]
    public void A_server_certificate_is_for_its_host_and_loopback()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = _authority.IssueServer(key, "twins.example.org");

        Assert.Equal([ServerAuthentication], UsesOf(certificate));
        Assert.True(certificate.MatchesHostname("twins.example.org"));
        Assert.True(certificate.MatchesHostname("127.0.0.1"));
        Assert.False(certificate.MatchesHostname("example.org"));
    }

    [Fact]
    public void A_key_that_is_not_on_p_256_is_refused()
    {
        using ECDsa large = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using RSA rsa = RSA.Create(2048);
        byte[][] requests =
        [
            new CertificateRequest("CN=north", large, HashAlgorithmName.SHA256).CreateSigningRequest(),
            new CertificateRequest("CN=north", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                .CreateSigningRequest(),
        ];

        Assert.All(requests, request =>
            Assert.Throws<CryptographicException>(() => _authority.IssueMember(request, "north")));
    }

    [Fact]
    public void A_request_that_its_key_did_not_sign_is_refused()
    {
        byte[] request = RequestFor("CN=north");
        request[^1] ^= 1;

        Assert.ThrowsAny<CryptographicException>(() => _authority.IssueMember(request, "north"));
    }

    [Fact]
    public void Two_certificates_of_one_key_have_two_serial_numbers()
    {
        byte[] request = RequestFor("CN=north");
        using X509Certificate2 first = _authority.IssueMember(request, "north");
        using X509Certificate2 second = _authority.IssueMember(request, "north");

        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private static byte[] RequestFor(string subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }

    private static string[] UsesOf(X509Certificate2 certificate) =>
    [
        .. certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages
            .Cast<Oid>().Select(use => use.Value!),
    ];
}
