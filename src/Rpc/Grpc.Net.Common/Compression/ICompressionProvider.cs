using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>A way to compress messages.</summary>
public interface ICompressionProvider
{
    /// <summary>The name that stands in the <c>grpc-encoding</c> header.</summary>
    public string EncodingName { get; }

    /// <summary>A stream that compresses into <paramref name="stream"/>, which it leaves open.</summary>
    /// <param name="stream">Takes the compressed bytes.</param>
    /// <param name="compressionLevel">The level; null for the provider's own.</param>
    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>A stream that decompresses from <paramref name="stream"/>, which it leaves open.</summary>
    public Stream CreateDecompressionStream(Stream stream);
}
