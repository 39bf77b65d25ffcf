namespace Grpc.Core;

/// <summary>The incoming messages of a call. One read at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message of the last <see cref="MoveNext"/> that returned true.</summary>
    public T Current { get; }

    /// <summary>Waits for the next message.</summary>
    /// <returns>False when the stream has ended.</returns>
    /// <exception cref="RpcException">The call ended with another status than OK.</exception>
    public Task<bool> MoveNext(CancellationToken cancellationToken);
}
