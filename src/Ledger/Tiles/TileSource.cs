using System.Net;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>
/// Fetches a file of a published log: a <see cref="TilePath"/>, or <c>checkpoint</c>. Null where there is none.
/// </summary>
/// <exception cref="IOException">The folder can't be read.</exception>
/// <exception cref="HttpRequestException">The server does not answer, or sends more than a file can have.</exception>
public delegate Task<byte[]?> TileSource(string path, CancellationToken cancellationToken);

/// <summary>The two places that published logs are read from.</summary>
public static class TileSources
{
    /// <summary>A plain copy of a published folder.</summary>
    public static TileSource Folder(string folder) => async (path, cancellationToken) =>
    {
        string full = Path.Combine(folder, path.Replace('/', Path.DirectorySeparatorChar));
        return File.Exists(full) ? await File.ReadAllBytesAsync(full, cancellationToken) : null;
    };

    /// <summary>A server, by the prefix of the log.</summary>
    /// <param name="http">Stays the caller's, and with it time limits and trust.</param>
    /// <param name="prefix">For example <c>https://north.example.org/data/</c>.</param>
    public static TileSource Http(HttpClient http, Uri prefix)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(prefix);
        Uri root = prefix.AbsoluteUri.EndsWith('/') ? prefix : new Uri(prefix.AbsoluteUri + "/");
        return async (path, cancellationToken) =>
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri(root, path));
            using HttpResponseMessage answer =
                await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            answer.EnsureSuccessStatusCode();
            await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            return await ReadBoundedAsync(body, path == LogKeeper.CheckpointName
                ? SignedNote.MaxBytes
                : EntryBundle.MaxBytes, cancellationToken);
        };
    }

    /// <summary>Reads a body to its end; a server must not fill the memory of whoever asks it.</summary>
    internal static async Task<byte[]> ReadBoundedAsync(Stream body, int most, CancellationToken cancellationToken)
    {
        using MemoryStream bytes = new();
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (bytes.Length + read > most)
            {
                throw new HttpRequestException($"The server sends more than {most} bytes.");
            }

            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }
}
