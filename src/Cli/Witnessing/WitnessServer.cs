using System.Net;
using DigitalTwin.Coordinator.ReadSide;
using DigitalTwin.Ledger.Witnessing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DigitalTwin.Cli.Witnessing;

/// <summary>The HTTP edge of a witness: turns requests into questions and answers into responses.</summary>
/// <remarks>
/// C2SP tlog-witness v1.0.0: <c>POST /add-checkpoint</c>. To monitors, <c>GET /HEX/checkpoint</c> shows what was
/// cosigned last, HEX being the SHA-256 of the origin.
/// </remarks>
internal static class WitnessServer
{
    /// <summary>Builds the server; it does not listen yet.</summary>
    /// <param name="witness">Decides; stays the caller's.</param>
    /// <param name="port">Port to listen on; 0 takes a free one.</param>
    /// <param name="anyAddress">Listen on every address, not on loopback alone.</param>
    public static WebApplication Build(Witness witness, int port, bool anyAddress)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ReadSideLimits.Apply(kestrel, AddCheckpointRequest.MaxBytes);
            kestrel.Listen(anyAddress ? IPAddress.Any : IPAddress.Loopback, port, listen =>
                listen.Protocols = HttpProtocols.Http1);
        });
        WebApplication application = builder.Build();
        application.Run(context => ServeAsync(context, witness));
        return application;
    }

    private static async Task ServeAsync(HttpContext context, Witness witness)
    {
        string path = context.Request.Path.Value ?? "";
        if (path == "/add-checkpoint")
        {
            await AddCheckpointAsync(context, witness);
            return;
        }

        string[] parts = path.Split('/');
        bool reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        string? latest = parts is ["", _, "checkpoint"] && reads ? witness.Latest(parts[1])?.Format() : null;
        if (latest is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        await AnswerAsync(context, "text/plain; charset=utf-8", latest);
    }

    private static async Task AddCheckpointAsync(HttpContext context, Witness witness)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "POST";
            return;
        }

        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        WitnessAnswer answer = witness.AddCheckpoint(body.ToArray());
        context.Response.StatusCode = answer.Status;
        await AnswerAsync(context, answer.ContentType, answer.Body);
    }

    private static async Task AnswerAsync(HttpContext context, string contentType, string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
