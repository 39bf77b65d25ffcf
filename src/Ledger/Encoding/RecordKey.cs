using System.Security.Cryptography;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>
/// The key a member signs its records with: ECDSA over P-256 with SHA-256, signatures as r‖s of 64 bytes.
/// </summary>
public sealed class RecordKey : IDisposable
{
    /// <summary>Length in bytes of the SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480).</summary>
    public const int PublicKeySize = 91;

    private readonly ECDsa _key;

    private RecordKey(ECDsa key)
    {
        _key = key;
        PublicKey = key.ExportSubjectPublicKeyInfo();
        KeyId = KeyIdOf(PublicKey);
    }

    // AlgorithmIdentifier (id-ecPublicKey, prime256v1), the bit string header and the mark of an uncompressed point.
    private static ReadOnlySpan<byte> PublicKeyPrefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey { get; }

    /// <summary>Lower-case hex SHA-256 of <see cref="PublicKey"/>.</summary>
    public string KeyId { get; }

    /// <summary>A new key.</summary>
    public static RecordKey Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key that <see cref="Save"/> wrote.</summary>
    /// <exception cref="CryptographicException">The file holds no private key on P-256.</exception>
    public static RecordKey Load(string path)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return IsPublicKey(key.ExportSubjectPublicKeyInfo())
                ? new RecordKey(key)
                : throw new CryptographicException($"The key in {path} is not on the curve P-256.");
        }
        catch (Exception error)
        {
            key.Dispose();
            throw error is ArgumentException
                ? new CryptographicException($"There is no private key in {path}: {error.Message}", error)
                : new CryptographicException(error.Message, error);
        }
    }

    /// <summary>The key id of any SubjectPublicKeyInfo.</summary>
    public static string KeyIdOf(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo));

    /// <summary>
    /// Whether the bytes are the SubjectPublicKeyInfo of an uncompressed P-256 point, in its one DER form.
    /// </summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        subjectPublicKeyInfo.Length == PublicKeySize && subjectPublicKeyInfo.StartsWith(PublicKeyPrefix);

    /// <summary>Whether <paramref name="signature"/> is this key's signature of <paramref name="message"/>.</summary>
    public static bool Verify(
        ReadOnlySpan<byte> subjectPublicKeyInfo, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using RecordVerifier? key = RecordVerifier.Import(subjectPublicKeyInfo);
        return key is not null && key.Verify(message, signature);
    }

    /// <summary>Writes PKCS#8 PEM into a new file that only its owner can read.</summary>
    /// <exception cref="IOException">The file exists already, or could not be made durable.</exception>
    public void Save(string path) => DurableFile.CreateSecret(path, _key.ExportPkcs8PrivateKeyPem() + "\n");

    /// <summary>Signs a message: r‖s, 64 bytes (IEEE P1363).</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => _key.SignData(message, HashAlgorithmName.SHA256);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
