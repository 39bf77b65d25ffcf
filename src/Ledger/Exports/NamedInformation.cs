using System.Buffers.Text;

namespace DigitalTwin.Ledger.Exports;

/// <summary>A SHA-256 digest as a URI that names the bytes wherever they lie (RFC 6920).</summary>
internal static class NamedInformation
{
    public static string Of(string sha256) =>
        $"ni:///sha-256;{Base64Url.EncodeToString(Convert.FromHexString(sha256))}";
}
