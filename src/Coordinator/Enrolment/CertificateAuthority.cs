using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Coordinator.Enrolment;

/// <summary>The consortium's own root: it certifies TLS keys, and nothing else trusts it.</summary>
/// <remarks>
/// A certificate only opens the connection; what a member may do is decided by the authorization log.
/// </remarks>
internal sealed class CertificateAuthority : IDisposable
{
    /// <summary>Life of a member's certificate; NIST SP 800-57 asks for short-lived authentication keys.</summary>
    public static readonly TimeSpan LeafLifetime = TimeSpan.FromDays(90);

    private static readonly TimeSpan RootLifetime = TimeSpan.FromDays(3650);

    // Clocks of hospitals differ; a certificate that is valid "from now" is not yet valid next door.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly TimeProvider _time;

    private CertificateAuthority(X509Certificate2 root, TimeProvider time)
    {
        Root = root;
        _time = time;
    }

    /// <summary>The root certificate, with its private key.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>Makes a root for <paramref name="consortium"/> and writes its key and certificate.</summary>
    public static CertificateAuthority Create(string consortium, CoordinatorFolder folder, TimeProvider time)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(Name($"{consortium} root"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset now = time.GetUtcNow();
        using X509Certificate2 root = request.CreateSelfSigned(now - ClockSkew, now + RootLifetime);
        WriteKey(folder.RootKey, key);
        WriteCertificate(folder.RootCertificate, root);
        return Load(folder, time);
    }

    public static CertificateAuthority Load(CoordinatorFolder folder, TimeProvider time) =>
        new(X509Certificate2.CreateFromPemFile(folder.RootCertificate, folder.RootKey), time);

    /// <summary>Certifies the coordinator's own TLS key for <paramref name="host"/> and loopback.</summary>
    public X509Certificate2 IssueServer(ECDsa key, string host)
    {
        CertificateRequest request = new(Name(host), key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else if (host != "localhost")
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        return Issue(request, ServerAuthentication);
    }

    /// <summary>
    /// Certifies the key of a member's signing request; the subject is the member, whatever the request says.
    /// </summary>
    /// <exception cref="CryptographicException">The request's signature is wrong, or its key is not P-256.</exception>
    public X509Certificate2 IssueMember(ReadOnlySpan<byte> signingRequest, string member)
    {
        CertificateRequest asked = CertificateRequest.LoadSigningRequest(
            signingRequest.ToArray(), HashAlgorithmName.SHA256);
        using ECDsa key = asked.PublicKey.GetECDsaPublicKey()
            ?? throw new CryptographicException("The TLS key is not an elliptic-curve key.");
        if (key.ExportParameters(false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
        {
            throw new CryptographicException("The TLS key is not on P-256.");
        }

        return Issue(new CertificateRequest(Name(member), key, HashAlgorithmName.SHA256), ClientAuthentication);
    }

    /// <summary>Writes a private key, readable by its owner alone.</summary>
    public static void WriteKey(string path, ECDsa key) => DurableFile.WriteAtomically(
        path, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), ownerOnly: true);

    public static void WriteCertificate(string path, X509Certificate2 certificate) =>
        DurableFile.WriteAtomically(path, System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));

    public void Dispose() => Root.Dispose();

    private X509Certificate2 Issue(CertificateRequest request, string usage)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Root, includeKeyIdentifier: true, false));
        DateTimeOffset now = _time.GetUtcNow();
        return request.Create(
            Root, now - ClockSkew, now + LeafLifetime, RandomNumberGenerator.GetBytes(16));
    }

    private static X500DistinguishedName Name(string commonName)
    {
        X500DistinguishedNameBuilder name = new();
        name.AddCommonName(commonName);
        return name.Build();
    }
}
