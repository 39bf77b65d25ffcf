using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: what is sealed opens at its recipient, as from its sender, in its context, and nowhere else. Method: one box
// that Python sealed, round trips, and every input of opening changed by itself.
public sealed class ShareKeyPairTests
{
    private static readonly byte[] Digest = new RoundContext(
        "heart-risk", 7, 1, "plan", "base", LabelledKeys.Of("zurich", "basel", "bern")).Digest();

    [Fact]
    public void A_box_agrees_with_one_that_python_sealed()
    {
        // With the definitions of RoundContextTests and d = the context's digest:
        // z = P(b"basel share").exchange(ECDH(), P(b"bern share").public_key())
        // k = HKDF(SHA256(), 32, d, L(b"DigitalTwin/secagg/sealed-share/v1") + L(b"basel") + L(b"bern")).derive(z)
        // AESGCM(k).encrypt(bytes(12), b"two shares", None).hex()
        const string Expected = "32D7D8D15A51CC56089408B7F47EB380F5EACC030E09F9415B82";
        using ShareKeyPair basel = Pair("basel share");
        using ShareKeyPair bern = Pair("bern share");

        byte[] box = basel.Seal("two shares"u8, bern.PublicKey, "basel", "bern", Digest);

        Assert.Equal(Expected, Convert.ToHexString(box));
        Assert.Equal("two shares"u8, bern.Open(box, basel.PublicKey, "basel", "bern", Digest));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public void What_is_sealed_opens_at_its_recipient(int bytes)
    {
        using ShareKeyPair sender = ShareKeyPair.Generate();
        using ShareKeyPair recipient = ShareKeyPair.Generate();
        byte[] plaintext = new byte[bytes];
        RandomNumberGenerator.Fill(plaintext);

        byte[] box = sender.Seal(plaintext, recipient.PublicKey, "a", "b", Digest);

        Assert.Equal(bytes + ShareKeyPair.Overhead, box.Length);
        Assert.True(plaintext.AsSpan().SequenceEqual(recipient.Open(box, sender.PublicKey, "a", "b", Digest)));
    }

    [Fact]
    public void A_node_may_seal_to_itself_with_its_own_key_only()
    {
        using ShareKeyPair pair = ShareKeyPair.Generate();
        using ShareKeyPair other = ShareKeyPair.Generate();

        byte[] box = pair.Seal([1, 2], pair.PublicKey, "a", "a", Digest);

        Assert.Equal([1, 2], pair.Open(box, pair.PublicKey, "a", "a", Digest));
        Assert.Throws<CohortException>(() => pair.Seal([1], other.PublicKey, "a", "a", Digest));
        Assert.Throws<CohortException>(() => pair.Seal([1], pair.PublicKey, "a", "b", Digest));
        Assert.Throws<CohortException>(() => pair.Open(box, pair.PublicKey, "b", "a", Digest));
    }

    [Fact]
    public void A_second_box_under_the_same_names_and_context_is_refused()
    {
        using ShareKeyPair pair = ShareKeyPair.Generate();
        using ShareKeyPair peer = ShareKeyPair.Generate();
        pair.Seal([1], peer.PublicKey, "a", "b", Digest);

        Assert.Throws<InvalidOperationException>(() => pair.Seal([1], peer.PublicKey, "a", "b", Digest));
        Assert.NotEmpty(pair.Seal([1], peer.PublicKey, "a", "c", Digest));
        Assert.NotEmpty(pair.Seal([1], peer.PublicKey, "a", "b", SHA256.HashData(Digest)));
    }

    [Fact]
    public void A_box_opens_under_nothing_but_what_it_was_sealed_under_and_the_sender_is_named()
    {
        using ShareKeyPair sender = ShareKeyPair.Generate();
        using ShareKeyPair recipient = ShareKeyPair.Generate();
        using ShareKeyPair stranger = ShareKeyPair.Generate();
        byte[] box = sender.Seal([1, 2, 3], recipient.PublicKey, "basel", "bern", Digest);

        Action[] attempts =
        [
            .. Enumerable.Range(0, box.Length).Select<int, Action>(i => () =>
            {
                byte[] altered = [.. box];
                altered[i] ^= 1;
                recipient.Open(altered, sender.PublicKey, "basel", "bern", Digest);
            }),
            () => recipient.Open(box.AsSpan(..^1), sender.PublicKey, "basel", "bern", Digest),
            () => recipient.Open([.. box, 0], sender.PublicKey, "basel", "bern", Digest),
            () => recipient.Open([], sender.PublicKey, "basel", "bern", Digest),
            () => recipient.Open(box, stranger.PublicKey, "basel", "bern", Digest),
            () => stranger.Open(box, sender.PublicKey, "basel", "bern", Digest),
            () => recipient.Open(box, sender.PublicKey, "basel", "zurich", Digest),
            () => recipient.Open(box, sender.PublicKey, "basel", "bern", SHA256.HashData(Digest)),

            // The coordinator sends a box back to where it came from.
            () => sender.Open(box, recipient.PublicKey, "basel", "bern", SHA256.HashData(Digest)),
        ];

        Assert.All(attempts, attempt => Assert.Contains(
            "basel", Assert.Throws<CohortException>(attempt).Message, StringComparison.Ordinal));
        Assert.Throws<CohortException>(() => recipient.Open(box, sender.PublicKey, "zurich", "bern", Digest));
        Assert.Throws<CohortException>(() => sender.Open(box, recipient.PublicKey, "bern", "basel", Digest));
        Assert.Throws<ArgumentException>(() => recipient.Open(box, sender.PublicKey, "basel", "bern", []));
    }

    private static ShareKeyPair Pair(string label)
    {
        using ECDiffieHellman pair = LabelledKeys.Pair(label);
        return ShareKeyPair.ImportPkcs8(pair.ExportPkcs8PrivateKey());
    }
}
