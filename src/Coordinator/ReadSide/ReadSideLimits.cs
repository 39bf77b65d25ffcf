using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>What a server that only gives files away takes from a stranger.</summary>
public static class ReadSideLimits
{
    private const int MostConnections = 200;
    private const int MostHeaderBytes = 8 * 1024;
    private const int MostLineBytes = 1024;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Sets them; the slowest sender and receiver that Kestrel bears stay at its 240 bytes a second.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="mostBodyBytes">Largest body that a request may have.</param>
    public static void Apply(KestrelServerOptions kestrel, long mostBodyBytes)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestHeadersTotalSize = MostHeaderBytes;
        kestrel.Limits.MaxRequestLineSize = MostLineBytes;
        kestrel.Limits.MaxRequestBodySize = mostBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = IdleTimeout;
    }
}
