namespace Grpc.Core;

/// <summary>How messages are to be written. Immutable.</summary>
public class WriteOptions(WriteFlags flags = default)
{
    /// <summary>The options without any flag.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; } = flags;
}
