using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: nodes that disagree on anything get different salts, nodes that agree get the same, and no cohort has a key
// that would not protect its node. Method: one digest from an independent encoder, then every field changed by itself,
// fields whose plain concatenation would coincide, and keys an attacker would offer.
public sealed class RoundContextTests
{
    private static readonly RoundContext Context =
        new("heart-risk", 7, 1, "plan", "base", LabelledKeys.Of("zurich", "basel", "bern"));

    [Fact]
    public void The_digest_agrees_with_an_independent_encoder()
    {
        // Python, with cryptography.hazmat.primitives.asymmetric.ec and serialization:
        // L = lambda b: pack("<I", len(b)) + b
        // P = lambda label: derive_private_key(int.from_bytes(sha256(label).digest(), "big"), SECP256R1())
        // K = lambda label: L(P(label).public_key().public_bytes(DER, SubjectPublicKeyInfo))
        // N = lambda n: L(n) + K(n + b" mask") + K(n + b" share")
        // sha256(L(b"DigitalTwin/secagg/round-context/v2") + L(b"heart-risk") + pack("<QI", 7, 1) + L(b"plan") +
        //        L(b"base") + pack("<I", 3) + N(b"basel") + N(b"bern") + N(b"zurich")).hexdigest()
        Assert.Equal(
            "85B580E670989946E6DFC0BC7FAB4CCAC24692EC18AAB5A8BF791EA0C05C7CEF",
            Convert.ToHexString(Context.Digest()));
    }

    [Fact]
    public void The_order_of_the_cohort_does_not_matter()
    {
        RoundContext reordered = Context with { Keys = LabelledKeys.Of("bern", "zurich", "basel") };

        Assert.Equal(["basel", "bern", "zurich"], reordered.Cohort);
        Assert.Equal(Context.Digest(), reordered.Digest());
        Assert.Equal(Context, reordered);
        Assert.Equal(Context.GetHashCode(), reordered.GetHashCode());
    }

    [Fact]
    public void Every_field_changes_the_digest()
    {
        Dictionary<string, PublicRoundKeys> exchanged = LabelledKeys.Of("zurich", "basel", "bern");
        (exchanged["zurich"], exchanged["basel"]) = (exchanged["basel"], exchanged["zurich"]);
        Dictionary<string, PublicRoundKeys> turned = LabelledKeys.Of("zurich", "basel", "bern");
        turned["bern"] = new PublicRoundKeys(turned["bern"].ShareKey, turned["bern"].MaskKey);
        Dictionary<string, PublicRoundKeys> another = LabelledKeys.Of("zurich", "basel", "bern");
        another["bern"] = another["bern"] with { ShareKey = LabelledKeys.Public("another") };
        RoundContext[] contexts =
        [
            Context,
            Context with { Study = "heart-risks" },
            Context with { Round = 8 },
            Context with { Attempt = 2 },
            Context with { PlanDigest = "plan2" },
            Context with { BaseModel = "" },
            Context with { Keys = LabelledKeys.Of("zurich", "basel") },
            Context with { Keys = LabelledKeys.Of("zurich", "basel", "Bern") },
            Context with { Keys = exchanged },
            Context with { Keys = turned },
            Context with { Keys = another },

            // The same characters, divided differently.
            Context with { PlanDigest = "planb", BaseModel = "ase" },
        ];

        Assert.Distinct(contexts.Select(context => Convert.ToHexString(context.Digest())));
        Assert.Distinct(contexts);
    }

    [Fact]
    public void Neither_names_nor_keys_can_be_changed_behind_the_contexts_back()
    {
        Dictionary<string, PublicRoundKeys> keys = LabelledKeys.Of("a", "b", "c");
        RoundContext context = Context with { Keys = keys };
        byte[] digest = context.Digest();

        keys["a"].MaskKey[^1] ^= 1;
        keys.Remove("c");

        Assert.Equal(["a", "b", "c"], context.Cohort);
        Assert.Equal(digest, context.Digest());
    }

    [Fact]
    public void A_dictionary_that_ignores_case_is_read_ordinally()
    {
        Dictionary<string, PublicRoundKeys> keys = new(StringComparer.OrdinalIgnoreCase)
        {
            ["BASEL"] = LabelledKeys.Of("basel"),
        };

        Assert.False((Context with { Keys = keys }).Keys.ContainsKey("basel"));
    }

    [Fact]
    public void A_node_without_a_name_is_refused()
    {
        Assert.Throws<CohortException>(() => Context with { Keys = LabelledKeys.Of("a", "", "b") });
    }

    [Fact]
    public void A_study_or_plan_without_a_name_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Context with { Study = "" });
        Assert.Throws<ArgumentException>(() => new RoundContext("s", 1, 0, "", "m", LabelledKeys.Of("a", "b")));
    }

    [Fact]
    public void A_name_that_is_not_valid_text_is_refused_rather_than_replaced()
    {
        RoundContext context = Context with { Study = "\ud800" };

        Assert.ThrowsAny<ArgumentException>(() => context.Digest());
    }

    [Theory]
    [InlineData("a mask", "a share", "a mask", "b share")]
    [InlineData("a mask", "a share", "b mask", "a share")]
    [InlineData("a mask", "a share", "a share", "b share")]
    [InlineData("a mask", "a mask", "b mask", "b share")]
    public void A_key_offered_twice_is_refused(string maskOfA, string shareOfA, string maskOfB, string shareOfB)
    {
        Dictionary<string, PublicRoundKeys> keys = new()
        {
            ["a"] = new PublicRoundKeys(LabelledKeys.Public(maskOfA), LabelledKeys.Public(shareOfA)),
            ["b"] = new PublicRoundKeys(LabelledKeys.Public(maskOfB), LabelledKeys.Public(shareOfB)),
        };

        CohortException refused = Assert.Throws<CohortException>(() => Context with { Keys = keys });

        Assert.Contains("offered twice", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("trailing byte")]
    [InlineData("truncated")]
    [InlineData("point off the curve")]
    [InlineData("point at infinity")]
    [InlineData("compressed point")]
    [InlineData("length in long form")]
    [InlineData("explicit curve parameters")]
    [InlineData("P-384")]
    [InlineData("RSA")]
    public void A_key_that_is_not_the_encoding_of_a_point_of_p256_is_refused_and_its_node_named(string what)
    {
        byte[] key = KeyThatIs(what);
        foreach (bool mask in (bool[])[true, false])
        {
            Dictionary<string, PublicRoundKeys> keys = LabelledKeys.Of("basel", "bern", "zurich");
            keys["bern"] = mask ? keys["bern"] with { MaskKey = key } : keys["bern"] with { ShareKey = key };

            CohortException refused = Assert.Throws<CohortException>(() => Context with { Keys = keys });

            Assert.Contains("bern", refused.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] KeyThatIs(string what)
    {
        byte[] key = LabelledKeys.Public("some");
        const int PointBytes = 65;
        byte[] header = key[..^PointBytes];
        switch (what)
        {
            case "empty":
                return [];
            case "trailing byte":
                return [.. key, 0];
            case "truncated":
                return key[..^1];
            case "point off the curve":
                key[^1] ^= 1;
                return key;
            case "point at infinity":
                // SEQUENCE and BIT STRING shortened to a point of one byte, 00 (SEC 1, section 2.3.3).
                return [0x30, (byte)(header[1] - PointBytes + 1), .. header[2..^2], 2, 0, 0];
            case "compressed point":
                byte[] compressed = [(byte)(2 + (key[^1] & 1)), .. key[(header.Length + 1)..(header.Length + 33)]];
                return [0x30, (byte)(header[1] - 32), .. header[2..^2], 34, 0, .. compressed];
            case "length in long form":
                // BER allows it, DER does not.
                return [0x30, 0x81, .. key[1..]];
            case "explicit curve parameters":
                using (ECDiffieHellman named = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256))
                using (ECDiffieHellman spelledOut = ECDiffieHellman.Create(named.ExportExplicitParameters(false)))
                {
                    return spelledOut.ExportSubjectPublicKeyInfo();
                }

            case "P-384":
                using (ECDiffieHellman larger = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384))
                {
                    return larger.ExportSubjectPublicKeyInfo();
                }

            default:
                using (RSA rsa = RSA.Create(2048))
                {
                    return rsa.ExportSubjectPublicKeyInfo();
                }
        }
    }
}
