using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Keys of the two kinds of mask, each for one context only.</summary>
internal static class MaskKey
{
    private static ReadOnlySpan<byte> PairDomain => "DigitalTwin/secagg/pair-mask/v2"u8;

    private static ReadOnlySpan<byte> SelfDomain => "DigitalTwin/secagg/self-mask/v1"u8;

    /// <summary>The 32-byte key that two nodes agree on (Bonawitz 2017, p_uv). Pinned; the caller wipes it.</summary>
    /// <param name="own">The mask key pair of <paramref name="self"/>.</param>
    /// <param name="peerKey">The peer's mask key.</param>
    /// <param name="self">Name of the node whose private key is used.</param>
    /// <param name="peer">Name of the other.</param>
    /// <param name="contextDigest">Digest of the context.</param>
    /// <exception cref="CohortException">The key is none.</exception>
    internal static byte[] OfPair(
        ECDiffieHellman own,
        ReadOnlySpan<byte> peerKey,
        string self,
        string peer,
        ReadOnlySpan<byte> contextDigest)
    {
        using ECDiffieHellman peerPublic = P256.Import(peerKey, peer);
        return OfPair(own, peerPublic, self, peer, contextDigest);
    }

    /// <summary>The same with a peer's key that is imported already: checking it costs as much as agreeing.</summary>
    internal static byte[] OfPair(
        ECDiffieHellman own,
        ECDiffieHellman peerKey,
        string self,
        string peer,
        ReadOnlySpan<byte> contextDigest)
    {
        bool selfFirst = SignOf(self, peer) == MaskSign.Add;
        byte[] info = new Transcript(PairDomain)
            .Append(selfFirst ? self : peer)
            .Append(selfFirst ? peer : self)
            .ToArray();
        return P256.Agree(own, peerKey, contextDigest, info);
    }

    /// <summary>
    /// The 32-byte key of a node's own second mask, from its seed (Bonawitz 2017, b_u). Pinned; the caller wipes it.
    /// </summary>
    internal static byte[] OfSelf(ReadOnlySpan<byte> seed, string self, ReadOnlySpan<byte> contextDigest)
    {
        byte[] key = SecretBytes.Allocate(SecretBytes.KeySize);
        byte[] info = new Transcript(SelfDomain).Append(self).ToArray();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, key, contextDigest, info);
        return key;
    }

    /// <summary>What <paramref name="self"/> does with the mask that it shares with <paramref name="peer"/>.</summary>
    internal static MaskSign SignOf(string self, string peer) =>
        string.CompareOrdinal(self, peer) < 0 ? MaskSign.Add : MaskSign.Subtract;
}
