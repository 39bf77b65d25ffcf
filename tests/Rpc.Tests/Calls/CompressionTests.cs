using System.IO.Compression;
using DigitalTwin.Rpc.Tests.Probing;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: compression can be switched off for good, since the length of a compressed message tells about its contents,
// and works where someone wants it. Method: a client that asks for an encoding, against servers with and without it.
public sealed class CompressionTests
{
    // The header by which Grpc.Net.Client is asked to compress a call; it does not go over the wire.
    private const string RequestEncoding = "grpc-internal-encoding-request";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_server_without_providers_refuses_a_compressed_call(string encoding)
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new ProbeService(),
            Token,
            options => options.CompressionProviders.Clear());

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => EchoAsync(host, encoding));

        Assert.Equal(StatusCode.Unimplemented, refusal.StatusCode);
    }

    [Fact]
    public async Task A_server_without_providers_answers_an_uncompressed_call_uncompressed()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new ProbeService(),
            Token,
            options => options.CompressionProviders.Clear());

        Assert.Null(await EchoAsync(host, encoding: null));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_server_with_providers_understands_and_answers_compressed(string encoding)
    {
        await using ProbeHost host = await ProbeHost.StartAsync(
            new ProbeService(),
            Token,
            options => Offer(options, encoding));

        Assert.Equal(encoding, await EchoAsync(host, encoding));
    }

    [Fact]
    public async Task What_a_provider_compresses_it_restores_and_the_stream_stays_open()
    {
        byte[] plain = new byte[5_000];
        foreach (ICompressionProvider provider in Providers())
        {
            using MemoryStream compressed = new();
            await using (Stream compressor = provider.CreateCompressionStream(compressed, compressionLevel: null))
            {
                await compressor.WriteAsync(plain, Token);
            }

            Assert.InRange(compressed.Length, 1, plain.Length / 10);
            compressed.Position = 0;
            using MemoryStream restored = new();
            await using (Stream decompressor = provider.CreateDecompressionStream(compressed))
            {
                await decompressor.CopyToAsync(restored, Token);
            }

            Assert.Equal(plain, restored.ToArray());
            Assert.True(compressed.CanRead);
        }
    }

    [Fact]
    public async Task Deflate_means_the_zlib_format()
    {
        using MemoryStream compressed = new();
        await using (Stream compressor = new DeflateCompressionProvider(CompressionLevel.Optimal)
            .CreateCompressionStream(compressed, compressionLevel: null))
        {
            await compressor.WriteAsync("x"u8.ToArray(), Token);
        }

        // RFC 1950, section 2.2: the method 8 with a 32 KiB window, and a first word that 31 divides.
        byte[] bytes = compressed.ToArray();
        Assert.Equal(0x78, bytes[0]);
        Assert.Equal(0, ((bytes[0] << 8) | bytes[1]) % 31);
    }

    private static IEnumerable<ICompressionProvider> Providers()
    {
        yield return new GzipCompressionProvider(CompressionLevel.Fastest);
        yield return new DeflateCompressionProvider(CompressionLevel.Fastest);
    }

    private static void Offer(GrpcServiceOptions options, string encoding)
    {
        options.CompressionProviders.Clear();
        options.CompressionProviders.Add(Providers().Single(provider => provider.EncodingName == encoding));
        options.ResponseCompressionAlgorithm = encoding;
    }

    /// <summary>Makes one call, compressed as asked, and tells how the answer was compressed.</summary>
    private static async Task<string?> EchoAsync(ProbeHost host, string? encoding)
    {
        string? answered = null;
        using GrpcChannel channel = host.OpenChannel(options =>
        {
            options.CompressionProviders = [.. Providers()];
            options.HttpHandler = new EncodingObserver(options.HttpHandler!, found => answered = found);
        });
        Metadata headers = [];
        if (encoding is not null)
        {
            headers.Add(RequestEncoding, encoding);
        }

        Number sent = new() { Value = 42, Padding = ByteString.CopyFrom(new byte[5_000]) };
        using AsyncUnaryCall<Number> call = new Probe.ProbeClient(channel)
            .EchoAsync(sent, headers, cancellationToken: Token);
        Assert.Equal(sent, await call);
        return answered;
    }

    /// <summary>Reads the encoding from the wire, since the client hides the header.</summary>
    private sealed class EncodingObserver(HttpMessageHandler inner, Action<string?> observe) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            bool named = response.Headers.TryGetValues("grpc-encoding", out IEnumerable<string>? names);
            observe(named ? names!.Single() : null);
            return response;
        }
    }
}
