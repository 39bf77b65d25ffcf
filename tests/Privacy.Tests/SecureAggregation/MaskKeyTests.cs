using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: two nodes of a round derive one mask key that nobody else, and no other round, gets. Method: keys that Python
// derived with the definitions of RoundContextTests, then separation by every input.
public sealed class MaskKeyTests
{
    private static readonly byte[] Digest = new RoundContext(
        "heart-risk", 7, 1, "plan", "base", LabelledKeys.Of("zurich", "basel", "bern")).Digest();

    [Fact]
    public void The_key_of_a_pair_agrees_with_python()
    {
        // d = the context's digest; z = P(b"basel mask").exchange(ECDH(), P(b"bern mask").public_key())
        // HKDF(SHA256(), 32, d, L(b"DigitalTwin/secagg/pair-mask/v2") + L(b"basel") + L(b"bern")).derive(z).hex()
        const string Expected = "32ED8E1E4544C9489A5566A674A7EF010080A98D0AD6D5039942707D3A8FA839";

        Assert.Equal(Expected, Convert.ToHexString(Pair("basel", "bern")));
        Assert.Equal(Expected, Convert.ToHexString(Pair("bern", "basel")));
    }

    [Fact]
    public void The_key_of_a_nodes_own_mask_agrees_with_python()
    {
        // HKDF(SHA256(), 32, d, L(b"DigitalTwin/secagg/self-mask/v1") + L(b"basel")).derive(bytes(range(32))).hex()
        byte[] seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

        Assert.Equal(
            "8A94626C89296C8112EE3C3432417AC314B85BF8961475200AABABF2D988C221",
            Convert.ToHexString(MaskKey.OfSelf(seed, "basel", Digest)));
    }

    [Fact]
    public void Names_context_and_keys_all_separate_the_keys()
    {
        using ECDiffieHellman basel = LabelledKeys.Pair("basel mask");
        byte[] bern = LabelledKeys.Public("bern mask");
        byte[] seed = new byte[32];
        byte[][] keys =
        [
            MaskKey.OfPair(basel, bern, "basel", "bern", Digest),
            MaskKey.OfPair(basel, bern, "basel", "zurich", Digest),
            MaskKey.OfPair(basel, bern, "base", "lbern", Digest),
            MaskKey.OfPair(basel, bern, "basel", "bern", SHA256.HashData(Digest)),
            MaskKey.OfPair(basel, LabelledKeys.Public("zurich mask"), "basel", "bern", Digest),
            MaskKey.OfSelf(seed, "basel", Digest),
            MaskKey.OfSelf(seed, "bern", Digest),
            MaskKey.OfSelf(seed, "basel", SHA256.HashData(Digest)),
            MaskKey.OfSelf(SHA256.HashData(seed), "basel", Digest),
        ];

        Assert.Distinct(keys.Select(Convert.ToHexString));
    }

    [Fact]
    public void A_scalar_is_exported_and_imported_whole_and_none_outside_the_group_is_taken()
    {
        using ECDiffieHellman pair = LabelledKeys.Pair("basel mask");

        Assert.Equal(SHA256.HashData("basel mask"u8), P256.ScalarOf(pair));
        Assert.Null(P256.FromScalar(new byte[P256.ScalarBytes]));
        Assert.Null(P256.FromScalar(Enumerable.Repeat((byte)0xFF, P256.ScalarBytes).ToArray()));
    }

    private static byte[] Pair(string self, string peer)
    {
        using ECDiffieHellman own = LabelledKeys.Pair($"{self} mask");
        return MaskKey.OfPair(own, LabelledKeys.Public($"{peer} mask"), self, peer, Digest);
    }
}
