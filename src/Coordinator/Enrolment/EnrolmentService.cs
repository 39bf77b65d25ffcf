using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DigitalTwin.Coordinator.Enrolment;

/// <summary>The edge of enrolment, the one service without a client certificate.</summary>
internal sealed partial class EnrolmentService(
    EnrolmentDesk desk,
    CertificateAuthority authority,
    ConsortiumLedger ledger,
    MemberPort port,
    ILogger<EnrolmentService> logger)
    : Protos.V1.Enrolment.EnrolmentBase
{
    public override Task<EnrolReply> Enrol(EnrolRequest request, ServerCallContext context)
    {
        EnrolmentRequest asked = new(
            request.TokenSecret.ToByteArray(),
            request.SigningRequest.ToByteArray(),
            request.RecordKey.ToByteArray(),
            request.RecordKeyProof.ToByteArray(),
            request.WitnessKey,
            request.WitnessKeyProof.ToByteArray());
        if (ledger.Closed is { } closed)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, closed));
        }

        if (desk.Admit(asked, out string refusal) is not { } admitted)
        {
            LogRefused(context.Peer, refusal);
            throw new RpcException(new Status(StatusCode.PermissionDenied, refusal));
        }

        using X509Certificate2 certificate = admitted.Certificate;
        LogAdmitted(admitted.Member.Member, admitted.Member.Role);
        return Task.FromResult(new EnrolReply
        {
            Member = admitted.Member.Member,
            Role = admitted.Member.Role.ToString().ToLowerInvariant(),
            Certificate = ByteString.CopyFrom(certificate.RawDataMemory.Span),
            RootCertificate = ByteString.CopyFrom(authority.Root.RawDataMemory.Span),
            Genesis = ByteString.CopyFrom(ledger.KeeperOf(LogKind.Authorization).Entries.Read(0).Span),
            Port = port.Value,
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "Refused an enrolment from {Peer}: {Refusal}")]
    private partial void LogRefused(string peer, string refusal);

    [LoggerMessage(2, LogLevel.Information, "Admitted {Member} as {Role}")]
    private partial void LogAdmitted(string member, Role role);
}

/// <summary>The port of the services behind mutual TLS, known once the server listens.</summary>
internal sealed class MemberPort
{
    public int Value { get; set; }
}
