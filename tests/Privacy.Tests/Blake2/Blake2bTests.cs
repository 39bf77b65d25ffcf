using DigitalTwin.Privacy.Blake2;

namespace DigitalTwin.Privacy.Tests.Blake2;

// Goal: our function is BLAKE2b of RFC 7693. Method: the RFC's own example, then Python's hashlib on both sides of
// every multiple of the block, keyed and not.
public sealed class Blake2bTests
{
    [Fact]
    public void The_example_of_the_rfc_is_reproduced()
    {
        // RFC 7693, appendix A: BLAKE2b-512("abc").
        byte[] digest = new byte[64];

        Blake2b.Hash("abc"u8, digest);

        Assert.Equal(
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
            Convert.ToHexStringLower(digest));
    }

    // Python: m = bytes(i * 7 & 255 for i in range(1000)); hashlib.blake2b(m[:n], digest_size=32).hexdigest()
    [Theory]
    [InlineData(0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")]
    [InlineData(1, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314")]
    [InlineData(127, "4ff62e7c4c43fe101a078479c48836be4907d9d498dcc577ca89d694b2c11f9b")]
    [InlineData(128, "14696d2a98d9f8a280da8b132b1045b345e1033759c6b02fcc4ee885c8ae7c37")]
    [InlineData(129, "3934215260b1039be9d9d2b073b059bcd50120c327a22af93eb4d98cf821c14c")]
    [InlineData(256, "3d0cb2693dfbac42af5a6cc960953fea8714aa39c4bcd054ef61d6b5e98ade4a")]
    [InlineData(257, "63cb41934eb22ceb359755501ea299abcd784306baf8845ad6b97ff0828b7cfe")]
    [InlineData(1000, "6ac4bea923678eb024090384d6e767b5870f849057dc19b172d8d9f2df30bf8e")]
    public void Unkeyed_digests_agree_with_an_independent_implementation(int messageBytes, string expected)
    {
        byte[] digest = new byte[32];

        Blake2b.Hash(Message(messageBytes), digest);

        Assert.Equal(expected, Convert.ToHexStringLower(digest));
    }

    // Python, with m as above: hashlib.blake2b(m[:n], digest_size=64, key=bytes(range(64))).hexdigest()[:64]
    [Theory]
    [InlineData(0, "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786")]
    [InlineData(1, "961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4")]
    [InlineData(128, "714c903d6ec9123fbd076a081ff190de7e3637e8ae8706d29b101a7b30aded3c")]
    [InlineData(129, "68ac867ed59d2430310c066b2520d6fcbaae41ccdd88d38b70d357f0452acacb")]
    [InlineData(1000, "dc2a9858c6e346dda31a65cbe0a1096bed1d24c0a1f6cad26600cf199a7ee1b0")]
    public void Keyed_digests_agree_with_an_independent_implementation(int messageBytes, string expected)
    {
        byte[] key = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        byte[] digest = new byte[64];

        Blake2b.Hash(Message(messageBytes), digest, key);

        Assert.Equal(expected, Convert.ToHexStringLower(digest.AsSpan(0, 32)));
    }

    [Fact]
    public void The_shortest_digest_and_a_short_key_work()
    {
        // Python: hashlib.blake2b(bytes([0, 7, 14, 21, 28]), digest_size=1, key=b"k").hexdigest()
        byte[] digest = new byte[1];

        Blake2b.Hash(Message(5), digest, "k"u8);

        Assert.Equal("54", Convert.ToHexStringLower(digest));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(65, 0)]
    [InlineData(32, 65)]
    public void Other_lengths_are_refused(int digestBytes, int keyBytes)
    {
        Assert.Throws<ArgumentException>(() => Blake2b.Hash([], new byte[digestBytes], new byte[keyBytes]));
    }

    private static byte[] Message(int length) => [.. Enumerable.Range(0, length).Select(i => unchecked((byte)(i * 7)))];
}
