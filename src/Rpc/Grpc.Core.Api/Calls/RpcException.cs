namespace Grpc.Core;

/// <summary>A call that ended with another status than OK.</summary>
/// <remarks>A client receives it from a failed call; a handler throws it to end the call with its status.</remarks>
public class RpcException : Exception
{
    /// <summary>An exception for <paramref name="status"/> without trailers.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty)
    {
    }

    /// <summary>An exception for <paramref name="status"/> with a message other than the status in words.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>An exception with the trailers that accompany <paramref name="status"/>.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>An exception with trailers and a message other than the status in words.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>, for exception filters.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailers of the call; where there are none, the read-only <see cref="Metadata.Empty"/>.</summary>
    public Metadata Trailers { get; }
}
