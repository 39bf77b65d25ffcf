using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>
/// What a dealer hands out: its commitment, and for every holder two sealed shares and their digests.
/// </summary>
/// <remarks>
/// Version (1 byte) ‖ commitment to b (32) ‖ for every holder in ordinal order: sealed share of b and of the mask key
/// (64 + 16) ‖ digest of the share of b (32) ‖ digest of the share of the mask key (32). The digests let everybody tell
/// later who revealed a wrong share. They hide a share as long as SHA-256 of 256 unknown bits does.
/// </remarks>
public sealed class ShareBundle
{
    /// <summary>Bytes of the two shares of one holder, that of b first.</summary>
    internal const int PairBytes = 2 * Shamir.SecretSize;

    internal const int SealedBytes = PairBytes + ShareKeyPair.Overhead;
    internal const byte Version = 1;

    private const int HeaderBytes = 1 + SHA256.HashSizeInBytes;
    private const int HolderBytes = SealedBytes + (2 * SHA256.HashSizeInBytes);

    private readonly byte[] _bytes;
    private readonly string _dealer;
    private readonly byte[] _contextDigest;

    private ShareBundle(byte[] bytes, string dealer, byte[] contextDigest, IReadOnlyList<string> holders)
    {
        _bytes = bytes;
        _dealer = dealer;
        _contextDigest = contextDigest;
        Holders = holders;
    }

    private static ReadOnlySpan<byte> CommitmentDomain => "DigitalTwin/secagg/self-mask-commitment/v1"u8;

    private static ReadOnlySpan<byte> DigestDomain => "DigitalTwin/secagg/share-digest/v1"u8;

    /// <summary>Who holds shares, in ordinal order; the share at position i has index i + 1.</summary>
    internal IReadOnlyList<string> Holders { get; }

    /// <summary>No bundle of a cohort of this size is longer.</summary>
    public static int MostBytes(int cohort) => HeaderBytes + (cohort * HolderBytes);

    /// <summary>The bundle of a dealer, once its length and version are right.</summary>
    /// <exception cref="CohortException">They are not.</exception>
    internal static ShareBundle Parse(byte[] bytes, string dealer, SharingGraph graph, byte[] contextDigest)
    {
        IReadOnlyList<string> holders = graph.HoldersOf(dealer);
        int expected = MostBytes(holders.Count);
        if (bytes.Length != expected)
        {
            throw new CohortException(
                $"The shares of node {dealer} are {bytes.Length} bytes; {holders.Count} holders take {expected}.");
        }

        if (bytes[0] != Version)
        {
            throw new CohortException($"The shares of node {dealer} have version {bytes[0]}, not {Version}.");
        }

        // A copy: what has been checked cannot be changed by whoever passed the array.
        return new ShareBundle([.. bytes], dealer, contextDigest, holders);
    }

    /// <summary>The bundle of <paramref name="dealer"/>, from the shares of both of its secrets.</summary>
    /// <param name="dealer">Name of the node whose secrets they are.</param>
    /// <param name="holders">Who holds shares, in ordinal order.</param>
    /// <param name="seed">The secret b.</param>
    /// <param name="seedShares">32 bytes per holder.</param>
    /// <param name="keyShares">32 bytes per holder.</param>
    /// <param name="contextDigest">Digest of the context.</param>
    /// <param name="seal">Seals the two shares of a holder to it.</param>
    internal static byte[] Write(
        string dealer,
        IReadOnlyList<string> holders,
        ReadOnlySpan<byte> seed,
        byte[] seedShares,
        byte[] keyShares,
        byte[] contextDigest,
        Func<string, byte[], byte[]> seal)
    {
        byte[] bundle = new byte[MostBytes(holders.Count)];
        bundle[0] = Version;
        CommitmentTo(seed, dealer, contextDigest).CopyTo(bundle.AsSpan(1));
        byte[] pair = SecretBytes.Allocate(PairBytes);
        try
        {
            for (int i = 0; i < holders.Count; i++)
            {
                Span<byte> entry = bundle.AsSpan(HeaderBytes + (i * HolderBytes), HolderBytes);
                seedShares.AsSpan(i * Shamir.SecretSize, Shamir.SecretSize).CopyTo(pair);
                keyShares.AsSpan(i * Shamir.SecretSize, Shamir.SecretSize).CopyTo(pair.AsSpan(Shamir.SecretSize));
                seal(holders[i], pair).CopyTo(entry);
                foreach (ShareKind kind in (ReadOnlySpan<ShareKind>)[ShareKind.SelfMask, ShareKind.MaskKey])
                {
                    DigestOf(Of(kind, pair), kind, dealer, holders[i], contextDigest)
                        .CopyTo(entry[DigestAt(kind)..]);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pair);
        }

        return bundle;
    }

    /// <summary>The share of one kind in the two shares of a holder.</summary>
    internal static ReadOnlySpan<byte> Of(ShareKind kind, ReadOnlySpan<byte> pair) =>
        pair.Slice(kind == ShareKind.SelfMask ? 0 : Shamir.SecretSize, Shamir.SecretSize);

    /// <summary>The two shares meant for a holder, as they were sealed.</summary>
    internal ReadOnlySpan<byte> SealedTo(string holder) => EntryOf(holder)[..SealedBytes];

    /// <summary>True where <paramref name="share"/> is what the dealer gave that holder.</summary>
    internal bool IsShareOf(ShareKind kind, string holder, ReadOnlySpan<byte> share) =>
        CryptographicOperations.FixedTimeEquals(
            EntryOf(holder).Slice(DigestAt(kind), SHA256.HashSizeInBytes),
            DigestOf(share, kind, _dealer, holder, _contextDigest));

    /// <summary>True where <paramref name="seed"/> is the b that the dealer committed to.</summary>
    internal bool IsCommitmentTo(ReadOnlySpan<byte> seed) => CryptographicOperations.FixedTimeEquals(
        _bytes.AsSpan(1, SHA256.HashSizeInBytes),
        CommitmentTo(seed, _dealer, _contextDigest));

    private static int DigestAt(ShareKind kind) =>
        kind == ShareKind.SelfMask ? SealedBytes : SealedBytes + SHA256.HashSizeInBytes;

    private static byte[] CommitmentTo(ReadOnlySpan<byte> seed, string dealer, byte[] contextDigest) =>
        Hash(new Transcript(CommitmentDomain).Append(contextDigest).Append(dealer), seed);

    private static byte[] DigestOf(
        ReadOnlySpan<byte> share,
        ShareKind kind,
        string dealer,
        string holder,
        byte[] contextDigest)
    {
        Transcript transcript = new Transcript(DigestDomain)
            .Append(contextDigest)
            .Append(dealer)
            .Append(holder)
            .Append((uint)kind);
        return Hash(transcript, share);
    }

    // The secret goes straight into the hash: a transcript would keep a copy.
    private static byte[] Hash(Transcript transcript, ReadOnlySpan<byte> secret)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(transcript.ToArray());
        hash.AppendData(secret);
        return hash.GetHashAndReset();
    }

    private ReadOnlySpan<byte> EntryOf(string holder)
    {
        for (int i = 0; i < Holders.Count; i++)
        {
            if (string.Equals(Holders[i], holder, StringComparison.Ordinal))
            {
                return _bytes.AsSpan(HeaderBytes + (i * HolderBytes), HolderBytes);
            }
        }

        throw new CohortException($"Node {holder} holds no share of node {_dealer}.");
    }
}
