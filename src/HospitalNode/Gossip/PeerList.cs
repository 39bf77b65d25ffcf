using System.Text.Json;
using System.Text.Json.Serialization;

namespace DigitalTwin.HospitalNode.Gossip;

/// <summary>Another hospital and where it serves its copy of the logs.</summary>
internal sealed record Peer(string Hospital, Uri Address);

/// <summary>The hospitals whose heads a node compares with its own: <c>peers.json</c>.</summary>
internal static class PeerList
{
    /// <summary>Reads an object of addresses by hospital; no peers where there is no file.</summary>
    /// <exception cref="NodeException">The file is malformed.</exception>
    public static IReadOnlyList<Peer> Load(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            Dictionary<string, string> addresses = JsonSerializer.Deserialize(
                File.ReadAllBytes(path), PeerJson.Default.DictionaryStringString) ?? [];
            return [.. addresses.Select(pair => new Peer(pair.Key, AddressOf(path, pair.Key, pair.Value)))];
        }
        catch (JsonException error)
        {
            throw new NodeException($"{path} must be an object of addresses by hospital: {error.Message}", error);
        }
    }

    // A base address ends in a slash, or its last part would be cut off.
    private static Uri AddressOf(string path, string hospital, string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            ? address
            : throw new NodeException($"{path}: {hospital} needs an address such as https://north.example.org/.");
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class PeerJson : JsonSerializerContext;
