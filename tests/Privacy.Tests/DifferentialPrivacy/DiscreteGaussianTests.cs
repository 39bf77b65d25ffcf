using System.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: draws follow exp(−x²/2σ²) exactly. Method: a port of the paper's algorithms to Python pins every draw of one
// stream; χ² tests against the exact probabilities for small σ and of equal-probability cells for large σ. Seeds are
// fixed; each statistical test states how often a correct sampler with a fresh seed would fail it.
public sealed class DiscreteGaussianTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];

    // Python, on the stream of RandomBitsTests: Algorithms 1-3 of Canonne, Kamath, Steinke 2020 with Python integers,
    // uniform integers by rejection from ceil(bits/8) little-endian bytes. Columns: σ² as a fraction, first draws.
    [Theory]
    [InlineData("1", "4", "-1 0 0 0 1 0 0 0")]
    [InlineData("1", "1", "0 -1 -1 1 0 0 -2 0")]
    [InlineData("16", "1", "-2 6 5 3 1 -3 0 -3")]
    [InlineData("900", "1", "-32 58 24 10 17 -26 17 -64")]
    [InlineData("1099511627776", "1", "-145501 837818 744802 399851 331083 -373668 344920 950907")]
    [InlineData(
        "18446744073709551616", "3",
        "-116481584 -2338152960 -2164467348 -2617874217 -56007777 3227210342 3323273042 185532524")]
    [InlineData(
        "4722366482869645213696", "1",
        "62147398186 78383247623 52440922759 -47382813948 38399446456 -42220014622 -44431230334 98545859760")]
    public void Draws_agree_with_an_independent_port(string numerator, string denominator, string draws)
    {
        DiscreteGaussian gaussian = new(BigInteger.Parse(numerator, null), BigInteger.Parse(denominator, null));
        long[] expected = [.. draws.Split(' ').Select(draw => long.Parse(draw, null))];
        using SeededRandomBits bits = new(Key, "vector");

        Assert.Equal(expected, expected.Select(_ => gaussian.Sample(bits)));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(16, 1)]
    [InlineData(900, 1)]
    public void Counts_agree_with_the_exact_probabilities(int numerator, int denominator)
    {
        const int Draws = 60_000;
        DiscreteGaussian gaussian = new(numerator, denominator);
        using SeededRandomBits bits = new(Key, "chi squared");
        Dictionary<long, int> counts = [];
        for (int i = 0; i < Draws; i++)
        {
            long draw = gaussian.Sample(bits);
            counts[draw] = counts.GetValueOrDefault(draw) + 1;
        }

        double variance = (double)numerator / denominator;
        int reach = (int)(12 * Math.Sqrt(variance)) + 12;
        double total = Enumerable.Range(-reach, (2 * reach) + 1).Sum(x => Math.Exp(-x * x / (2 * variance)));
        double chiSquared = 0;
        int cells = 0;
        double restExpected = Draws;
        int restCounted = Draws;
        for (int x = -reach; x <= reach; x++)
        {
            double expected = Draws * Math.Exp(-x * x / (2 * variance)) / total;
            if (expected < 10)
            {
                continue;
            }

            int counted = counts.GetValueOrDefault(x);
            chiSquared += (counted - expected) * (counted - expected) / expected;
            restExpected -= expected;
            restCounted -= counted;
            cells++;
        }

        // All integers too rare for a cell of their own, the tails, share one.
        chiSquared += (restCounted - restExpected) * (restCounted - restExpected) / Math.Max(restExpected, 1);
        Assert.InRange(chiSquared, 0, ChiSquaredLimit(cells));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(32)]
    [InlineData(36)]
    public void Large_sigma_fills_cells_of_equal_probability_evenly(int log2Sigma)
    {
        const int Draws = 20_000;
        DiscreteGaussian gaussian = new(BigInteger.One << (2 * log2Sigma));
        using SeededRandomBits bits = new(Key, "large sigma");

        // Quantiles of the normal distribution at i/20. Python: [NormalDist().inv_cdf(i/20) for i in range(11, 20)]
        double[] upper =
        [
            0.12566134685507413, 0.2533471031357998, 0.3853204664075676, 0.5244005127080407, 0.6744897501960817,
            0.8416212335729144, 1.0364333894937894, 1.2815515655446008, 1.6448536269514715,
        ];
        double[] edges = [.. upper.Reverse().Select(edge => -edge), 0, .. upper];
        int[] counts = new int[edges.Length + 1];
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < Draws; i++)
        {
            // Half a unit up: an edge of the continuous distribution falls between two integers.
            double draw = (gaussian.Sample(bits) + 0.5) / Math.ScaleB(1, log2Sigma);
            counts[edges.Count(edge => draw > edge)]++;
            sum += draw;
            squares += draw * draw;
        }

        double perCell = (double)Draws / counts.Length;
        Assert.InRange(counts.Sum(count => (count - perCell) * (count - perCell) / perCell), 0, ChiSquaredLimit(19));

        // Four and a half standard deviations of mean (1/√n) and of variance (√(2/n)): 7e-6 each.
        Assert.InRange(sum / Draws, -4.5 / Math.Sqrt(Draws), 4.5 / Math.Sqrt(Draws));
        Assert.InRange((squares / Draws) - 1, -4.5 * Math.Sqrt(2.0 / Draws), 4.5 * Math.Sqrt(2.0 / Draws));
    }

    [Fact]
    public void Low_bits_of_large_draws_are_uniform()
    {
        // What a floating-point sampler gets wrong: with σ = 2^36 each residue is equally likely up to exp(−10^20).
        const int Draws = 16_000;
        const int Residues = 16;
        DiscreteGaussian gaussian = new(BigInteger.One << 72);
        using SeededRandomBits bits = new(Key, "low bits");
        int[] counts = new int[Residues];
        for (int i = 0; i < Draws; i++)
        {
            counts[gaussian.Sample(bits) & (Residues - 1)]++;
        }

        const double Expected = (double)Draws / Residues;
        Assert.InRange(
            counts.Sum(count => (count - Expected) * (count - Expected) / Expected), 0, ChiSquaredLimit(Residues - 1));
    }

    [Fact]
    public void A_fraction_and_its_multiple_are_one_distribution()
    {
        DiscreteGaussian lowest = new(7, 3);
        DiscreteGaussian multiple = new(700, 300);
        using SeededRandomBits first = new(Key, "fraction");
        using SeededRandomBits second = new(Key, "fraction");

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(lowest.Sample(first), multiple.Sample(second)));
    }

    [Fact]
    public void A_variance_that_is_not_positive_or_beyond_words_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiscreteGaussian(BigInteger.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiscreteGaussian(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiscreteGaussian(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiscreteGaussian((BigInteger.One << 80) + 1));
    }

    /// <summary>
    /// Wilson and Hilferty's approximation of the χ² quantile at z = 4.5: exceeded with probability near 3e-6.
    /// </summary>
    private static double ChiSquaredLimit(int freedom)
    {
        double spread = 2.0 / (9 * freedom);
        double root = 1 - spread + (4.5 * Math.Sqrt(spread));
        return freedom * root * root * root;
    }
}
