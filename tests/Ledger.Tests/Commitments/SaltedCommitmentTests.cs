using System.Security.Cryptography;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Tests.Commitments;

// Goal: a commitment and a tensor digest are the bytes that the format names, and nothing has two readings. Method:
// hashlib, hmac and struct of Python for the bytes; then every part changed, and what is no such input.
public sealed class SaltedCommitmentTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] Content = [.. Enumerable.Range(32, 32).Select(i => (byte)i)];

    [Fact]
    public void A_commitment_is_that_of_python()
    {
        // sha256(b"twin/update/v1\n" + bytes(range(32)) + bytes(range(32, 64))).hexdigest()
        Assert.Equal(
            "911e998727c71e5a58db0a2e225557199a800c942bf700d8ad5a88a58ba17eb3",
            Convert.ToHexStringLower(SaltedCommitment.Of("update", Salt, Content)));
    }

    [Fact]
    public void Kind_salt_and_content_each_count()
    {
        byte[][] all =
        [
            SaltedCommitment.Of("update", Salt, Content),
            SaltedCommitment.Of("updates", Salt, Content),
            SaltedCommitment.Of("update", Content, Content),
            SaltedCommitment.Of("update", Salt, Salt),
        ];

        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Update")]
    [InlineData("a/b")]
    [InlineData("update\n")]
    public void A_kind_that_could_be_read_as_more_is_refused(string kind)
    {
        Assert.Throws<ArgumentException>(() => SaltedCommitment.Of(kind, Salt, Content));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Another_length_is_refused(int length)
    {
        Assert.Throws<ArgumentException>(() => SaltedCommitment.Of("update", new byte[length], Content));
        Assert.Throws<ArgumentException>(() => SaltedCommitment.Of("update", Salt, new byte[length]));
    }

    [Fact]
    public void Tensor_digests_are_those_of_python()
    {
        // h = json.dumps({"dtype": "float64", "endian": "LE", "names": ["age", "chol"], "order": "C", "shape": [2, 2]},
        //     sort_keys=True, separators=(",", ":")).encode()
        // sha256(h + b"\n" + struct.pack("<4d", 1.5, -0.0, 63, 233)).hexdigest(), and so on for "<3f" and "<q".
        Assert.Equal(
            "663a02c479d16be4fe91b8435e4187ef0bbe077573408af19cc4fc1cd0202005",
            Convert.ToHexStringLower(TensorDigest.OfFloat64(["age", "chol"], [2, 2], [1.5, -0.0, 63, 233])));
        Assert.Equal(
            "2d1dabcdf0cf3c604352deb36e26bde6269f53712372cab06bf3432877ac50d0",
            Convert.ToHexStringLower(TensorDigest.OfFloat32([], [3], [1, 2, 3])));
        Assert.Equal(
            "8ceb43286095fff99ba79634fad0e25f420e46cfd9aaa49b85769ee4dd94d92f",
            Convert.ToHexStringLower(TensorDigest.OfInt64(["n"], [1], [-2])));
    }

    [Fact]
    public void Tensors_that_differ_in_meaning_alone_differ_in_digest()
    {
        double[] values = [1, 2, 3, 4];
        byte[][] all =
        [
            TensorDigest.OfFloat64(["a", "b"], [2, 2], values),
            TensorDigest.OfFloat64(["b", "a"], [2, 2], values),
            TensorDigest.OfFloat64(["a", "b"], [4], values),
            TensorDigest.OfFloat64(["a", "b"], [4, 1], values),
            TensorDigest.OfFloat64(["a", "b"], [2, 2], [1, 2, 3, double.BitIncrement(4)]),
            TensorDigest.OfFloat64(["a,b"], [2, 2], values),
            TensorDigest.OfInt64(["a", "b"], [2, 2], [1, 2, 3, 4]),
            TensorDigest.OfFloat64([], [0], []),
            TensorDigest.OfFloat64([], [0, 7], []),
        ];

        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(all, digest => Assert.Equal(SHA256.HashSizeInBytes, digest.Length));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_value_that_is_not_finite_has_no_digest(double value)
    {
        Assert.Throws<NotFiniteNumberException>(() => TensorDigest.OfFloat64([], [2], [1, value]));
        Assert.Throws<NotFiniteNumberException>(() => TensorDigest.OfFloat32([], [2], [1, (float)value]));
    }

    [Fact]
    public void A_shape_of_another_number_of_values_is_refused()
    {
        Assert.Throws<ArgumentException>(() => TensorDigest.OfFloat64([], [3], [1, 2]));
        Assert.Throws<ArgumentException>(() => TensorDigest.OfFloat64([], [-1, -2], [1, 2]));
        Assert.Throws<ArgumentException>(() => TensorDigest.OfFloat64([], [int.MaxValue, int.MaxValue, 4], [1]));
        Assert.Throws<CanonicalJsonException>(() => TensorDigest.OfFloat64(["e\u0301"], [1], [1]));
    }
}
