using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: a commitment that anybody can recompute from salt and digest, and that means one thing only. Method: a vector
// from Python, every input changed by itself, and kinds that could be read as more than a kind.
public sealed class CommitmentTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] Digest = [.. Enumerable.Range(32, 32).Select(i => (byte)i)];

    [Fact]
    public void The_bytes_agree_with_an_independent_sha256()
    {
        // Python: sha256(b"twin/update/v1\n" + bytes(range(32)) + bytes(range(32, 64))).hexdigest()
        Assert.Equal(
            "911E998727C71E5A58DB0A2E225557199A800C942BF700D8AD5A88A58BA17EB3",
            Convert.ToHexString(Commitment.Of("update", Salt, Digest)));
    }

    [Fact]
    public void Kind_salt_and_digest_all_matter()
    {
        byte[][] commitments =
        [
            Commitment.Of("update", Salt, Digest),
            Commitment.Of("snapshot", Salt, Digest),
            Commitment.Of("update", Digest, Digest),
            Commitment.Of("update", Salt, Salt),
        ];

        Assert.Distinct(commitments.Select(Convert.ToHexString));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Update")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("ü")]
    public void A_kind_that_is_not_one_plain_word_is_refused(string kind)
    {
        Assert.Throws<ArgumentException>(() => Commitment.Of(kind, Salt, Digest));
    }

    [Theory]
    [InlineData(31, 32)]
    [InlineData(32, 33)]
    [InlineData(33, 31)]
    public void Bytes_cannot_move_between_salt_and_digest(int saltBytes, int digestBytes)
    {
        Assert.Throws<ArgumentException>(
            () => Commitment.Of("update", new byte[saltBytes], new byte[digestBytes]));
    }
}
