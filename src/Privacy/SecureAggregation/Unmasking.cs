using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Takes the masks off the sum of the survivors' addends, and off nothing else.</summary>
/// <remarks>
/// The server of Bonawitz et al., CCS 2017, figure 4, round 4. It needs no secret: whoever has the addends, the bundles
/// and what was revealed gets the same words, or the same refusal.
/// </remarks>
public static class Unmasking
{
    /// <summary>Removes all masks from <paramref name="sum"/> in place, or leaves it alone and throws.</summary>
    /// <param name="sum">Sum of the masked addends of exactly the survivors; comes out below 2^slotBits.</param>
    /// <param name="slotBits">1 to 64, as the addends were masked with.</param>
    /// <param name="context">The context of the round.</param>
    /// <param name="bundles">The bundles of all dealers by name, as the holders accepted them.</param>
    /// <param name="survivors">The nodes whose addends are summed.</param>
    /// <param name="revealed">What each holder revealed, by name; any threshold of them will do.</param>
    /// <exception cref="UnmaskingException">
    /// The sets would not hide every survivor, a bundle or a revealed share is wrong, shares are missing, or shares do
    /// not give the secret that their dealer committed to.
    /// </exception>
    public static void Remove(
        Span<ulong> sum,
        int slotBits,
        RoundContext context,
        IReadOnlyDictionary<string, byte[]> bundles,
        IReadOnlyCollection<string> survivors,
        IReadOnlyDictionary<string, byte[]> revealed)
    {
        MaskSet.RequireSlot(slotBits);
        SurvivorSet set = Checked(context, bundles, survivors);
        SortedDictionary<string, ShareBundle> dealt = Bundles(bundles, set);
        SortedDictionary<string, RevealedShares> given = Reveals(revealed, set);
        RequireTrueShares(dealt, given, set);
        RequireEnoughShares(dealt, given, set);

        using MaskSet masks = new();
        AddMasks(masks, context, dealt, given, set);
        masks.Apply(sum, slotBits);
    }

    private static SurvivorSet Checked(
        RoundContext context,
        IReadOnlyDictionary<string, byte[]> bundles,
        IReadOnlyCollection<string> survivors)
    {
        try
        {
            return SurvivorSet.Of(context, [.. bundles.Keys], survivors);
        }
        catch (CohortException refused)
        {
            throw new UnmaskingException(refused.Message, [], refused);
        }
    }

    private static SortedDictionary<string, ShareBundle> Bundles(
        IReadOnlyDictionary<string, byte[]> bundles,
        SurvivorSet set)
    {
        SortedDictionary<string, ShareBundle> dealt = new(StringComparer.Ordinal);
        foreach (string dealer in set.Dealers)
        {
            try
            {
                dealt.Add(dealer, ShareBundle.Parse(bundles[dealer], dealer, set.Graph, set.ContextDigest));
            }
            catch (CohortException malformed)
            {
                throw new UnmaskingException(malformed.Message, [dealer], malformed);
            }
        }

        return dealt;
    }

    private static SortedDictionary<string, RevealedShares> Reveals(
        IReadOnlyDictionary<string, byte[]> revealed,
        SurvivorSet set)
    {
        SortedDictionary<string, RevealedShares> given = new(StringComparer.Ordinal);
        SortedDictionary<string, string> faults = new(StringComparer.Ordinal);
        foreach ((string holder, byte[] bytes) in revealed)
        {
            if (!set.Contains(holder))
            {
                faults[holder] = "revealed shares but is not among the survivors";
            }
            else if (RevealedShares.Parse(bytes, holder, set, out string fault) is { } shares)
            {
                given[holder] = shares;
            }
            else
            {
                faults[holder] = fault;
            }
        }

        ThrowIfAny(faults);
        return given;
    }

    private static void RequireTrueShares(
        SortedDictionary<string, ShareBundle> dealt,
        SortedDictionary<string, RevealedShares> given,
        SurvivorSet set)
    {
        SortedDictionary<string, string> faults = new(StringComparer.Ordinal);
        foreach ((string holder, RevealedShares shares) in given)
        {
            foreach ((string dealer, ShareBundle bundle) in dealt)
            {
                ReadOnlySpan<byte> share = shares.ShareOf(dealer);
                if (!share.IsEmpty && !bundle.IsShareOf(set.KindFor(dealer), holder, share))
                {
                    faults.TryAdd(holder, $"revealed another share of node {dealer} than it was dealt");
                }
            }
        }

        ThrowIfAny(faults);
    }

    private static void RequireEnoughShares(
        SortedDictionary<string, ShareBundle> dealt,
        SortedDictionary<string, RevealedShares> given,
        SurvivorSet set)
    {
        foreach ((string dealer, ShareBundle bundle) in dealt)
        {
            int missing = set.Graph.Threshold - bundle.Holders.Count(given.ContainsKey);
            if (missing > 0)
            {
                string[] silent = [.. bundle.Holders.Where(set.Contains).Where(holder => !given.ContainsKey(holder))];
                throw new UnmaskingException(
                    $"{missing} shares of node {dealer} are missing; any of these could still reveal theirs: "
                    + $"{string.Join(", ", silent)}.",
                    silent);
            }
        }
    }

    private static void AddMasks(
        MaskSet masks,
        RoundContext context,
        SortedDictionary<string, ShareBundle> dealt,
        SortedDictionary<string, RevealedShares> given,
        SurvivorSet set)
    {
        Dictionary<string, ECDiffieHellman> maskKeys = new(StringComparer.Ordinal);
        Reconstruction reconstruction = new(given, set.Graph.Threshold);
        try
        {
            foreach ((string dealer, ShareBundle bundle) in dealt)
            {
                byte[] secret = reconstruction.SecretOf(dealer, bundle);
                try
                {
                    if (set.Contains(dealer))
                    {
                        AddSelfMask(masks, secret, dealer, bundle, set);
                    }
                    else
                    {
                        AddPairMasks(masks, secret, dealer, context, set, maskKeys);
                    }
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(secret);
                }
            }
        }
        finally
        {
            foreach (ECDiffieHellman key in maskKeys.Values)
            {
                key.Dispose();
            }
        }
    }

    private static void AddSelfMask(
        MaskSet masks,
        ReadOnlySpan<byte> seed,
        string survivor,
        ShareBundle bundle,
        SurvivorSet set)
    {
        if (!bundle.IsCommitmentTo(seed))
        {
            throw new UnmaskingException(
                $"The shares that node {survivor} dealt do not give the seed that it committed to.",
                [survivor]);
        }

        // It was added; it comes off.
        AddWiped(masks, MaskKey.OfSelf(seed, survivor, set.ContextDigest), MaskSign.Subtract);
    }

    private static void AddPairMasks(
        MaskSet masks,
        ReadOnlySpan<byte> scalar,
        string lost,
        RoundContext context,
        SurvivorSet set,
        Dictionary<string, ECDiffieHellman> maskKeys)
    {
        using ECDiffieHellman? key = P256.FromScalar(scalar);
        if (key is null || !key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(context.Keys[lost].MaskKey))
        {
            throw new UnmaskingException(
                $"The shares that node {lost} dealt do not give the private half of its mask key.",
                [lost]);
        }

        foreach (string survivor in set.Graph.NeighboursOf(lost).Where(set.Contains))
        {
            if (!maskKeys.TryGetValue(survivor, out ECDiffieHellman? peerKey))
            {
                peerKey = P256.Import(context.Keys[survivor].MaskKey, survivor);
                maskKeys.Add(survivor, peerKey);
            }

            // The sign of the lost node: it would have cancelled what the survivor did.
            byte[] pair = MaskKey.OfPair(key, peerKey, lost, survivor, set.ContextDigest);
            AddWiped(masks, pair, MaskKey.SignOf(lost, survivor));
        }
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

    private static void ThrowIfAny(SortedDictionary<string, string> faults)
    {
        if (faults.Count > 0)
        {
            string sentence = string.Join("; ", faults.Select(fault => $"node {fault.Key} {fault.Value}"));
            throw new UnmaskingException($"N{sentence[1..]}.", [.. faults.Keys]);
        }
    }
}
