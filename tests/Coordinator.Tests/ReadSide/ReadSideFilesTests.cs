using DigitalTwin.Coordinator.ReadSide;
using DigitalTwin.TestKit;
using Microsoft.AspNetCore.Http;

namespace DigitalTwin.Coordinator.Tests.ReadSide;

// Goal: readers get the published files and nothing else of the machine. Method: a published folder with secrets inside
// and beside it; every path that should be answered, then the ways of asking for the others.
public sealed class ReadSideFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ReadSideFilesTests()
    {
        Write("public/data/checkpoint", "head");
        Write("public/data/tile/0/000", "full");
        Write("public/data/tile/0/001.p/3", "part");
        Write("public/data/tile/entries/x001/000", "entries");
        Write("public/data/tile/0/000.abc.tmp", "leftover");
        Write("public/data/secret", "secret");
        Write("public/secret", "secret");
        Write("public/checkpoint", "secret");
        Write("secret", "secret");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/data/checkpoint", "head", "text/plain; charset=utf-8", "no-store")]
    [InlineData("/data/tile/0/000", "full", "application/octet-stream", "public, max-age=31536000, immutable")]
    [InlineData("/data/tile/0/001.p/3", "part", "application/octet-stream", "public, max-age=31536000, immutable")]
    [InlineData(
        "/data/tile/entries/x001/000", "entries", "application/octet-stream", "public, max-age=31536000, immutable")]
    public async Task A_published_file_is_served(string path, string content, string type, string caching)
    {
        (HttpResponse response, string body) = await AskAsync("GET", path);

        Assert.Equal(200, response.StatusCode);
        Assert.Equal(content, body);
        Assert.Equal(type, response.ContentType);
        Assert.Equal(caching, response.Headers.CacheControl);
        Assert.Equal("nosniff", response.Headers.XContentTypeOptions);
        Assert.Equal(content.Length, response.ContentLength);
    }

    [Fact]
    public async Task A_head_request_gets_the_length_and_no_body()
    {
        (HttpResponse response, string body) = await AskAsync("HEAD", "/data/checkpoint");

        Assert.Equal((200, 4L, ""), (response.StatusCode, response.ContentLength, body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/data")]
    [InlineData("/data/")]
    [InlineData("/data/tile")]
    [InlineData("/data/tile/0")]
    [InlineData("/data/tile/0/")]
    [InlineData("/data/tile/0/002")]
    [InlineData("/data/tile/0/000.abc.tmp")]
    [InlineData("/data/tile/0/000/")]
    [InlineData("/data/tile/0/001.p/03")]
    [InlineData("/data/tile//0/000")]
    [InlineData("//data/checkpoint")]
    [InlineData("/data/secret")]
    [InlineData("/secret")]
    [InlineData("/checkpoint")]
    [InlineData("/data/../secret")]
    [InlineData("/data/tile/../secret")]
    [InlineData("/../secret")]
    [InlineData("/data/..%2fsecret")]
    [InlineData("/data\\checkpoint")]
    [InlineData("/data/checkpoint\0")]
    [InlineData("/Data/checkpoint")]
    [InlineData("/authorization/checkpoint")]
    public async Task Everything_else_is_not_found(string path)
    {
        (HttpResponse response, string body) = await AskAsync("GET", path);

        Assert.Equal((404, ""), (response.StatusCode, body));
        Assert.Equal("no-store", response.Headers.CacheControl);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    public async Task Only_get_and_head_are_allowed(string method)
    {
        (HttpResponse response, string body) = await AskAsync(method, "/data/checkpoint");

        Assert.Equal((405, ""), (response.StatusCode, body));
        Assert.Equal("GET, HEAD", response.Headers.Allow);
    }

    private async Task<(HttpResponse Response, string Body)> AskAsync(string method, string path)
    {
        using MemoryStream body = new();
        DefaultHttpContext context = new();
        context.Request.Method = method;
        context.Request.Path = new PathString(null).Add(path.StartsWith('/') ? path : "/" + path);
        context.Response.Body = body;
        await new ReadSideFiles(_folder["public"]).ServeAsync(context);
        return (context.Response, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }

    private void Write(string name, string content)
    {
        string path = _folder[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
