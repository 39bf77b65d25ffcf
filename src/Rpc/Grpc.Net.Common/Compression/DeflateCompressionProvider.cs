using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>deflate, which in HTTP and gRPC means the zlib format (RFC 1950).</summary>
public sealed class DeflateCompressionProvider(CompressionLevel defaultCompressionLevel) : ICompressionProvider
{
    /// <inheritdoc />
    public string EncodingName => "deflate";

    /// <inheritdoc />
    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel)
    {
        return new ZLibStream(stream, compressionLevel ?? defaultCompressionLevel, leaveOpen: true);
    }

    /// <inheritdoc />
    public Stream CreateDecompressionStream(Stream stream)
    {
        return new ZLibStream(stream, CompressionMode.Decompress, leaveOpen: true);
    }
}
