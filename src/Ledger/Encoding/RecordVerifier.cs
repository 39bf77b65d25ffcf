using System.Security.Cryptography;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>A member's public key, imported once for many signatures. For one thread at a time.</summary>
/// <remarks>Importing checks that the point lies on the curve and costs more than a verification.</remarks>
internal sealed class RecordVerifier : IDisposable
{
    private const int SignatureSize = 64;

    private readonly ECDsa _key;

    private RecordVerifier(ECDsa key, byte[] publicKey)
    {
        _key = key;
        PublicKey = publicKey;
    }

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey { get; }

    /// <summary>Null where the bytes are no <see cref="RecordKey.IsPublicKey"/> or name no point.</summary>
    public static RecordVerifier? Import(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (!RecordKey.IsPublicKey(subjectPublicKeyInfo))
        {
            return null;
        }

        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            return new RecordVerifier(key, subjectPublicKeyInfo.ToArray());
        }
        catch (CryptographicException)
        {
            // The bytes have the form of a key but name no point of the curve, so they verify nothing.
            key.Dispose();
            return null;
        }
    }

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureSize && _key.VerifyData(message, signature, HashAlgorithmName.SHA256);

    public void Dispose() => _key.Dispose();
}
