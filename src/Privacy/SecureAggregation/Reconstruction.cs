using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Secrets from what holders revealed.</summary>
/// <remarks>
/// From the first threshold of shares in ordinal order of their holders, so that everybody does the same. In a complete
/// graph those are the same holders for every dealer, and their weights are computed once.
/// </remarks>
internal sealed class Reconstruction(SortedDictionary<string, RevealedShares> given, int threshold)
{
    private int[] _indices = [];
    private UInt128[] _weights = [];

    /// <summary>The secret of a dealer whose holders revealed a threshold of shares. The caller wipes it.</summary>
    internal byte[] SecretOf(string dealer, ShareBundle bundle)
    {
        int[] indices = new int[threshold];
        byte[] shares = SecretBytes.Allocate(threshold * Shamir.SecretSize);
        int taken = 0;
        for (int i = 0; i < bundle.Holders.Count && taken < threshold; i++)
        {
            if (given.TryGetValue(bundle.Holders[i], out RevealedShares? revealed))
            {
                indices[taken] = i + 1;
                revealed.ShareOf(dealer).CopyTo(shares.AsSpan(taken * Shamir.SecretSize));
                taken++;
            }
        }

        if (!indices.AsSpan().SequenceEqual(_indices))
        {
            (_indices, _weights) = (indices, Shamir.WeightsAtZero(indices));
        }

        try
        {
            return Shamir.Combine(_weights, shares);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shares);
        }
    }
}
