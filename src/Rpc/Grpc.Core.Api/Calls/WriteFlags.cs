namespace Grpc.Core;

/// <summary>How one message is to be written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>Write at once, compressed where the call compresses. The name is the wire library's.</summary>
    None = 0,

    /// <summary>The transport may hold the message back until a later write.</summary>
    BufferHint = 0x1,

    /// <summary>Do not compress this message.</summary>
    NoCompress = 0x2,
}
