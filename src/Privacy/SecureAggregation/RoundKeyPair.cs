using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>A node's key pair for one round: agrees on one secret with each peer, then is thrown away.</summary>
/// <remarks>
/// ECDH on P-256 (NIST SP 800-56A rev. 3, section 5.7.1.2), then HKDF-SHA256 (RFC 5869) salted with the digest of the
/// round's context. The public key travels signed by the node's enrolled identity; checking that signature is the
/// caller's part. Not safe for concurrent use.
/// </remarks>
public sealed class RoundKeyPair : IDisposable
{
    private static readonly ECCurve Curve = ECCurve.NamedCurves.nistP256;

    private readonly ECDiffieHellman _key;
    private readonly byte[] _publicKey;
    private readonly HashSet<string> _maskedContexts = new(StringComparer.Ordinal);

    private RoundKeyPair(ECDiffieHellman key)
    {
        _key = key;
        _publicKey = key.ExportSubjectPublicKeyInfo();
    }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/secagg/pair-secret/v1"u8;

    /// <summary>The public half as DER SubjectPublicKeyInfo (RFC 5480), point uncompressed.</summary>
    public byte[] PublicKey => [.. _publicKey];

    /// <summary>A fresh pair from the system's generator.</summary>
    public static RoundKeyPair Generate() => new(ECDiffieHellman.Create(Curve));

    /// <summary>
    /// The <see cref="PairwiseMask.SecretSize"/> bytes that <paramref name="self"/> and <paramref name="peer"/> share
    /// in this context. The caller wipes them.
    /// </summary>
    /// <param name="peerPublicKey">The peer's P-256 key as the one DER SubjectPublicKeyInfo that encodes it.</param>
    /// <param name="self">Name of the node that holds this pair.</param>
    /// <param name="peer">Name of the node that the key belongs to.</param>
    /// <param name="context">What both sides agree on.</param>
    /// <exception cref="CohortException">
    /// The key is invalid or this pair's own, or a name is not of the cohort.
    /// </exception>
    public byte[] Agree(ReadOnlySpan<byte> peerPublicKey, string self, string peer, RoundContext context)
    {
        RequirePair(self, peer, context);

        // Reflection: a coordinator that hands our own key back would make us share a mask with ourselves.
        if (peerPublicKey.SequenceEqual(_publicKey))
        {
            throw new CohortException($"The key offered for {peer} is this node's own.");
        }

        using ECDiffieHellman peerKey = Import(peerPublicKey, peer);
        byte[] shared = _key.DeriveRawSecretAgreement(peerKey.PublicKey);
        try
        {
            bool selfFirst = string.CompareOrdinal(self, peer) < 0;
            byte[] info = new Transcript(Domain)
                .Append(selfFirst ? self : peer)
                .Append(selfFirst ? peer : self)
                .ToArray();
            return HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, PairwiseMask.SecretSize, context.Digest(), info);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    public void Dispose() => _key.Dispose();

    /// <summary>A pair with a known private key, for vectors of independent implementations.</summary>
    internal static RoundKeyPair ImportPkcs8(ReadOnlySpan<byte> pkcs8)
    {
        ECDiffieHellman key = ECDiffieHellman.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new RoundKeyPair(key);
    }

    /// <summary>True the first time it is asked about a context.</summary>
    internal bool TakeContext(RoundContext context) => _maskedContexts.Add(Convert.ToHexString(context.Digest()));

    private static void RequirePair(string self, string peer, RoundContext context)
    {
        if (string.Equals(self, peer, StringComparison.Ordinal))
        {
            throw new CohortException($"Node {self} cannot share a mask with itself.");
        }

        foreach (string name in (ReadOnlySpan<string>)[self, peer])
        {
            if (!context.Cohort.Contains(name, StringComparer.Ordinal))
            {
                throw new CohortException($"Node {name} is not of the cohort of round {context.Round}.");
            }
        }
    }

    private static ECDiffieHellman Import(ReadOnlySpan<byte> publicKey, string peer)
    {
        ECDiffieHellman key = ECDiffieHellman.Create();
        try
        {
            // The import refuses a point that is not on the curve: invalid-curve attacks end here.
            key.ImportSubjectPublicKeyInfo(publicKey, out int read);
            bool onCurve = key.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value == Curve.Oid.Value;

            // One key, one encoding: otherwise two spellings of a key would pass for two peers.
            if (onCurve && read == publicKey.Length && publicKey.SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                return key;
            }

            key.Dispose();
        }
        catch (CryptographicException malformed)
        {
            key.Dispose();
            throw new CohortException($"The key offered for {peer} is not a P-256 public key.", malformed);
        }

        throw new CohortException($"The key offered for {peer} is not the DER encoding of a P-256 public key.");
    }
}
