using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace DigitalTwin.Coordinator.Members;

/// <summary>
/// Lets a call through when its certificate's key is pinned to an active member whose role may make it.
/// </summary>
/// <remarks>
/// TLS has only shown that the consortium's root once signed the certificate. What counts is the authorization log, and
/// it is asked on every call. A method that the table does not name is refused.
/// </remarks>
internal sealed class MemberInterceptor(ConsortiumLedger ledger) : Interceptor
{
    private const string MemberKey = "digitaltwin.member";

    /// <summary>Methods that need no membership.</summary>
    internal static readonly IReadOnlySet<string> Open =
        new HashSet<string>(StringComparer.Ordinal)
        {
            "/digitaltwin.v1.Enrolment/Enrol",
            "/grpc.health.v1.Health/Check",
        };

    /// <summary>The member that makes this call.</summary>
    public static Member MemberOf(ServerCallContext context) => (Member)context.UserState[MemberKey];

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        throw Refuse(StatusCode.Unimplemented, "This coordinator has no client-streaming methods.");

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        throw Refuse(StatusCode.Unimplemented, "This coordinator has no duplex-streaming methods.");

    /// <summary>
    /// SHA-256 of a certificate's SubjectPublicKeyInfo, lower-case hex: the pin of the authorization log.
    /// </summary>
    internal static string PinOf(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private void Admit(ServerCallContext context)
    {
        if (Open.Contains(context.Method))
        {
            return;
        }

        X509Certificate2 certificate = context.GetHttpContext().Connection.ClientCertificate
            ?? throw Refuse(StatusCode.Unauthenticated, "This call needs a member's certificate.");
        Member? member;
        lock (ledger.Gate)
        {
            member = ledger.Members.FindByTlsKey(PinOf(certificate));
        }

        if (member is null)
        {
            throw Refuse(StatusCode.PermissionDenied, "The certificate's key is not pinned to an active member.");
        }

        if (!RoleMatrix.May(member.Role, RoleMatrix.Call(context.Method)))
        {
            throw Refuse(StatusCode.PermissionDenied, $"The role {member.Role} may not call {context.Method}.");
        }

        context.UserState[MemberKey] = member;
    }

    private static RpcException Refuse(StatusCode code, string detail) => new(new Status(code, detail));
}
