using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller reads one message from. Valid only during the call of the marshaller.</summary>
public abstract class DeserializationContext
{
    /// <summary>The length of the message in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => PayloadAsReadOnlySequence().ToArray();

    /// <summary>The message in the transport's buffers, which are reused after the marshaller has returned.</summary>
    /// <exception cref="NotSupportedException">The implementation only has arrays.</exception>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence()
    {
        throw new NotSupportedException("This context gives the message only as a new array.");
    }
}
