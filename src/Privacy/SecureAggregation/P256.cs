using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Key agreement on P-256 (NIST SP 800-56A rev. 3, section 5.7.1.2) over keys of one spelling.</summary>
internal static class P256
{
    /// <summary>Bytes of a private scalar, most significant first.</summary>
    internal const int ScalarBytes = 32;

    private static readonly ECCurve Curve = ECCurve.NamedCurves.nistP256;

    /// <summary>A fresh pair from the system's generator.</summary>
    internal static ECDiffieHellman Generate() => ECDiffieHellman.Create(Curve);

    /// <summary>A peer's public key. The caller disposes it.</summary>
    /// <param name="publicKey">The one DER SubjectPublicKeyInfo (RFC 5480, uncompressed point) of the key.</param>
    /// <param name="owner">Name of the node it is offered for; stands in the message of a refusal.</param>
    /// <exception cref="CohortException">Anything else.</exception>
    internal static ECDiffieHellman Import(ReadOnlySpan<byte> publicKey, string owner)
    {
        ECDiffieHellman key = ECDiffieHellman.Create();
        try
        {
            // The import refuses a point that is not on its curve, but takes curves whose parameters the sender spells
            // out, generator included (as in CVE-2020-0601). Only the named curve will do.
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            ECCurve curve = key.ExportParameters(includePrivateParameters: false).Curve;
            bool onCurve = string.Equals(curve.Oid?.Value, Curve.Oid.Value, StringComparison.Ordinal);

            // One key, one encoding: otherwise two spellings of a key would pass for two peers.
            if (onCurve && publicKey.SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                return key;
            }

            key.Dispose();
        }
        catch (CryptographicException malformed)
        {
            key.Dispose();
            throw new CohortException($"The key offered for {owner} is not a P-256 public key.", malformed);
        }

        throw new CohortException($"The key offered for {owner} is not the DER encoding of a P-256 public key.");
    }

    /// <summary>The pair of a private scalar, or null where it is not in [1, order).</summary>
    internal static ECDiffieHellman? FromScalar(ReadOnlySpan<byte> scalar)
    {
        byte[] copy = SecretBytes.CopyOf(scalar);
        ECDiffieHellman key = ECDiffieHellman.Create();
        try
        {
            key.ImportParameters(new ECParameters { Curve = Curve, D = copy });
            return key;
        }
        catch (CryptographicException)
        {
            key.Dispose();
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>The <see cref="ScalarBytes"/> bytes of the private scalar, pinned. The caller wipes them.</summary>
    internal static byte[] ScalarOf(ECDiffieHellman key)
    {
        byte[] exported = key.ExportParameters(includePrivateParameters: true).D!;
        try
        {
            byte[] scalar = SecretBytes.Allocate(ScalarBytes);
            exported.CopyTo(scalar.AsSpan(ScalarBytes - exported.Length));
            return scalar;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(exported);
        }
    }

    /// <summary>
    /// 32 bytes that the holders of the two pairs share: HKDF-SHA256 (RFC 5869) of the x-coordinate. Pinned; the caller
    /// wipes them.
    /// </summary>
    /// <param name="own">The pair whose private half is known.</param>
    /// <param name="peer">The other public half.</param>
    /// <param name="salt">Digest of what both must agree on.</param>
    /// <param name="info">Domain and roles.</param>
    internal static byte[] Agree(
        ECDiffieHellman own,
        ECDiffieHellman peer,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> info)
    {
        byte[] shared = own.DeriveRawSecretAgreement(peer.PublicKey);
        try
        {
            byte[] key = SecretBytes.Allocate(SecretBytes.KeySize);
            HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, salt, info);
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }
}
