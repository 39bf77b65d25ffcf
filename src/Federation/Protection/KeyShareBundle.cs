using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Protection;

/// <summary>The key shares that one hospital deals in a key ceremony: for each party its share, sealed to it.</summary>
/// <remarks>The sealed shares of all parties but the dealer in ordinal order, all of one length.</remarks>
internal static class KeyShareBundle
{
    /// <summary>Bytes of one bundle.</summary>
    public static long BytesFor(ThresholdSetting setting) =>
        (setting.Parties.Count - 1L) * (setting.Parameters.KeyShareBytes + ShareKeyPair.Overhead);

    /// <summary>Seals one share per party.</summary>
    /// <param name="shareFor">The share of a party in clear; wiped here.</param>
    public static byte[] Seal(
        ThresholdSetting setting,
        ShareKeyPair own,
        string self,
        IReadOnlyDictionary<string, byte[]> shareKeys,
        byte[] context,
        Func<string, byte[]> shareFor)
    {
        byte[] bundle = new byte[BytesFor(setting)];
        string[] holders = Holders(setting, self);
        int each = bundle.Length / holders.Length;
        for (int i = 0; i < holders.Length; i++)
        {
            string party = holders[i];
            byte[] share = shareFor(party);
            own.Seal(share, shareKeys[party], self, party, context).CopyTo(bundle, i * each);
            CryptographicOperations.ZeroMemory(share);
        }

        return bundle;
    }

    /// <summary>The share that <paramref name="dealer"/> sealed to this party, in clear; the caller wipes it.</summary>
    /// <exception cref="CohortException">The bundle has another length or was sealed to somebody else.</exception>
    public static byte[] Open(
        ThresholdSetting setting,
        ShareKeyPair own,
        string self,
        string dealer,
        byte[] dealerKey,
        byte[] context,
        ReadOnlySpan<byte> bundle)
    {
        if (bundle.Length != BytesFor(setting))
        {
            throw new CohortException(
                $"The key shares of {dealer} have {bundle.Length} bytes, not {BytesFor(setting)}.");
        }

        string[] holders = Holders(setting, dealer);
        int each = bundle.Length / holders.Length;
        return own.Open(bundle.Slice(Array.IndexOf(holders, self) * each, each), dealerKey, dealer, self, context);
    }

    private static string[] Holders(ThresholdSetting setting, string dealer) =>
        [.. setting.Parties.Where(party => party != dealer)];
}
