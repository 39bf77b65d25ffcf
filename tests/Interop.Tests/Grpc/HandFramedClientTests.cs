using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Rpc.Tests.Probing;

namespace DigitalTwin.Interop.Tests.Grpc;

// Goal: what our server puts on the wire is what the specification says, byte for byte. Method: an HTTP/2 client that
// knows nothing of gRPC, and requests written by hand after doc/PROTOCOL-HTTP2.md of the gRPC core repository.
public sealed class HandFramedClientTests
{
    // Number { value = 42 }: field 1, wire type 0, then the value.
    private static readonly byte[] FortyTwo = [0x08, 0x2a];

    // Number { value = -1 }: 2^64 - 1 in groups of seven bits.
    private static readonly byte[] MinusOne = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_is_a_prefixed_message_and_a_trailer_that_says_ok()
    {
        using HttpResponseMessage response = await PostAsync("Echo", Framed(FortyTwo));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal([0, 0, 0, 0, 2, 0x08, 0x2a], await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("0", Only(response.TrailingHeaders, "grpc-status"));
    }

    [Fact]
    public async Task A_stream_is_one_prefixed_message_after_the_other()
    {
        using HttpResponseMessage response = await PostAsync("CountTo", Framed([0x08, 0x02]));

        Assert.Equal(
            [0, 0, 0, 0, 2, 0x08, 0x01, 0, 0, 0, 0, 2, 0x08, 0x02],
            await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("0", Only(response.TrailingHeaders, "grpc-status"));
    }

    [Fact]
    public async Task A_refusal_has_its_sentence_percent_encoded_and_its_bytes_in_base64()
    {
        using HttpResponseMessage response = await PostAsync("Echo", Framed(MinusOne));

        // A response without a message may send its trailers as headers ("Trailers-Only").
        HttpHeaders trailers = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("3", Only(trailers, "grpc-status"));
        Assert.Equal("Z%C3%BCrich counts from 1, not -1.", Only(trailers, "grpc-message"));
        Assert.Equal([0x00, 0xff, 0x0a], Convert.FromBase64String(Only(trailers, "proof-bin")));
    }

    [Fact]
    public async Task A_message_in_an_encoding_that_is_switched_off_is_unimplemented()
    {
        using HttpResponseMessage response = await PostAsync("Echo", Framed(FortyTwo, compressed: true), "gzip");

        HttpHeaders trailers = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        Assert.Equal("12", Only(trailers, "grpc-status"));
    }

    [Fact]
    public async Task Another_media_type_is_turned_away_by_http_already()
    {
        using HttpResponseMessage response = await PostAsync("Echo", Framed(FortyTwo), mediaType: "application/json");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    private static async Task<HttpResponseMessage> PostAsync(
        string method,
        byte[] body,
        string? encoding = null,
        string mediaType = "application/grpc")
    {
        await using ProbeHost host = await ForeignService.StartAsync(Token);
        using X509Certificate2 certificate = host.Authority.Issue("by hand");
        using SocketsHttpHandler handler = new()
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = host.Authority.ChainPolicy,
                ClientCertificates = [certificate],
            },
        };
        using HttpClient client = new(handler);
        using HttpRequestMessage request = new(
            HttpMethod.Post,
            new Uri(host.Address, $"/digitaltwin.tests.v1.Probe/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new(mediaType) } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        // Reads the whole response, trailers included, so that host and client may go.
        return await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, Token);
    }

    private static byte[] Framed(byte[] message, bool compressed = false)
    {
        byte[] framed = [(byte)(compressed ? 1 : 0), 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        return framed;
    }

    private static string Only(HttpHeaders headers, string name) => headers.GetValues(name).Single();
}
