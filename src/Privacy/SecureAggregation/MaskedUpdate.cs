using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>
/// A node's update under one mask per peer: worth nothing alone, exact once all of the cohort are summed.
/// </summary>
/// <remarks>
/// Round 2 of Bonawitz et al., CCS 2017, section 4, without the second mask: the sum opens only when every node of the
/// cohort has handed in, and a drop-out means a new attempt with new masks. The node itself enforces the size of the
/// cohort and the keys, because the coordinator who proposes them is who it defends against.
/// </remarks>
public static class MaskedUpdate
{
    /// <summary>With two nodes each learns the other's update by subtracting its own from the sum.</summary>
    public const int MinimumCohort = 3;

    /// <summary>Masks <paramref name="update"/> in place, or leaves it alone and throws.</summary>
    /// <param name="update">Words of Z/2^64.</param>
    /// <param name="self">This node's name in the cohort.</param>
    /// <param name="own">This node's keys of the round. They mask once per context.</param>
    /// <param name="peerKeys">Verified public keys of all other nodes of the cohort, by name.</param>
    /// <param name="context">What all nodes agree on.</param>
    /// <exception cref="CohortException">
    /// The cohort has fewer than <see cref="MinimumCohort"/> nodes, the peers are not the cohort without this node, a
    /// key is invalid, offered twice or this node's own, or these keys have already masked in this context.
    /// </exception>
    public static void Mask(
        Span<ulong> update,
        string self,
        RoundKeyPair own,
        IReadOnlyDictionary<string, byte[]> peerKeys,
        RoundContext context)
    {
        RequireCohort(self, peerKeys, context);
        RequireDistinctKeys(peerKeys);

        List<(byte[] Secret, MaskSign Sign)> masks = new(peerKeys.Count);
        try
        {
            // All secrets first: a key refused halfway must not leave an update that is masked in part.
            foreach ((string peer, byte[] key) in peerKeys)
            {
                MaskSign sign = string.CompareOrdinal(self, peer) < 0 ? MaskSign.Add : MaskSign.Subtract;
                masks.Add((own.Agree(key, self, peer, context), sign));
            }

            // Two updates under one mask give their difference away.
            if (!own.TakeContext(context))
            {
                throw new CohortException(
                    $"Round {context.Round}, attempt {context.Attempt}: these keys have already masked an update.");
            }

            foreach ((byte[] secret, MaskSign sign) in masks)
            {
                PairwiseMask.Apply(update, secret, context.Round, sign);
            }
        }
        finally
        {
            foreach ((byte[] secret, _) in masks)
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }
    }

    private static void RequireCohort(string self, IReadOnlyDictionary<string, byte[]> peerKeys, RoundContext context)
    {
        if (context.Cohort.Count < MinimumCohort)
        {
            throw new CohortException($"A cohort of {context.Cohort.Count} is below {MinimumCohort} nodes.");
        }

        HashSet<string> expected = new(context.Cohort, StringComparer.Ordinal);
        if (!expected.Remove(self))
        {
            throw new CohortException($"Node {self} is not of the cohort of round {context.Round}.");
        }

        // The dictionary may compare names more loosely than we do, so its keys are counted and compared here.
        if (peerKeys.Count != expected.Count || !expected.SetEquals(peerKeys.Keys))
        {
            throw new CohortException($"The keys offered are not those of the {expected.Count} peers of the cohort.");
        }
    }

    private static void RequireDistinctKeys(IReadOnlyDictionary<string, byte[]> peerKeys)
    {
        Dictionary<string, string> owners = new(StringComparer.Ordinal);
        foreach ((string peer, byte[] key) in peerKeys)
        {
            string spelled = Convert.ToHexString(key);
            if (!owners.TryAdd(spelled, peer))
            {
                throw new CohortException($"Nodes {owners[spelled]} and {peer} are offered with the same key.");
            }
        }
    }
}
