using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DigitalTwin.Ledger.Ethereum.Nodes;

/// <summary>Calls one node by JSON-RPC 2.0 over HTTP. An answer is bounded in size and in time.</summary>
/// <param name="http">Sends; stays the caller's. <see cref="CreateHttp"/> makes a suitable one.</param>
/// <param name="address">Where the node listens.</param>
/// <param name="time">Clock of the time-out.</param>
public sealed class JsonRpcClient(HttpClient http, Uri address, TimeProvider time)
{
    /// <summary>Largest answer in bytes: 1000 blocks of our own events are below a tenth of it.</summary>
    public const int MaxResponseBytes = 4 << 20;

    private const int MostMessageChars = 200;
    private const int MaxDepth = 32;

    /// <summary>How long a call may take; Besu gives up on its own after 30 s.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private long _lastId;

    /// <summary>Where the node listens.</summary>
    public Uri Address => address;

    /// <summary>A client that follows no redirection and keeps no cookie: neither belongs to a node.</summary>
    public static HttpClient CreateHttp() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    /// <summary>Calls a method and returns its result.</summary>
    /// <exception cref="RpcErrorException">The node refused the call.</exception>
    /// <exception cref="RpcUnavailableException">There is no answer, or it is not one to this call.</exception>
    public async Task<JsonElement> CallAsync(
        string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        long id = Interlocked.Increment(ref _lastId);
        JsonObject request = new()
        {
            ["jsonrpc"] = "2.0",
            ["id"] = id,
            ["method"] = method,
            ["params"] = parameters,
        };
        using CancellationTokenSource limit = new(Timeout, time);
        using CancellationTokenSource both =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            byte[] answer = await PostAsync(request.ToJsonString(), both.Token);
            return ResultOf(JsonElement.Parse(answer, new JsonDocumentOptions { MaxDepth = MaxDepth }), id);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcUnavailableException($"{method}: {address} did not answer within {Timeout}.");
        }
        catch (Exception trouble) when (trouble is HttpRequestException or JsonException or InvalidOperationException
            or FormatException or IOException and not RpcUnavailableException)
        {
            throw new RpcUnavailableException($"{method}: {address} gave no answer: {trouble.Message}", trouble);
        }
    }

    private async Task<byte[]> PostAsync(string body, CancellationToken cancellationToken)
    {
        using StringContent content = new(body, new MediaTypeHeaderValue("application/json"));
        using HttpRequestMessage request = new(HttpMethod.Post, address) { Content = content };
        using HttpResponseMessage response =
            await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

        // Some nodes put an error of JSON-RPC under a status of 4xx or 5xx, so the body decides and not the status.
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using MemoryStream bytes = new();
        byte[] buffer = new byte[1 << 14];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (bytes.Length + read > MaxResponseBytes)
            {
                throw new RpcUnavailableException($"{address} answers more than {MaxResponseBytes} bytes.");
            }

            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static JsonElement ResultOf(JsonElement answer, long id)
    {
        if (answer.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object)
        {
            string message = error.GetProperty("message").GetString() ?? "";
            string line = string.Concat(message.Where(c => !char.IsControl(c)).Take(MostMessageChars));
            throw new RpcErrorException(error.GetProperty("code").GetInt64(), line);
        }

        return answer.GetProperty("id").GetInt64() == id && answer.TryGetProperty("result", out JsonElement result)
            ? result
            : throw new FormatException("it answers another call.");
    }
}
