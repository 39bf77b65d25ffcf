using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DigitalTwin.Coordinator.Members;

/// <summary>The edge of membership: renews the certificate of a key that stays the same.</summary>
internal sealed class MembershipService(CertificateAuthority authority) : Membership.MembershipBase
{
    public override Task<RenewReply> Renew(RenewRequest request, ServerCallContext context)
    {
        Ledger.Members.Member member = MemberInterceptor.MemberOf(context);
        try
        {
            using X509Certificate2 renewed = authority.IssueMember(request.SigningRequest.Span, member.Id);
            return MemberInterceptor.PinOf(renewed) == member.TlsKey
                ? Task.FromResult(new RenewReply { Certificate = ByteString.CopyFrom(renewed.RawDataMemory.Span) })
                : throw new RpcException(new Status(
                    StatusCode.PermissionDenied, "Only the pinned key is renewed; enrol again for another key."));
        }
        catch (CryptographicException problem)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, problem.Message));
        }
    }
}
