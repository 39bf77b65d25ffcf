using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DigitalTwin.Rpc.Tests.Probing;

namespace DigitalTwin.Interop.Tests.Grpc;

// Goal: our server speaks the gRPC that others speak, and mutual TLS that others speak. Method: Python's gRPC (C core,
// OpenSSL or BoringSSL, messages encoded by hand) calls every shape over TLS 1.3 and reports what it saw.
public sealed class PythonClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_foreign_client_makes_every_kind_of_call()
    {
        await PythonClient.SkipUnlessInstalledAsync(Token);
        await using ProbeHost host = await ForeignService.StartAsync(Token);
        using X509Certificate2 member = host.Authority.Issue("python");

        JsonElement seen = await PythonClient.CallAsync(host.Address, host.Authority.Root, member, Token);

        Assert.Equal(long.MinValue, seen.GetProperty("unary").GetInt64());
        Assert.Equal("OK", seen.GetProperty("unary_code").GetString());
        Assert.Equal([1, 2, 3, 4, 5], Numbers(seen.GetProperty("server_stream")));
        Assert.Equal(42, seen.GetProperty("client_stream").GetInt64());
        Assert.Equal([5, 3, 42], Numbers(seen.GetProperty("duplex")));
    }

    [Fact]
    public async Task A_foreign_client_reads_status_details_and_trailers()
    {
        await PythonClient.SkipUnlessInstalledAsync(Token);
        await using ProbeHost host = await ForeignService.StartAsync(Token);
        using X509Certificate2 member = host.Authority.Issue("python");

        JsonElement seen = await PythonClient.CallAsync(host.Address, host.Authority.Root, member, Token);

        JsonElement mirrored = seen.GetProperty("unary_trailers");
        Assert.Equal("from python", mirrored.GetProperty("probe-text").GetString());
        Assert.Equal(
            Convert.ToHexStringLower([.. Enumerable.Range(0, 256).Select(value => (byte)value)]),
            mirrored.GetProperty("probe-bin").GetString());
        foreach (string name in (string[])["refused", "refused_stream"])
        {
            JsonElement refused = seen.GetProperty(name);
            Assert.Equal("INVALID_ARGUMENT", refused.GetProperty("code").GetString());
            Assert.Equal("Zürich counts from 1, not -1.", refused.GetProperty("details").GetString());
            Assert.Equal("DT1042", refused.GetProperty("trailers").GetProperty("error-code").GetString());
            Assert.Equal("00ff0a", refused.GetProperty("trailers").GetProperty("proof-bin").GetString());
        }

        Assert.Equal("DEADLINE_EXCEEDED", seen.GetProperty("late").GetProperty("code").GetString());
        Assert.Equal("UNIMPLEMENTED", seen.GetProperty("compressed").GetProperty("code").GetString());
        Assert.Equal(1003, seen.GetProperty("uncompressed").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task A_foreign_client_of_another_authority_is_refused()
    {
        await PythonClient.SkipUnlessInstalledAsync(Token);
        await using ProbeHost host = await ForeignService.StartAsync(Token);
        using TestAuthority impostor = new("test root");
        using X509Certificate2 stranger = impostor.Issue("python");

        JsonElement seen = await PythonClient.CallAsync(host.Address, host.Authority.Root, stranger, Token);

        Assert.Equal("UNAVAILABLE", seen.GetProperty("first").GetProperty("code").GetString());
        Assert.False(seen.TryGetProperty("unary", out _));
    }

    [Fact]
    public async Task A_foreign_client_refuses_a_server_of_another_authority()
    {
        await PythonClient.SkipUnlessInstalledAsync(Token);
        await using ProbeHost host = await ForeignService.StartAsync(Token);
        using TestAuthority other = new("test root");
        using X509Certificate2 member = host.Authority.Issue("python");

        JsonElement seen = await PythonClient.CallAsync(host.Address, other.Root, member, Token);

        Assert.Equal("UNAVAILABLE", seen.GetProperty("first").GetProperty("code").GetString());
    }

    private static IEnumerable<long> Numbers(JsonElement array) => array.EnumerateArray().Select(n => n.GetInt64());
}
