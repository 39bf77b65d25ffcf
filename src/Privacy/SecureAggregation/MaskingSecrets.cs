using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>A node's secrets of one round: deals them out in shares, masks one update, and is thrown away.</summary>
/// <remarks>
/// The client of Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning", CCS 2017,
/// figure 4, rounds 0 to 2; <see cref="HeldShares"/> is its round 4. The node itself enforces the size of the cohort,
/// the threshold and the keys, because the coordinator who proposes them is who it defends against. Keys and bundles
/// travel signed by enrolled identities; checking those signatures is the caller's part. Not safe for concurrent use.
/// </remarks>
public sealed class MaskingSecrets : IDisposable
{
    private readonly string _self;
    private readonly ECDiffieHellman _maskKeys;
    private readonly ShareKeyPair _shareKeys;
    private readonly byte[] _seed;
    private byte[]? _contextDigest;
    private byte[]? _bundle;
    private string[]? _accepted;
    private bool _masked;
    private bool _disposed;

    private MaskingSecrets(string self)
    {
        _self = self;
        _maskKeys = P256.Generate();
        _shareKeys = ShareKeyPair.Generate();
        PublicKeys = new PublicRoundKeys(_maskKeys.ExportSubjectPublicKeyInfo(), _shareKeys.PublicKey);
        _seed = SecretBytes.Allocate(SecretBytes.KeySize);
        RandomNumberGenerator.Fill(_seed);
    }

    /// <summary>What the other nodes need, to be signed by this node's enrolled identity.</summary>
    public PublicRoundKeys PublicKeys => field.Copy();

    /// <summary>Fresh keys and a fresh seed from the system's generator.</summary>
    /// <param name="self">This node's name in the cohort.</param>
    public static MaskingSecrets Generate(string self)
    {
        ArgumentException.ThrowIfNullOrEmpty(self);
        return new MaskingSecrets(self);
    }

    /// <summary>
    /// The seed of the own mask and the private mask key in Shamir shares, one pair sealed to each holder: a bundle of
    /// the format of <see cref="ShareBundle"/>. The same bytes when called again.
    /// </summary>
    /// <exception cref="CohortException">
    /// The cohort is below <see cref="RoundContext.MinimumCohort"/>, has other keys for this node than
    /// <see cref="PublicKeys"/>, or these secrets are dealt in another context.
    /// </exception>
    public byte[] Deal(RoundContext context)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        byte[] contextDigest = context.Digest();
        if (_bundle is not null)
        {
            RequireSame(contextDigest, context);
            return [.. _bundle];
        }

        var graph = SharingGraph.Of(context, contextDigest);
        graph.RequireEnough(graph.Cohort, "nodes");
        if (!context.Keys.TryGetValue(_self, out PublicRoundKeys? offered) || !offered.Equals(PublicKeys))
        {
            throw new CohortException($"The keys offered for node {_self} are not its own.");
        }

        IReadOnlyList<string> holders = graph.HoldersOf(_self);
        byte[] scalar = P256.ScalarOf(_maskKeys);
        byte[] seedShares = Shamir.Split(_seed, graph.Threshold, holders.Count);
        byte[] keyShares = Shamir.Split(scalar, graph.Threshold, holders.Count);
        try
        {
            _bundle = ShareBundle.Write(
                _self,
                holders,
                _seed,
                seedShares,
                keyShares,
                contextDigest,
                (to, pair) => _shareKeys.Seal(pair, context.Keys[to].ShareKey, _self, to, contextDigest));
            _contextDigest = contextDigest;
            return [.. _bundle];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
            CryptographicOperations.ZeroMemory(seedShares);
            CryptographicOperations.ZeroMemory(keyShares);
        }
    }

    /// <summary>Opens the shares meant for this node. Once: two instances could answer for two survivor sets.</summary>
    /// <param name="context">The context that <see cref="Deal"/> dealt in.</param>
    /// <param name="bundles">The bundles of all dealers by name, this node's own among them.</param>
    /// <exception cref="CohortException">
    /// A dealer's bundle is malformed, does not open or is not what its digests say, and the message names it; or the
    /// dealers are too few, not of the cohort, or without this node; or shares were accepted before.
    /// </exception>
    public HeldShares Accept(RoundContext context, IReadOnlyDictionary<string, byte[]> bundles)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        byte[] contextDigest = context.Digest();
        RequireSame(contextDigest, context);
        if (_accepted is not null)
        {
            throw new CohortException($"Node {_self} has accepted the shares of round {context.Round} before.");
        }

        var graph = SharingGraph.Of(context, contextDigest);
        string[] dealers = RequireDealers(graph, [.. bundles.Keys]);
        if (!bundles[_self].AsSpan().SequenceEqual(_bundle))
        {
            throw new CohortException($"The shares offered as those of node {_self} are not what it dealt.");
        }

        HashSet<string> shared = new(graph.HoldersOf(_self), StringComparer.Ordinal);
        string[] held = [.. dealers.Where(shared.Contains)];
        byte[] pairs = SecretBytes.Allocate(held.Length * ShareBundle.PairBytes);
        try
        {
            foreach (string dealer in dealers)
            {
                var bundle = ShareBundle.Parse(bundles[dealer], dealer, graph, contextDigest);
                int at = Array.BinarySearch(held, dealer, StringComparer.Ordinal);
                if (at >= 0)
                {
                    Open(bundle, dealer, context, pairs.AsSpan(at * ShareBundle.PairBytes, ShareBundle.PairBytes));
                }
            }
        }
        catch (CohortException)
        {
            CryptographicOperations.ZeroMemory(pairs);
            throw;
        }

        _accepted = dealers;
        return new HeldShares(_self, contextDigest, dealers, held, pairs);
    }

    /// <summary>
    /// Masks <paramref name="update"/> in place with this node's own mask and one for every neighbour that has dealt
    /// shares, or leaves it alone and throws.
    /// </summary>
    /// <param name="update">Words of Z/2^slotBits; they are reduced, and come out below 2^slotBits.</param>
    /// <param name="slotBits">1 to 64.</param>
    /// <param name="context">The context that <see cref="Deal"/> dealt in.</param>
    /// <param name="dealers">The nodes whose addends may be in the sum, the same for every node.</param>
    /// <exception cref="CohortException">
    /// The dealers are too few, not of the cohort, without this node, or not those whose shares were accepted; or
    /// these secrets have masked before: two updates under one mask give their difference away.
    /// </exception>
    public void Mask(
        Span<ulong> update,
        int slotBits,
        RoundContext context,
        IReadOnlyCollection<string> dealers)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        MaskSet.RequireSlot(slotBits);
        byte[] contextDigest = context.Digest();
        RequireSame(contextDigest, context);
        var graph = SharingGraph.Of(context, contextDigest);
        string[] names = RequireDealers(graph, dealers);
        if (_accepted is not null && !names.AsSpan().SequenceEqual(_accepted))
        {
            throw new CohortException($"The dealers are not those whose shares node {_self} has accepted.");
        }

        if (_masked)
        {
            throw new CohortException(
                $"Round {context.Round}, attempt {context.Attempt}: node {_self} has already masked an update.");
        }

        // All secrets first: a key refused halfway must not leave an update that is masked in part.
        using MaskSet masks = new();
        AddWiped(masks, MaskKey.OfSelf(_seed, _self, contextDigest), MaskSign.Add);
        foreach (string peer in graph.NeighboursOf(_self))
        {
            if (Array.BinarySearch(names, peer, StringComparer.Ordinal) >= 0)
            {
                byte[] key = MaskKey.OfPair(_maskKeys, context.Keys[peer].MaskKey, _self, peer, contextDigest);
                AddWiped(masks, key, MaskKey.SignOf(_self, peer));
            }
        }

        _masked = true;
        masks.Apply(update, slotBits);
    }

    /// <summary>Wipes the seed and lets go of the keys.</summary>
    public void Dispose()
    {
        _maskKeys.Dispose();
        _shareKeys.Dispose();
        CryptographicOperations.ZeroMemory(_seed);
        _disposed = true;
    }

    private static void AddWiped(MaskSet masks, byte[] key, MaskSign sign)
    {
        try
        {
            masks.Add(key, sign);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private void RequireSame(byte[] contextDigest, RoundContext context)
    {
        if (_contextDigest is null || !contextDigest.AsSpan().SequenceEqual(_contextDigest))
        {
            throw new CohortException(
                $"Node {_self} has not dealt its secrets in round {context.Round}, attempt {context.Attempt}.");
        }
    }

    private string[] RequireDealers(SharingGraph graph, IReadOnlyCollection<string> dealers)
    {
        string[] names = graph.RequireEnough(dealers, "dealers");
        if (Array.BinarySearch(names, _self, StringComparer.Ordinal) < 0)
        {
            throw new CohortException($"Node {_self} is not among the dealers.");
        }

        return names;
    }

    private void Open(ShareBundle bundle, string dealer, RoundContext context, Span<byte> pair)
    {
        byte[] opened = _shareKeys.Open(
            bundle.SealedTo(_self), context.Keys[dealer].ShareKey, dealer, _self, _contextDigest);
        try
        {
            foreach (ShareKind kind in (ReadOnlySpan<ShareKind>)[ShareKind.SelfMask, ShareKind.MaskKey])
            {
                if (!bundle.IsShareOf(kind, _self, ShareBundle.Of(kind, opened)))
                {
                    throw new CohortException(
                        $"The share that node {dealer} sealed to {_self} is not the one that it published.");
                }
            }

            opened.CopyTo(pair);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
        }
    }
}
