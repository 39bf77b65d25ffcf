using System.Globalization;
using DigitalTwin.Protos.Health.V1;
using Grpc.Core;

namespace DigitalTwin.HospitalNode.Connection;

/// <summary>Asks the coordinator whether it serves, and what time it has.</summary>
internal sealed class HealthClient(CoordinatorChannel channel)
{
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The coordinator's clock, to the second; null when it told none.</summary>
    /// <exception cref="RpcException">It does not serve.</exception>
    public async Task<DateTimeOffset?> AskTimeAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using AsyncUnaryCall<HealthCheckResponse> call = new Health.HealthClient(channel.Grpc).CheckAsync(
            new HealthCheckRequest(),
            deadline: time.GetUtcNow().UtcDateTime + CallDeadline,
            cancellationToken: cancellationToken);
        Metadata headers = await call.ResponseHeadersAsync;
        await call.ResponseAsync;
        return DateTimeOffset.TryParse(
            headers.GetValue("date"),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset there)
            ? there
            : null;
    }
}
