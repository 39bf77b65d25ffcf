using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Seals shares to the node they are meant for, over a coordinator that relays them.</summary>
/// <remarks>
/// ECDH on P-256, then HKDF-SHA256 salted with the digest of the context, then AES-256-GCM (NIST SP 800-38D). The names
/// of both nodes, in the order of the direction, are in the key, and a key seals once, so the nonce is zero. Not safe
/// for concurrent use.
/// </remarks>
public sealed class ShareKeyPair : IDisposable
{
    /// <summary>Bytes that sealing adds: the tag of AES-GCM in full length.</summary>
    public const int Overhead = 16;

    private const int NonceBytes = 12;

    private readonly ECDiffieHellman _key;
    private readonly byte[] _publicKey;
    private readonly HashSet<string> _sealed = new(StringComparer.Ordinal);

    private ShareKeyPair(ECDiffieHellman key)
    {
        _key = key;
        _publicKey = key.ExportSubjectPublicKeyInfo();
    }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/secagg/sealed-share/v1"u8;

    /// <summary>The public half as DER SubjectPublicKeyInfo (RFC 5480), point uncompressed; a copy.</summary>
    public byte[] PublicKey => [.. _publicKey];

    /// <summary>A fresh pair from the system's generator.</summary>
    public static ShareKeyPair Generate() => new(P256.Generate());

    /// <summary>
    /// <paramref name="plaintext"/> encrypted, then <see cref="Overhead"/> bytes of tag.
    /// </summary>
    /// <param name="plaintext">What only the recipient may read.</param>
    /// <param name="peerKey">The recipient's share key, as the one DER encoding of a P-256 point.</param>
    /// <param name="from">Name of this node.</param>
    /// <param name="to">Name of the recipient; this node itself may keep a share that way.</param>
    /// <param name="contextDigest">Digest of the context, not empty.</param>
    /// <exception cref="CohortException">The key is none, or is this pair's own though the names differ.</exception>
    /// <exception cref="InvalidOperationException">
    /// This pair has sealed before with these names and this context: one key and nonce for two plaintexts give both
    /// away.
    /// </exception>
    public byte[] Seal(
        ReadOnlySpan<byte> plaintext,
        ReadOnlySpan<byte> peerKey,
        string from,
        string to,
        ReadOnlySpan<byte> contextDigest)
    {
        byte[] key = Agree(peerKey, peer: to, from, to, contextDigest);
        try
        {
            byte[] once = new Transcript(Domain).Append(from).Append(to).Append(contextDigest).ToArray();
            if (!_sealed.Add(Convert.ToHexString(SHA256.HashData(once))))
            {
                throw new InvalidOperationException($"Node {from} has sealed to {to} in this context before.");
            }

            byte[] box = new byte[plaintext.Length + Overhead];
            using AesGcm cipher = new(key, Overhead);
            cipher.Encrypt(new byte[NonceBytes], plaintext, box.AsSpan(..^Overhead), box.AsSpan(^Overhead..));
            return box;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>What <see cref="Seal"/> sealed. Pinned; the caller wipes it.</summary>
    /// <param name="box">The sealed bytes.</param>
    /// <param name="peerKey">The sender's share key, as the one DER encoding of a P-256 point.</param>
    /// <param name="from">Name of the sender, who is named where the bytes are not what it should have sealed.</param>
    /// <param name="to">Name of this node.</param>
    /// <param name="contextDigest">Digest of the context, not empty.</param>
    /// <exception cref="CohortException">
    /// The bytes were not sealed by the holder of that key, for this node, under these names and this context.
    /// </exception>
    public byte[] Open(
        ReadOnlySpan<byte> box,
        ReadOnlySpan<byte> peerKey,
        string from,
        string to,
        ReadOnlySpan<byte> contextDigest)
    {
        if (box.Length < Overhead)
        {
            throw new CohortException($"The shares that node {from} sealed to {to} are cut short.");
        }

        byte[] key = Agree(peerKey, peer: from, from, to, contextDigest);
        byte[] plaintext = SecretBytes.Allocate(box.Length - Overhead);
        try
        {
            using AesGcm cipher = new(key, Overhead);
            cipher.Decrypt(new byte[NonceBytes], box[..^Overhead], box[^Overhead..], plaintext);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException forged)
        {
            throw new CohortException($"The shares that node {from} sealed to {to} do not open.", forged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public void Dispose() => _key.Dispose();

    /// <summary>A pair with a known private key, for vectors of independent implementations.</summary>
    internal static ShareKeyPair ImportPkcs8(ReadOnlySpan<byte> pkcs8)
    {
        ECDiffieHellman key = ECDiffieHellman.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new ShareKeyPair(key);
    }

    /// <summary>The private half as PKCS #8. The caller wipes it.</summary>
    internal byte[] ExportPkcs8() => _key.ExportPkcs8PrivateKey();

    private byte[] Agree(
        ReadOnlySpan<byte> peerKey,
        string peer,
        string from,
        string to,
        ReadOnlySpan<byte> contextDigest)
    {
        if (contextDigest.IsEmpty)
        {
            throw new ArgumentException("Shares are sealed for a context.", nameof(contextDigest));
        }

        // Reflection: under our own key, what we sealed to a peer would open as what it sealed to us.
        bool toItself = string.Equals(from, to, StringComparison.Ordinal);
        if (toItself != peerKey.SequenceEqual(_publicKey))
        {
            throw new CohortException(toItself
                ? $"The key offered for {peer} is not this node's own."
                : $"The key offered for {peer} is this node's own.");
        }

        using ECDiffieHellman peerPublic = P256.Import(peerKey, peer);
        return P256.Agree(_key, peerPublic, contextDigest, new Transcript(Domain).Append(from).Append(to).ToArray());
    }
}
