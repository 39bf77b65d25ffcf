using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: two nodes of a round derive one secret that nobody else, and no other round, gets. Method: fixed keys whose
// secret openssl and Python's hmac computed, then agreement, separation by every input, and keys an attacker would
// send.
public sealed class RoundKeyPairTests
{
    // openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkcs8 -topk8 -nocrypt -outform DER
    private const string BaselPrivate =
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDgYWh98jRTUaGT66yqkmjUoP7yRJnuAXLADVbc4hRlqhRANCAART" +
        "O0AOLMxfcAH6N3/ieJIXdomDEx+6bUgcIgXgsMaqEpSaZStusxFRF9lhhodeMswgC0w+NN78rACBpmRUyh4P";

    private const string BernPrivate =
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgujZEp+HefmVjLulAE7Z+EtmyKF35LHtE9ZVKPhX8YwShRANCAAS9" +
        "IJ4iB00kqF6+iJplqOx7KZFD7lZtjjco1ruHSqQyVjJSg+xVq1V4Ua3+ZdszQOGs0x1IVAAWDvd/r/uL2UW5";

    private static readonly RoundContext Context = new("heart-risk", 7, 1, "plan", "base", ["zurich", "basel", "bern"]);

    [Fact]
    public void The_secret_agrees_with_openssl_and_python()
    {
        // openssl pkeyutl -derive -inkey basel.pem -peerkey bern-public.pem > z Python, with L and the context digest
        // d of RoundContextTests: prk = hmac.new(d, z, "sha256").digest(); info =
        // L(b"DigitalTwin/secagg/pair-secret/v1") + L(b"basel") + L(b"bern") hmac.new(prk, info + b"\x01",
        // "sha256").hexdigest()
        const string Expected = "40746518A795D5C0F97120AE9860637BC895C55B3A4713ECD469EBD69FCA38C7";
        using RoundKeyPair basel = RoundKeyPair.ImportPkcs8(Convert.FromBase64String(BaselPrivate));
        using RoundKeyPair bern = RoundKeyPair.ImportPkcs8(Convert.FromBase64String(BernPrivate));

        Assert.Equal(Expected, Convert.ToHexString(basel.Agree(bern.PublicKey, "basel", "bern", Context)));
        Assert.Equal(Expected, Convert.ToHexString(bern.Agree(basel.PublicKey, "bern", "basel", Context)));
    }

    [Fact]
    public void Names_context_and_keys_all_separate_the_secrets()
    {
        using RoundKeyPair own = RoundKeyPair.Generate();
        using RoundKeyPair peer = RoundKeyPair.Generate();
        using RoundKeyPair other = RoundKeyPair.Generate();

        byte[][] secrets =
        [
            own.Agree(peer.PublicKey, "basel", "bern", Context),
            own.Agree(peer.PublicKey, "basel", "zurich", Context),
            own.Agree(peer.PublicKey, "basel", "bern", Context with { Round = 8 }),
            own.Agree(peer.PublicKey, "basel", "bern", Context with { Attempt = 2 }),
            own.Agree(peer.PublicKey, "basel", "bern", Context with { BaseModel = "another" }),
            own.Agree(other.PublicKey, "basel", "bern", Context),
        ];

        Assert.All(secrets, secret => Assert.Equal(PairwiseMask.SecretSize, secret.Length));
        Assert.Distinct(secrets.Select(Convert.ToHexString));
    }

    [Fact]
    public void Its_own_key_is_refused_as_a_peers()
    {
        using RoundKeyPair own = RoundKeyPair.Generate();

        Assert.Throws<CohortException>(() => own.Agree(own.PublicKey, "basel", "bern", Context));
        Assert.Throws<CohortException>(
            () => own.Agree([0x30, 0x81, .. own.PublicKey[1..]], "basel", "bern", Context));
    }

    [Fact]
    public void Names_outside_the_cohort_and_a_pair_of_one_are_refused()
    {
        using RoundKeyPair own = RoundKeyPair.Generate();
        using RoundKeyPair peer = RoundKeyPair.Generate();

        Assert.Throws<CohortException>(() => own.Agree(peer.PublicKey, "basel", "basel", Context));
        Assert.Throws<CohortException>(() => own.Agree(peer.PublicKey, "basel", "geneva", Context));
        Assert.Throws<CohortException>(() => own.Agree(peer.PublicKey, "geneva", "bern", Context));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("trailing byte")]
    [InlineData("truncated")]
    [InlineData("point off the curve")]
    [InlineData("point at infinity")]
    [InlineData("compressed point")]
    [InlineData("length in long form")]
    [InlineData("P-384")]
    [InlineData("RSA")]
    public void A_key_that_is_not_the_encoding_of_a_point_of_p256_is_refused(string what)
    {
        using RoundKeyPair own = RoundKeyPair.Generate();

        Assert.Throws<CohortException>(() => own.Agree(KeyThatIs(what), "basel", "bern", Context));
    }

    [Fact]
    public void The_public_key_is_a_copy()
    {
        using RoundKeyPair own = RoundKeyPair.Generate();

        own.PublicKey[^1] ^= 1;

        Assert.Throws<CohortException>(() => own.Agree(own.PublicKey, "basel", "bern", Context));
    }

    private static byte[] KeyThatIs(string what)
    {
        using RoundKeyPair pair = RoundKeyPair.Generate();
        byte[] key = pair.PublicKey;
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
                // BER allows it, DER does not. The class library imports it.
                return [0x30, 0x81, .. key[1..]];
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
