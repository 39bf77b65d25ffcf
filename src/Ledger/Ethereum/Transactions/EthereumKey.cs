using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Ethereum.Transactions;

/// <summary>The private key of an account: ECDSA over secp256k1.</summary>
/// <remarks>
/// OpenSSL signs, with its own nonces and its countermeasures against timing; nothing here computes with the private
/// key. Which of the two keys that fit a signature is ours is then found by recovering both, from public values alone.
/// Signing twice gives two signatures: a transaction that must stay the same is kept, not signed again.
/// </remarks>
public sealed class EthereumKey : IDisposable
{
    private const string PlainLabel = "PRIVATE KEY";
    private const string EncryptedLabel = "ENCRYPTED PRIVATE KEY";

    // secp256k1 of SEC 2, by its object identifier.
    private const string Curve = "1.3.132.0.10";

    // OWASP "Password Storage Cheat Sheet", 2023: iterations of PBKDF2 with HMAC-SHA256.
    private const int Iterations = 600_000;

    private readonly ECDsa _key;

    private EthereumKey(ECDsa key)
    {
        _key = key;
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        Address = EthereumAddress.OfPublicKey([.. parameters.Q.X!, .. parameters.Q.Y!]);
    }

    /// <summary>The account.</summary>
    public EthereumAddress Address { get; }

    /// <summary>A new key.</summary>
    public static EthereumKey Generate() => new(ECDsa.Create(ECCurve.CreateFromValue(Curve)));

    /// <summary>The key of a private number of 32 bytes, as wallets export it.</summary>
    /// <exception cref="CryptographicException">The bytes are no private key of the curve.</exception>
    public static EthereumKey FromBytes(ReadOnlySpan<byte> privateKey)
    {
        BigInteger number = EthereumSignature.Number(privateKey);
        return privateKey.Length == Secp256k1.Size && !number.IsZero && number < Secp256k1.Order
            ? new EthereumKey(ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.CreateFromValue(Curve),
                D = privateKey.ToArray(),
            }))
            : throw new CryptographicException("A private key has 32 bytes, is not 0 and is below the curve's order.");
    }

    /// <summary>Reads a key that <see cref="Save"/> or <c>openssl genpkey</c> wrote.</summary>
    /// <param name="path">A PEM file, PKCS#8.</param>
    /// <param name="passphrase">Opens an encrypted file; null for a plain one.</param>
    /// <exception cref="CryptographicException">The file holds no such key, or it is another passphrase.</exception>
    public static EthereumKey Load(string path, string? passphrase)
    {
        string text = File.ReadAllText(path);
        ECDsa key = ECDsa.Create();
        try
        {
            Import(key, text, path, passphrase);
            return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == Curve
                ? new EthereumKey(key)
                : throw new CryptographicException($"The key in {path} is not on the curve secp256k1.");
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Writes PKCS#8 PEM into a new file that only its owner can read, encrypted where asked.</summary>
    /// <exception cref="IOException">The file exists already, or could not be made durable.</exception>
    public void Save(string path, string? passphrase) => DurableFile.CreateSecret(
        path,
        passphrase is null
            ? _key.ExportPkcs8PrivateKeyPem() + "\n"
            : _key.ExportEncryptedPkcs8PrivateKeyPem(
                passphrase,
                new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Iterations)) + "\n");

    /// <summary>Signs a hash of 32 bytes.</summary>
    public EthereumSignature Sign(ReadOnlySpan<byte> hash)
    {
        byte[] signature = _key.SignHash(hash.ToArray());
        BigInteger r = EthereumSignature.Number(signature.AsSpan(0, Secp256k1.Size));
        BigInteger s = EthereumSignature.Number(signature.AsSpan(Secp256k1.Size));
        BigInteger low = s > Secp256k1.HalfOrder ? Secp256k1.Order - s : s;
        foreach (bool isOdd in new[] { false, true })
        {
            EthereumSignature candidate = EthereumSignature.Of(r, low, isOdd);
            if (candidate.SignerOf(hash) == Address)
            {
                return candidate;
            }
        }

        throw new CryptographicException("The signature is by neither key that its r allows.");
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static void Import(ECDsa key, string text, string path, string? passphrase)
    {
        string label = PemEncoding.TryFind(text, out PemFields fields) ? text[fields.Label] : "";
        switch (label, passphrase)
        {
            case (PlainLabel, null):
                key.ImportFromPem(text);
                break;
            case (EncryptedLabel, not null):
                key.ImportFromEncryptedPem(text, passphrase);
                break;
            case (PlainLabel, _):
                throw new CryptographicException($"The key in {path} is not encrypted, and a passphrase was given.");
            case (EncryptedLabel, _):
                throw new CryptographicException($"The key in {path} is encrypted: give the file of its passphrase.");
            default:
                throw new CryptographicException($"There is no private key in {path}.");
        }
    }
}
