namespace Grpc.Core;

/// <summary>The outgoing messages of a call. One write at a time: the next waits for the task of the last.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How the next messages are to be written; null for the options of the call.</summary>
    public WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes one message. The task ends when the transport has taken it, not when the peer has it.</summary>
    public Task WriteAsync(T message);

    /// <summary>Writes one message, and gives up when <paramref name="cancellationToken"/> says so.</summary>
    /// <exception cref="NotSupportedException">The token can be cancelled and the write cannot.</exception>
    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            throw new NotSupportedException($"{GetType().Name} cannot cancel a write that has begun.");
        }

        return WriteAsync(message);
    }
}
