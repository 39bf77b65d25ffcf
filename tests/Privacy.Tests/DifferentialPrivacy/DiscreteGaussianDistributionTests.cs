using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: a million draws follow the exact probabilities, bins and tails, and all widths of arithmetic are one sampler.
// Method: probabilities pinned by 40-digit arithmetic; χ² with stated false-alarm rates; the same bits to every width.
public sealed class DiscreteGaussianDistributionTests
{
    private const int Draws = 1_000_000;
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];

    // Python with mpmath, mp.dps = 40, v = mpf(numerator) / denominator:
    //   z = nsum(lambda n: exp(-n * n / (2 * v)), [-inf, inf]); k = int(3 * v ** 0.5) + 1
    //   mp.nstr(1 / z, 17), k, mp.nstr(exp(-k * k / (2 * v)) / z, 17)
    [Theory]
    [InlineData(1, 4, 0.7865707070419479, 2, 0.00026386507641542862)]
    [InlineData(2, 3, 0.48860062869743455, 3, 0.00057209251884758157)]
    [InlineData(7, 3, 0.26116902826540899, 5, 0.0012312438990936041)]
    [InlineData(1801, 2, 0.013294383641794327, 91, 0.00013390034536339946)]
    public void A_million_draws_have_the_exact_bins_and_tails(
        int numerator, int denominator, double atZero, int far, double atFar)
    {
        Probabilities exact = new((double)numerator / denominator);
        Assert.Equal(1, exact.Of(0) / atZero, 1e-14);
        Assert.Equal(1, exact.Of(far) / atFar, 1e-13);

        long[] draws = new long[Draws];
        new DiscreteGaussian(numerator, denominator).Fill(draws, new CounterBits(1));

        AssertDistributed(draws, exact);
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(20, 3)]
    [InlineData(40, 1)]
    public void Draws_of_large_sigma_fill_equal_cells_and_all_residues(int log2Sigma, int denominator)
    {
        const int LargeDraws = 300_000;
        const int Residues = 64;
        BigInteger numerator = BigInteger.One << (2 * log2Sigma);
        double sigma = Math.ScaleB(1, log2Sigma) / Math.Sqrt(denominator);
        long[] draws = new long[LargeDraws];
        new DiscreteGaussian(numerator, denominator).Fill(draws, new CounterBits(2));

        // Quantiles of the normal distribution at i/20. Python: [NormalDist().inv_cdf(i/20) for i in range(11, 20)]
        double[] upper =
        [
            0.12566134685507413, 0.2533471031357998, 0.3853204664075676, 0.5244005127080407, 0.6744897501960817,
            0.8416212335729144, 1.0364333894937894, 1.2815515655446008, 1.6448536269514715,
        ];
        double[] edges = [.. upper.Reverse().Select(edge => -edge), 0, .. upper];
        int[] cells = new int[edges.Length + 1];
        int[] residues = new int[Residues];
        int tail = 0;
        foreach (long draw in draws)
        {
            // Half a unit up: an edge of the continuous distribution falls between two integers, at σ = 2^10 by at most
            // half a unit, 2e-4 of a cell's 15,000 draws or 0.03 of their deviation.
            double scaled = (draw + 0.5) / sigma;
            int cell = Array.BinarySearch(edges, scaled);
            cells[cell < 0 ? ~cell : cell]++;
            residues[draw & (Residues - 1)]++;
            tail += Math.Abs(scaled) > 4 ? 1 : 0;
        }

        Assert.InRange(ChiSquared(cells, LargeDraws), 0, ChiSquaredLimit(cells.Length - 1));
        Assert.InRange(ChiSquared(residues, LargeDraws), 0, ChiSquaredLimit(Residues - 1));

        // 19.0 expected beyond four deviations. A Poisson variable of that mean is outside 2 … 45 once in a million.
        Assert.InRange(tail, 2, 45);
    }

    [Fact]
    public void Sums_of_shares_follow_the_Gaussian_that_the_accounting_assumes()
    {
        // Four shares of variance 2/3: the paper's bound on |ln| of the ratio to N_Z(0, 8/3) is 0.0159 here. It moves
        // χ² by at most draws · τ², 63, and much less in truth: the exact ratio, by convolution, is checked against it.
        const int Shares = 4;
        const double ShareVariance = 2.0 / 3;
        Probabilities share = new(ShareVariance);
        Probabilities assumed = new(Shares * ShareVariance);
        double tau = DiscreteGaussianSlack.Tau(Shares, Math.Sqrt(ShareVariance));
        double[] convolved = share.Convolved(Shares, reach: 12);
        double largest = 0;
        for (int x = -12; x <= 12; x++)
        {
            largest = Math.Max(largest, Math.Abs(Math.Log(convolved[x + 12] / assumed.Of(x))));
        }

        Assert.InRange(largest, 0, tau);
        Assert.InRange(Draws / Shares * largest * largest, 0, 0.1);

        long[] draws = new long[Draws];
        new DiscreteGaussian(2, 3).Fill(draws, new CounterBits(3));
        AssertDistributed([.. draws.Chunk(Shares).Select(chunk => chunk.Sum())], assumed);
    }

    // Words, words at their limit, wide, wide with a denominator, unbounded because of the denominator.
    [Theory]
    [InlineData("1", "4")]
    [InlineData("1", "1")]
    [InlineData("1048576", "1")]
    [InlineData("2097152", "1")]
    [InlineData("3000000", "1")]
    [InlineData("18446744073709551616", "3")]
    [InlineData("1208925819614629174706175", "1")]
    [InlineData("1208925819614629174706176", "1")]
    [InlineData("1208925819614629174706175999999999999999999999999", "1000000000000000000000000")]
    public void Every_width_gives_the_same_draws_of_the_same_bits(string numerator, string denominator)
    {
        DiscreteGaussian gaussian = new(BigInteger.Parse(numerator, null), BigInteger.Parse(denominator, null));
        using SeededRandomBits fixedWidth = new(Key, "widths");
        using SeededRandomBits unbounded = new(Key, "widths");
        using SeededRandomBits batched = new(Key, "widths");
        CounterBits counter = new(4);
        CounterBits sameCounter = new(4);
        long[] batch = new long[2000];
        gaussian.Fill(batch, batched);
        for (int i = 0; i < batch.Length; i++)
        {
            long expected = gaussian.SampleUnbounded(unbounded);
            Assert.Equal(expected, gaussian.Sample(fixedWidth));
            Assert.Equal(expected, batch[i]);
            Assert.Equal(gaussian.SampleUnbounded(sameCounter), gaussian.Sample(counter));
        }

        ulong next = unbounded.NextUInt64();
        Assert.Equal(next, fixedWidth.NextUInt64());
        Assert.Equal(next, batched.NextUInt64());
    }

    [Fact]
    public void Wide_integers_agree_with_unbounded_ones()
    {
        using SeededRandomBits bits = new(Key, "wide");
        for (int i = 0; i < 1000; i++)
        {
            BigInteger root = bits.Below(BigInteger.One << (1 + (i % 128)));
            UInt256 square = UInt256.Square((UInt128)root);
            Assert.Equal(root * root, square.ToBigInteger());

            BigInteger first = bits.Below(BigInteger.One << (1 + (i % 224)));
            BigInteger second = bits.Below(first + 1);
            uint factor = (uint)bits.Below(1ul << 32);
            Assert.Equal(first * factor, UInt256.From(first).Times(factor).ToBigInteger());
            Assert.Equal(first - second, UInt256.From(first).Less(UInt256.From(second)).ToBigInteger());
            Assert.Equal(second < first, UInt256.From(second).IsBelow(UInt256.From(first)));
            Assert.False(UInt256.From(first).IsBelow(UInt256.From(second)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(128)]
    [InlineData(161)]
    [InlineData(192)]
    [InlineData(224)]
    public void Wide_draws_spend_the_bytes_of_unbounded_ones(int length)
    {
        using SeededRandomBits wide = new(Key, "wide draws");
        using SeededRandomBits unbounded = new(Key, "wide draws");
        foreach (BigInteger bound in (BigInteger[])
            [BigInteger.One << (length - 1), (BigInteger.One << (length - 1)) + 1, (BigInteger.One << length) - 1])
        {
            for (int i = 0; i < 200; i++)
            {
                Assert.Equal(unbounded.Below(bound), UInt256.DrawBelow(UInt256.From(bound), wide).ToBigInteger());
            }
        }
    }

    /// <summary>
    /// χ² over integers with at least ten expected draws, the rest as one cell, and the tail beyond 4σ.
    /// </summary>
    private static void AssertDistributed(long[] draws, Probabilities exact)
    {
        Dictionary<long, int> counts = [];
        int tail = 0;
        double sigma = Math.Sqrt(exact.Variance);
        foreach (long draw in draws)
        {
            counts[draw] = counts.GetValueOrDefault(draw) + 1;
            tail += Math.Abs(draw) > 4 * sigma ? 1 : 0;
        }

        double chiSquared = 0;
        double restExpected = draws.Length;
        int restCounted = draws.Length;
        int cells = 0;
        double tailExpected = 0;
        for (int x = -exact.Reach; x <= exact.Reach; x++)
        {
            double expected = draws.Length * exact.Of(x);
            tailExpected += Math.Abs(x) > 4 * sigma ? expected : 0;
            if (expected >= 10)
            {
                int counted = counts.GetValueOrDefault(x);
                chiSquared += (counted - expected) * (counted - expected) / expected;
                restExpected -= expected;
                restCounted -= counted;
                cells++;
            }
        }

        chiSquared += (restCounted - restExpected) * (restCounted - restExpected) / Math.Max(restExpected, 1);
        Assert.InRange(chiSquared, 0, ChiSquaredLimit(cells));

        // Bernstein's inequality: beyond √(2·v·15) + 15·2/3 with probability at most 2·exp(−15), 6e-7.
        double allowed = Math.Sqrt(2 * tailExpected * 15) + 10;
        Assert.InRange(tail, tailExpected - allowed, tailExpected + allowed);
    }

    private static double ChiSquared(int[] counts, int draws)
    {
        double expected = (double)draws / counts.Length;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }

    /// <summary>
    /// Wilson and Hilferty's approximation of the χ² quantile at z = 4.9: exceeded with probability near 5e-7.
    /// </summary>
    private static double ChiSquaredLimit(int freedom)
    {
        double spread = 2.0 / (9 * freedom);
        double root = 1 - spread + (4.9 * Math.Sqrt(spread));
        return freedom * root * root * root;
    }

    /// <summary>P(x) = exp(−x²/2σ²) / Σ exp(−n²/2σ²), in doubles.</summary>
    private sealed class Probabilities
    {
        private readonly double _total;

        internal Probabilities(double variance)
        {
            Variance = variance;
            Reach = (int)(12 * Math.Sqrt(variance)) + 12;
            _total = Enumerable.Range(-Reach, (2 * Reach) + 1).Sum(x => Math.Exp(-(double)x * x / (2 * variance)));
        }

        internal double Variance { get; }

        internal int Reach { get; }

        internal double Of(long x) => Math.Exp(-(double)x * x / (2 * Variance)) / _total;

        /// <summary>Probabilities from −reach to reach of the sum of independent draws.</summary>
        internal double[] Convolved(int addends, int reach)
        {
            // Wide enough that what is cut off is below 1e-70.
            double[] single = [.. Enumerable.Range(-Reach, (2 * Reach) + 1).Select(x => Of(x))];
            double[] sum = single;
            for (int addend = 1; addend < addends; addend++)
            {
                double[] longer = new double[sum.Length + single.Length - 1];
                for (int i = 0; i < sum.Length; i++)
                {
                    for (int j = 0; j < single.Length; j++)
                    {
                        longer[i + j] += sum[i] * single[j];
                    }
                }

                sum = longer;
            }

            return sum[((sum.Length / 2) - reach)..((sum.Length / 2) + reach + 1)];
        }
    }

    /// <summary>AES-256 of a counter: a seeded stream that is quick enough for millions of draws.</summary>
    private sealed class CounterBits : RandomBits
    {
        private readonly byte[] _block = new byte[1 << 16];
        private readonly byte[] _key = new byte[32];
        private ulong _counter;
        private int _used;

        internal CounterBits(byte stream)
        {
            _key[0] = stream;
            _used = _block.Length;
        }

        public override void Fill(Span<byte> destination)
        {
            foreach (ref byte place in destination)
            {
                if (_used == _block.Length)
                {
                    Refill();
                }

                place = _block[_used++];
            }
        }

        private void Refill()
        {
            byte[] counters = new byte[_block.Length];
            for (int i = 0; i < counters.Length; i += 16)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(counters.AsSpan(i), _counter++);
            }

            using Aes aes = Aes.Create();
            aes.Key = _key;
            aes.EncryptEcb(counters, _block, PaddingMode.None);
            _used = 0;
        }
    }
}
