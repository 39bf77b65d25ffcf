using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>Renews a member's certificate around the pinned key, well before it expires.</summary>
internal static class RenewalClient
{
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Renews when less than a third of the certificate's life is left.</summary>
    /// <returns>The new certificate with its key, on disk as well; null when none is due or to be had.</returns>
    public static async Task<X509Certificate2?> RenewIfDueAsync(
        MemberFolder folder,
        CoordinatorChannel channel,
        X509Certificate2 current,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        TimeSpan life = current.NotAfter - current.NotBefore;
        TimeSpan left = current.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
        if (left > life / 3)
        {
            return null;
        }

        using ECDsa key = current.GetECDsaPrivateKey()
            ?? throw new NodeException($"The certificate in {folder.Identity} has lost its key; enrol again.");
        byte[] request =
            new CertificateRequest(current.SubjectName, key, HashAlgorithmName.SHA256).CreateSigningRequest();
        try
        {
            RenewReply reply = await new Protos.V1.Membership.MembershipClient(channel.Grpc).RenewAsync(
                new RenewRequest { SigningRequest = ByteString.CopyFrom(request) },
                deadline: time.GetUtcNow().UtcDateTime + CallDeadline,
                cancellationToken: cancellationToken);
            using X509Certificate2 renewed = X509CertificateLoader.LoadCertificate(reply.Certificate.Span);
            EnrolmentClient.WriteCertificate(folder.TlsCertificate, renewed);
            return folder.LoadCertificate(time);
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // The old certificate still has weeks; the next start or day tries again.
        }
    }
}
