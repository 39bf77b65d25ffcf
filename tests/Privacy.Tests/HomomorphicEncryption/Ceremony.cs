using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

/// <summary>Parties who have made a collective key with each other, every secret drawn from a fixed seed.</summary>
internal sealed class Ceremony : IDisposable
{
    private readonly Dictionary<string, DecryptionKeyShare> _shares = [];

    internal Ceremony(int parties, int threshold, int addends, int? holders = null)
    {
        Parameters = ThresholdParameters.For(parties, threshold, addends);
        Parties = [.. Enumerable.Range(0, parties).Select(i => $"hospital-{i}")];
        Holders = [.. Parties.Take(holders ?? parties)];
        Dictionary<string, Dictionary<string, byte[]>> dealt = Holders.ToDictionary(
            party => party, _ => new Dictionary<string, byte[]>());
        ulong[] common = CollectiveKey.CommonPolynomial(Parameters.Ring, Digest);
        List<byte[]> publicShares = [];
        foreach (string dealer in Parties)
        {
            AesCounterStream stream = new(SHA256.HashData(Encoding.UTF8.GetBytes(dealer)));
            using KeyDealing dealing = KeyDealing.Create(Parameters, common, Parties, dealer, stream);
            publicShares.Add(dealing.PublicShare);
            foreach (string holder in Holders)
            {
                dealt[holder][dealer] = dealing.ShareFor(holder);
            }
        }

        Key = CollectiveKey.Sum(Parameters, Digest, publicShares);
        foreach (string holder in Holders)
        {
            _shares[holder] = DecryptionKeyShare.Combine(Parameters, Parties, holder, dealt[holder]);
        }
    }

    internal static byte[] Digest { get; } = SHA256.HashData("a key ceremony"u8);

    internal static byte[] Context { get; } = SHA256.HashData("a round"u8);

    internal ThresholdParameters Parameters { get; }

    internal string[] Parties { get; }

    /// <summary>The parties that hold a decryption key share.</summary>
    internal string[] Holders { get; }

    internal CollectiveKey Key { get; }

    internal DecryptionKeyShare ShareOf(string party) => _shares[party];

    /// <summary>Encrypts over the wire, sums and re-randomises.</summary>
    internal EncryptedVector SumOf(IEnumerable<ulong[]> addends, int slotBits)
    {
        EncryptedVector? sum = null;
        foreach (ulong[] addend in addends)
        {
            byte[] wire = Key.Encrypt(addend, slotBits).ToBytes();
            Assert.Equal(Parameters.CiphertextBytes(addend.Length, slotBits), wire.Length);
            EncryptedVector parsed = EncryptedVector.Parse(Parameters, wire, addend.Length, slotBits);
            if (sum is null)
            {
                sum = parsed;
            }
            else
            {
                sum.Add(parsed);
            }
        }

        return sum!.Rerandomised(Key, Context);
    }

    internal Dictionary<string, byte[]> PartialsOf(EncryptedVector sum, string[] active) =>
        active.ToDictionary(party => party, party => _shares[party].PartiallyDecrypt(sum, active));

    internal ulong[] Open(EncryptedVector sum, string[] active, int slots, int slotBits) =>
        ThresholdDecryption.Combine(Parameters, Parties, sum, active, PartialsOf(sum, active), slots, slotBits);

    public void Dispose()
    {
        foreach (DecryptionKeyShare share in _shares.Values)
        {
            share.Dispose();
        }
    }
}
