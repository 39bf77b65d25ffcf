namespace DigitalTwin.Ledger.Notes;

/// <summary>Verification of Ed25519 signatures (RFC 8032, section 5.1.7) by OpenSSL.</summary>
public static class Ed25519
{
    /// <summary>Length in bytes of a public key.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Length in bytes of a signature.</summary>
    public const int SignatureSize = 64;

    /// <summary>Whether the signature holds; false also for a key or signature of another length or form.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeySize || signature.Length != SignatureSize)
        {
            return false;
        }

        using LibCrypto.KeyHandle key =
            LibCrypto.NewPublicKey(LibCrypto.Ed25519, 0, publicKey, (nuint)publicKey.Length);
        using LibCrypto.ContextHandle context = LibCrypto.NewContext();
        return !key.IsInvalid && !context.IsInvalid
            && LibCrypto.VerifyInit(context, 0, 0, 0, key) == 1
            && LibCrypto.Verify(context, signature, (nuint)signature.Length, message, (nuint)message.Length) == 1;
    }
}
