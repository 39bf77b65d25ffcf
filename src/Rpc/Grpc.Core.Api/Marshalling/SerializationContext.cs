using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller writes one message to. Valid only during the call of the marshaller.</summary>
public abstract class SerializationContext
{
    /// <summary>Ends the message with an array that the context takes over. Not after the buffer writer.</summary>
    /// <exception cref="NotSupportedException">The implementation only has the other way.</exception>
    public virtual void Complete(byte[] payload)
    {
        throw new NotSupportedException("This context takes no array; use the buffer writer.");
    }

    /// <summary>The writer that takes the message; <see cref="Complete()"/> ends it.</summary>
    /// <exception cref="NotSupportedException">The implementation only has the other way.</exception>
    public virtual IBufferWriter<byte> GetBufferWriter()
    {
        throw new NotSupportedException("This context has no buffer writer; use an array.");
    }

    /// <summary>Announces the length in bytes before the first write: optional, and binding.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends the message that the buffer writer took.</summary>
    /// <exception cref="NotSupportedException">The implementation only has the other way.</exception>
    public virtual void Complete()
    {
        throw new NotSupportedException("This context has no buffer writer to complete; use an array.");
    }
}
