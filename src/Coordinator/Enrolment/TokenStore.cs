using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Coordinator.Enrolment;

/// <summary>What a token entitles to, and whether it is spent.</summary>
/// <param name="SpentBy">Id of the record key that spent it; null while it is good.</param>
internal sealed record TokenRecord(string Member, Role Role, DateTimeOffset Expires, string? SpentBy);

/// <summary>Single-use enrolment tokens: stored hashed, bound to one member and role, with an expiry.</summary>
internal sealed class TokenStore(string folder, TimeProvider time)
{
    /// <summary>Length of the secret in bytes: 256 bits can't be guessed.</summary>
    private const int SecretBytes = 32;

    /// <summary>Marks the token format; the pin of the coordinator's TLS key travels in it.</summary>
    private const string Prefix = "dt1";

    private static readonly Lock Gate = new();

    /// <summary>Makes a token.</summary>
    /// <param name="tlsPin">
    /// SHA-256 of the coordinator's TLS SubjectPublicKeyInfo, which the node checks before it speaks.
    /// </param>
    public string Issue(string member, Role role, TimeSpan lifetime, ReadOnlySpan<byte> tlsPin)
    {
        byte[] secret = RandomNumberGenerator.GetBytes(SecretBytes);
        Directory.CreateDirectory(folder);
        Write(secret, new TokenRecord(member, role, time.GetUtcNow() + lifetime, null));
        return $"{Prefix}.{Base64Url.EncodeToString(secret)}.{Base64Url.EncodeToString(tlsPin)}";
    }

    /// <summary>
    /// Spends a token for the key <paramref name="recordKeyId"/>; the same key may repeat a lost answer.
    /// </summary>
    /// <returns>What it entitles to, or null with <paramref name="refusal"/> saying why not.</returns>
    public TokenRecord? Spend(ReadOnlySpan<byte> secret, string recordKeyId, out string refusal)
    {
        lock (Gate)
        {
            string path = PathOf(secret);
            if (secret.Length != SecretBytes || !File.Exists(path))
            {
                refusal = "This token is not known here; ask the coordinator's operator for a new one.";
                return null;
            }

            TokenRecord token = JsonSerializer.Deserialize(File.ReadAllText(path), TokenJson.Default.TokenRecord)!;
            if (token.SpentBy is not null && token.SpentBy != recordKeyId)
            {
                refusal = "This token has been used; ask the coordinator's operator for a new one.";
                return null;
            }

            if (token.SpentBy is null && token.Expires < time.GetUtcNow())
            {
                refusal = "This token has expired; ask the coordinator's operator for a new one.";
                return null;
            }

            refusal = "";
            TokenRecord spent = token with { SpentBy = recordKeyId };
            if (token.SpentBy is null)
            {
                Write(secret, spent);
            }

            return spent;
        }
    }

    // The file is named by the hash of the secret: a reader of the folder can't enrol.
    private string PathOf(ReadOnlySpan<byte> secret) =>
        Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(secret)) + ".json");

    private void Write(ReadOnlySpan<byte> secret, TokenRecord token) => DurableFile.WriteAtomically(
        PathOf(secret), JsonSerializer.SerializeToUtf8Bytes(token, TokenJson.Default.TokenRecord), ownerOnly: true);
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(TokenRecord))]
internal sealed partial class TokenJson : JsonSerializerContext;
