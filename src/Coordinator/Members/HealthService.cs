using DigitalTwin.Protos.Health.V1;
using Grpc.Core;

namespace DigitalTwin.Coordinator.Members;

/// <summary>
/// The standard health check: a coordinator that answers is serving, for its open logs are what it serves.
/// </summary>
internal sealed class HealthService : Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        request.Service.Length == 0
            ? Task.FromResult(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving })
            : throw new RpcException(new Status(StatusCode.NotFound, "Ask for the whole server with an empty name."));
}
