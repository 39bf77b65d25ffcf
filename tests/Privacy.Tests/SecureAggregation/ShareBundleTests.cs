using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: a bundle whose commitment and digests anybody can recompute, and that is read in one way only. Method: the
// bytes of a small one from Python, and every length and version but the right one.
public sealed class ShareBundleTests
{
    private static readonly RoundContext Context =
        new("heart-risk", 7, 1, "plan", "base", LabelledKeys.Of("zurich", "basel", "bern"));

    private static readonly byte[] Bytes32 = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void Commitment_and_digests_agree_with_python()
    {
        // With L and d of RoundContextTests, for kind in (1, 2):
        // sha256(L(b"DigitalTwin/secagg/self-mask-commitment/v1") + L(d) + L(b"basel") + bytes(range(32))).hexdigest()
        // sha256(L(b"DigitalTwin/secagg/share-digest/v1") + L(d) + L(b"basel") + L(b"bern") + pack("<I", kind) +
        //        bytes(range(32))).hexdigest()
        const string Commitment = "86FBADD242D52B9366D50E2C44722F8BBA5224F49ECEAF8E53E8AA8AB4BADAA1";
        const string OfSeed = "0A6DB1A39E3546FB98D4670431185CEA680EFD12E3200F1624AFA8441DC3F571";
        const string OfKey = "3A8E827FD95153FFE5524EA201522251AC5B445A2A28AACF28A8BA3D647A774A";

        byte[] bundle = ShareBundle.Write(
            "basel", ["bern"], Bytes32, Bytes32, Bytes32, Context.Digest(), (_, _) => new byte[80]);

        Assert.Equal($"01{Commitment}{new string('0', 160)}{OfSeed}{OfKey}", Convert.ToHexString(bundle));
    }

    [Fact]
    public void A_bundle_of_128_nodes_takes_18_kilobytes_and_a_reveal_4()
    {
        Assert.Equal(33 + (128 * 144), ShareBundle.MostBytes(128));
        Assert.Equal(65 + (128 * 33), RevealedShares.MostBytes(128));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public void Another_length_or_version_is_refused_and_the_dealer_named(int more)
    {
        byte[] bundle = new byte[ShareBundle.MostBytes(3) + more];
        bundle[0] = more == 0 ? (byte)2 : (byte)1;
        byte[] digest = Context.Digest();

        CohortException refused = Assert.Throws<CohortException>(
            () => ShareBundle.Parse(bundle, "bern", SharingGraph.Of(Context), digest));

        Assert.Contains("bern", refused.Message, StringComparison.Ordinal);
    }
}
