using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DigitalTwin.Rpc.Tests.Probing;

/// <summary>A certificate authority that lives as long as one test: a P-256 root that signs leaves.</summary>
internal sealed class TestAuthority : IDisposable
{
    // Wide enough for a clock that jumps a little while the test runs.
    private static readonly TimeSpan Validity = TimeSpan.FromHours(1);

    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public TestAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        Root = request.CreateSelfSigned(_now - Validity, _now + Validity);
    }

    public X509Certificate2 Root { get; }

    /// <summary>What a peer is checked against: this root only, and not the machine's trust store.</summary>
    public X509ChainPolicy ChainPolicy
    {
        get => new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { Root },
            RevocationMode = X509RevocationMode.NoCheck,
        };
    }

    /// <summary>A certificate for <paramref name="name"/>, localhost and the loopback address.</summary>
    public X509Certificate2 Issue(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());

        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        using X509Certificate2 certificate = request.Create(Root, _now - Validity, _now + Validity, serial);
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose() => Root.Dispose();
}
