using System.Security.Cryptography;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Notes;

/// <summary>A private key of a log or a witness: Ed25519 (RFC 8032).</summary>
public sealed class Ed25519Key : IDisposable
{
    /// <summary>Length in bytes of the private seed.</summary>
    public const int SeedSize = 32;

    private readonly byte[] _seed;
    private readonly LibCrypto.KeyHandle _key;

    private Ed25519Key(byte[] seed)
    {
        _seed = seed;
        _key = LibCrypto.NewPrivateKey(LibCrypto.Ed25519, 0, seed, (nuint)seed.Length);
        byte[] publicKey = new byte[Ed25519.PublicKeySize];
        nuint length = (nuint)publicKey.Length;
        if (_key.IsInvalid || LibCrypto.GetPublicKey(_key, publicKey, ref length) != 1)
        {
            throw new CryptographicException("OpenSSL refused the Ed25519 seed.");
        }

        PublicKey = publicKey;
    }

    // PrivateKeyInfo of RFC 8410, section 7, up to the seed: version 0, id-Ed25519, an octet string in an octet string.
    private static ReadOnlySpan<byte> Pkcs8Prefix =>
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    /// <summary>The public key, 32 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>A new key.</summary>
    public static Ed25519Key Generate() => new(RandomNumberGenerator.GetBytes(SeedSize));

    /// <summary>The key of a seed of <see cref="SeedSize"/> bytes.</summary>
    /// <exception cref="ArgumentException">The seed has another length.</exception>
    public static Ed25519Key FromSeed(ReadOnlySpan<byte> seed) => seed.Length == SeedSize
        ? new Ed25519Key(seed.ToArray())
        : throw new ArgumentException($"An Ed25519 seed has {SeedSize} bytes, not {seed.Length}.", nameof(seed));

    /// <summary>Reads a key that <see cref="Save"/> or <c>openssl genpkey -algorithm ed25519</c> wrote.</summary>
    /// <exception cref="CryptographicException">The file holds no Ed25519 private key.</exception>
    public static Ed25519Key Load(string path)
    {
        string text = File.ReadAllText(path);
        if (!PemEncoding.TryFind(text, out PemFields fields) || text[fields.Label] != "PRIVATE KEY")
        {
            throw new CryptographicException($"There is no private key in {path}.");
        }

        byte[] pkcs8 = Convert.FromBase64String(text[fields.Base64Data]);
        return pkcs8.Length == Pkcs8Prefix.Length + SeedSize && pkcs8.AsSpan().StartsWith(Pkcs8Prefix)
            ? new Ed25519Key(pkcs8[Pkcs8Prefix.Length..])
            : throw new CryptographicException($"The key in {path} is not an Ed25519 key.");
    }

    /// <summary>Writes PKCS#8 PEM (RFC 8410) into a new file that only its owner can read.</summary>
    /// <exception cref="IOException">The file exists already, or could not be made durable.</exception>
    public void Save(string path) =>
        DurableFile.CreateSecret(path, PemEncoding.WriteString("PRIVATE KEY", [.. Pkcs8Prefix, .. _seed]) + "\n");

    /// <summary>Signs a message; the same message always gives the same 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        using LibCrypto.ContextHandle context = LibCrypto.NewContext();
        byte[] signature = new byte[Ed25519.SignatureSize];
        nuint length = (nuint)signature.Length;
        bool signed = !context.IsInvalid
            && LibCrypto.SignInit(context, 0, 0, 0, _key) == 1
            && LibCrypto.Sign(context, signature, ref length, message, (nuint)message.Length) == 1;
        return signed ? signature : throw new CryptographicException("OpenSSL could not sign.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_seed);
        _key.Dispose();
    }
}
