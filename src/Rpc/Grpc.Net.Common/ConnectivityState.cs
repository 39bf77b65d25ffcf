namespace Grpc.Core;

/// <summary>The state of a channel.</summary>
/// <remarks>Source of names and numbers: doc/connectivity-semantics-and-api.md of the gRPC core repository.</remarks>
public enum ConnectivityState
{
    /// <summary>Not connected, and not trying to.</summary>
    Idle,

    /// <summary>Connecting.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Ready,

    /// <summary>The last attempt failed; the next will follow.</summary>
    TransientFailure,

    /// <summary>Closed for good.</summary>
    Shutdown,
}
