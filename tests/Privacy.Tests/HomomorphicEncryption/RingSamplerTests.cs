using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: every random polynomial has its stated distribution. Method: 10^6 seeded draws, χ² against exact probabilities
// with a false alarm once in 10^6 (Wilson–Hilferty, z = 4.75), and bounds that no draw may leave.
public sealed class RingSamplerTests
{
    private const int Draws = 1_000_000;

    // P(Z > 4.7534) = 10^−6.
    private const double Quantile = 4.7534;

    [Fact]
    public void The_stream_is_Aes_256_of_a_counter()
    {
        // python3 -c "import sys; sys.stdout.buffer.write(b''.join(i.to_bytes(16, 'little') for i in range(3)))" |
        // openssl enc -aes-256-ecb -nopad -K 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f | xxd -p
        byte[] seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] stream = new byte[48];
        using AesCounterStream counter = new(seed);

        counter.Fill(stream.AsSpan(0, 5));
        counter.Fill(stream.AsSpan(5));

        Assert.Equal(
            "f29000b62a499fd0a9f39a6add2e7780c7b519846a11411cd6ac07cb03f801a84ef4b88bebd54953c37ffaf66efaca7b",
            Convert.ToHexStringLower(stream));
    }

    [Fact]
    public void Two_fresh_streams_differ()
    {
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        using AesCounterStream one = AesCounterStream.Fresh();
        using AesCounterStream other = AesCounterStream.Fresh();

        one.Fill(first);
        other.Fill(second);

        Assert.False(first.AsSpan().SequenceEqual(second));
    }

    [Fact]
    public void Ternary_coefficients_are_uniform()
    {
        using RingSampler sampler = Sampler("ternary");
        int[] draws = new int[Draws];

        sampler.Ternary(draws);

        Assert.All(draws, draw => Assert.InRange(draw, -1, 1));
        AssertFits(Counts(draws, -1, 3), [1 / 3.0, 1 / 3.0, 1 / 3.0]);
    }

    [Fact]
    public void Errors_are_centred_binomial_of_21_and_21_coins()
    {
        using RingSampler sampler = Sampler("error");
        int[] draws = new int[Draws];

        sampler.Error(draws);

        // P(x) = C(42, 21 + x)/2^42; beyond ±14 (expected below 10 in a million) the cells are put together.
        double[] exact = [.. Enumerable.Range(0, 43).Select(heads => (double)Binomial(42, heads) / double.Exp2(42))];
        Assert.All(draws, draw => Assert.InRange(draw, -21, 21));
        AssertFits(Pooled(Counts(draws, -21, 43), 7), PooledProbabilities(exact, 7));
    }

    [Fact]
    public void Residues_are_uniform_and_below_a_prime_that_rejects_often()
    {
        // 3·2^14 + 1 is no prime, 65537 needs 17 bits: almost half of all draws are thrown away.
        Modulus modulus = new(65537);
        using RingSampler sampler = Sampler("uniform");
        ulong[] draws = new ulong[Draws];

        sampler.Uniform(draws, modulus);

        Assert.All(draws, draw => Assert.InRange(draw, 0ul, 65536ul));
        const int Cells = 256;
        int[] counts = new int[Cells];
        foreach (ulong draw in draws)
        {
            counts[draw * Cells / 65537]++;
        }

        AssertFits(counts, [.. Enumerable.Range(0, Cells).Select(cell =>
            (double)(FirstOf(cell + 1) - FirstOf(cell)) / 65537)]);

        static int FirstOf(int cell) => ((cell * 65537) + Cells - 1) / Cells;
    }

    [Fact]
    public void Smudging_is_the_sum_of_uniform_integers()
    {
        // Small terms, so that the exact probabilities can be convolved: 16 integers of 3 bits, from −56 to 56.
        using RingSampler sampler = Sampler("sum");
        long[] draws = new long[Draws];

        sampler.UniformSum(draws, terms: 16, bits: 3);

        double[] exact = [1];
        for (int term = 0; term < 16; term++)
        {
            double[] next = new double[exact.Length + 7];
            for (int i = 0; i < exact.Length; i++)
            {
                for (int value = 0; value < 8; value++)
                {
                    next[i + value] += exact[i] / 8;
                }
            }

            exact = next;
        }

        Assert.All(draws, draw => Assert.InRange(draw, -56, 56));
        const int Tail = 20;
        int[] counts = Counts([.. draws.Select(draw => (int)draw)], -56, 113);
        AssertFits(Pooled(counts, Tail), PooledProbabilities(exact, Tail));
    }

    [Fact]
    public void Smudging_of_the_real_size_has_the_stated_variance_and_tails()
    {
        SmudgingNoise noise = ThresholdParameters.For(8, 5, 64).Noise;
        using RingSampler sampler = Sampler("real");
        long[] draws = new long[Draws / 4];

        sampler.UniformSum(draws, noise.Terms, noise.TermBits);

        // The mean of the squares has relative standard error √(2/n) at most; five of them alarm once in 10^6.
        double variance = draws.Average(draw => (double)draw * draw);
        double slack = 5 * double.Sqrt(2.0 / draws.Length);
        Assert.InRange(variance / noise.Variance, 1 - slack, 1 + slack);

        // Hoeffding: 2·exp(−z²/2) beyond z·σ for any draw; 7.5σ in 250,000 draws once in 3 million.
        double deviation = double.Sqrt(noise.Variance);
        Assert.All(draws, draw => Assert.InRange(double.Abs(draw), 0, 7.5 * deviation));

        // All bits of a draw are alive: the low byte is uniform.
        int[] low = new int[256];
        foreach (long draw in draws)
        {
            low[draw & 255]++;
        }

        AssertFits(low, [.. Enumerable.Repeat(1 / 256.0, 256)]);
    }

    private static RingSampler Sampler(string name) =>
        new(new AesCounterStream(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name))));

    private static int[] Counts(int[] draws, int first, int cells)
    {
        int[] counts = new int[cells];
        foreach (int draw in draws)
        {
            counts[draw - first]++;
        }

        return counts;
    }

    private static int[] Pooled(int[] counts, int tail) =>
        [counts[..tail].Sum(), .. counts[tail..^tail], counts[^tail..].Sum()];

    private static double[] PooledProbabilities(double[] exact, int tail) =>
        [exact[..tail].Sum(), .. exact[tail..^tail], exact[^tail..].Sum()];

    private static void AssertFits(int[] counts, double[] probabilities)
    {
        double total = counts.Sum();
        double statistic = counts.Zip(
            probabilities, (count, p) => (count - (total * p)) * (count - (total * p)) / (total * p)).Sum();
        double degrees = counts.Length - 1;
        double third = 1 - (2 / (9 * degrees)) + (Quantile * double.Sqrt(2 / (9 * degrees)));

        Assert.True(
            statistic < degrees * third * third * third, $"χ² = {statistic} with {degrees} degrees of freedom.");
    }

    private static BigInteger Binomial(int n, int k) =>
        Enumerable.Range(1, k).Aggregate(BigInteger.One, (product, i) => product * (n - k + i) / i);
}
