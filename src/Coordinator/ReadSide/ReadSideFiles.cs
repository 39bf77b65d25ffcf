using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Tiles;
using DigitalTwin.Ledger.Verification;
using Microsoft.AspNetCore.Http;

namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>Answers readers with the files of published logs, and with nothing else.</summary>
/// <remarks>
/// The prefix of a log is its name, <c>authorization/</c> or <c>data/</c>, under one folder. A request names a file
/// only by the one text form of a <see cref="TilePath"/>, so nothing a stranger types reaches the file system.
/// </remarks>
public sealed class ReadSideFiles(string folder)
{
    // A full or partial tile never changes under its name (tlog-tiles); the checkpoint changes all the time.
    private const string Immutable = "public, max-age=31536000, immutable";
    private const string NotStored = "no-store";

    private static readonly string[] Logs = [.. Enum.GetValues<LogKind>().Select(LedgerVerifier.FolderNameOf)];

    /// <summary>Answers one request.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        HttpResponse response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return;
        }

        if (FileOf(context.Request.Path.Value ?? "") is not (string path, bool tile) || await ReadAsync(path, context)
            is not byte[] bytes)
        {
            // A tile that is not there yet may be there in a second.
            response.StatusCode = StatusCodes.Status404NotFound;
            response.Headers.CacheControl = NotStored;
            return;
        }

        response.ContentType = tile ? "application/octet-stream" : "text/plain; charset=utf-8";
        response.Headers.CacheControl = tile ? Immutable : NotStored;
        response.ContentLength = bytes.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }

    private static async Task<byte[]?> ReadAsync(string path, HttpContext context)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, context.RequestAborted);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private (string Path, bool Tile)? FileOf(string path)
    {
        string[] parts = path.Split('/', 3);
        if (parts.Length != 3 || parts[0].Length > 0 || !Logs.Contains(parts[1]))
        {
            return null;
        }

        bool tile = TilePath.TryParse(parts[2]) is not null;
        return tile || parts[2] == LogKeeper.CheckpointName
            ? (Path.Combine([folder, parts[1], .. parts[2].Split('/')]), tile)
            : null;
    }
}
