using System.Numerics;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: an orthonormal rotation that gives every processor the same doubles and flattens. Method: the matrix written
// out with signs of an independent SHAKE256, bit equality with the transform by pairs, norms, and the stated tail.
public sealed class RandomisedHadamardTests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, RandomisedHadamard.SeedSize).Select(i => (byte)i)];

    [Fact]
    public void Unit_vectors_become_signed_columns_of_the_matrix()
    {
        // Python: h = shake_256(b"DigitalTwin/quantisation/hadamard-signs/v1" + bytes(range(32))).digest(2)
        //         "".join("-" if h[i // 8] >> i % 8 & 1 else "+" for i in range(16))
        const string Signs = "++--++-++--+++++";
        RandomisedHadamard rotation = new(Seed, 16);
        for (int column = 0; column < 16; column++)
        {
            double[] vector = new double[16];
            vector[column] = 1;

            rotation.Forward(vector);

            // H_ij = (−1)^popcount(i & j), over √16.
            double sign = Signs[column] == '-' ? -0.25 : 0.25;
            Assert.Equal(
                Enumerable.Range(0, 16)
                    .Select(row => BitOperations.PopCount((uint)(row & column)) % 2 == 0 ? sign : -sign),
                vector);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(8, 8)]
    [InlineData(11, 16)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    [InlineData(70_000, 131_072)]
    public void Rotating_back_returns_the_vector_within_the_stated_error(int dimension, int padded)
    {
        RandomisedHadamard rotation = new(Seed, dimension);
        double[] vector = Uniform(padded);
        double[] rotated = [.. vector];

        rotation.Forward(rotated);
        double rotatedNorm = Norm(rotated);
        rotation.Inverse(rotated);

        Assert.Equal(padded, rotation.PaddedDimension);
        double norm = Norm(vector);
        double tolerance = norm * padded * 1e-16;
        Assert.InRange(rotatedNorm, norm - (rotation.RelativeError * norm) - tolerance, norm * (1 + 1e-12));
        double[] error = [.. vector.Zip(rotated, (before, after) => before - after)];

        // One bound for each direction, and a little for their product.
        Assert.InRange(Norm(error), 0, 2.001 * rotation.RelativeError * norm);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(2048)]
    [InlineData(4096)]
    [InlineData(8192)]
    [InlineData(1 << 15)]
    [InlineData(1 << 17)]
    [InlineData(1 << 22)]
    public void Vectors_and_blocks_give_the_bits_of_single_pairs(int length)
    {
        double[] vector = Uniform(length);
        double[] byPairs = [.. vector];

        RandomisedHadamard.Transform(vector);
        RandomisedHadamard.TransformByPairs(byPairs);

        Assert.True(vector.AsSpan().SequenceEqual(byPairs));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1 << 16)]
    public void A_concentrated_vector_is_spread_to_the_sub_Gaussian_tail(int nonzero)
    {
        const int Length = 1 << 16;
        double[] vector = new double[Length];
        for (int i = 0; i < nonzero; i++)
        {
            vector[i * (Length / nonzero)] = 1 / Math.Sqrt(nonzero);
        }

        new RandomisedHadamard(Seed, Length).Forward(vector);

        // 2·P·exp(−t²/2) with t = 7.3: a fresh seed exceeds it with probability below 4e-7.
        double largest = vector.Max(Math.Abs);
        Assert.InRange(largest * Math.Sqrt(Length), 0, 7.3);
    }

    [Fact]
    public void Another_seed_gives_another_rotation()
    {
        double[] first = Uniform(256);
        double[] second = Uniform(256);
        byte[] other = [.. Seed];
        other[31] ^= 1;

        new RandomisedHadamard(Seed, 256).Forward(first);
        new RandomisedHadamard(other, 256).Forward(second);

        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new RandomisedHadamard(new byte[31], 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomisedHadamard(Seed, 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new RandomisedHadamard(Seed, RandomisedHadamard.MaximumDimension + 1));
        RandomisedHadamard rotation = new(Seed, 5);
        Assert.Throws<ArgumentException>(() => rotation.Forward(new double[5]));
        Assert.Throws<ArgumentException>(() => rotation.Inverse(new double[16]));
    }

    // Multiples of the golden ratio modulo 1: every bit of the significand is in use.
    private static double[] Uniform(int length) =>
    [
        .. Enumerable.Range(1, length)
            .Select(i => ((unchecked((ulong)i * 0x9E3779B97F4A7C15) >> 11) * Math.ScaleB(1, -52)) - 1),
    ];

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));
}
