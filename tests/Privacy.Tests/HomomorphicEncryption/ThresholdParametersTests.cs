using System.Numerics;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: parameters that are secure and decrypt, or none. Method: the guidelines' line from both sides, the noise
// formula for every number of parties, and Fisher's information by integration.
public sealed class ThresholdParametersTests
{
    [Fact]
    public void The_native_ring_uses_the_whole_line_of_the_2024_guidelines()
    {
        RingProfile native = RingProfile.Native8192;

        Assert.Equal(8192, native.Degree);
        Assert.Equal(214, native.Product.GetBitLength());
        Assert.Equal(214, Ring.Native.Tables.Sum(table => table.Modulus.Bits));
        Assert.All(native.Primes, prime => Assert.True(Modulus.IsPrime(prime) && prime % 16384 == 1));
        Assert.False(native.InteropOnly);
    }

    [Theory]
    [InlineData(1024, 26)]
    [InlineData(2048, 53)]
    [InlineData(4096, 54, 52)]
    [InlineData(8192, 54, 54, 54, 52)]
    public void A_modulus_on_the_line_is_accepted_and_one_bit_more_is_refused(int degree, params int[] bits)
    {
        RingProfile accepted = RingProfile.Checked("on the line", degree, PrimesOf(degree, bits));
        Assert.Equal(bits.Sum(), accepted.Product.GetBitLength());

        bits[^1]++;
        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => RingProfile.Checked("above", degree, PrimesOf(degree, bits)));
        Assert.Contains("above the line", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Seal_s_defaults_are_above_the_line_and_exist_under_their_own_name_only()
    {
        ulong[] seal2048 = [0x3fffffff000001];

        Assert.Throws<ArgumentException>(() => RingProfile.Checked("seal", 2048, seal2048));
        Assert.True(RingProfile.SealInterop2018(2048, seal2048).InteropOnly);
        Assert.Throws<ArgumentException>(() => RingProfile.SealInterop2018(2048, PrimesOf(2048, [55])));
    }

    [Theory]
    [InlineData(3, 2, 3, 7, 10)]
    [InlineData(8, 5, 64, 7, 9)]
    [InlineData(8, 5, 128, 7, 9)]
    [InlineData(16, 11, 16, 7, 9)]
    [InlineData(32, 22, 32, 6, 9)]
    [InlineData(128, 86, 128, 6, 9)]
    public void Slots_per_coefficient_follow_from_the_noise(
        int parties, int threshold, int addends, int of24Bits, int of17Bits)
    {
        ThresholdParameters parameters = ThresholdParameters.For(parties, threshold, addends);

        Assert.Equal(of24Bits, parameters.SlotsPerCoefficient(24));
        Assert.Equal(of17Bits, parameters.SlotsPerCoefficient(17));
    }

    [Fact]
    public void Decryption_fails_at_most_once_in_two_to_the_64_whatever_the_cohort()
    {
        foreach (int parties in (int[])[2, 3, 4, 8, 16, 32, 64, 128])
        {
            foreach (int threshold in (int[])[2, (parties / 2) + 1, parties])
            {
                ThresholdParameters parameters = ThresholdParameters.For(parties, threshold, parties);
                SmudgingNoise noise = parameters.Noise;
                double room = (double)(parameters.Ring.Profile.Product >> (parameters.PlainBits + 1));

                // Worst case of the addends (every product of an error and a ternary at its most), tail of the rest.
                double worst = (parties + 1) * ((2.0 * 21 * parties * 8192) + 21 + 257);
                double deviation = double.Sqrt(threshold * (noise.Variance + (noise.Terms / 12.0)));
                double tail = (room - worst) / deviation;
                double failure = 1 + 13 - (tail * tail / 2 / double.Log(2));

                Assert.True(failure <= -64, $"{parties} parties, {threshold} decryptors: 2^{failure}.");
                Assert.True(noise.Bound < room, "The bound that is checked is within half a step.");
                Assert.True(parameters.NoiseLimit < 1ul << 63, "The limit is within half a step.");

                // One bit more would not fit: nothing is wasted.
                Assert.True(noise.Bound > 0.49 * room, $"{parties} parties waste a bit.");
            }
        }
    }

    [Fact]
    public void Smudging_is_as_wide_as_the_tight_bound_asks()
    {
        SmudgingNoise noise = new(degree: 8192, dealers: 8, threshold: 5, addends: 64, droppedBits: 8);

        // σ_ct² = n·(p·N·(4/3)·10.5 + 10.5 + 1/12 + 2^16/12) + p·N·(4/3)·10.5 + 10.5, and √(12·2^10)·2^20 of it.
        double ciphertext = (64 * ((8 * 8192 * 14.0) + 10.5 + (65537 / 12.0))) + (8 * 8192 * 14.0) + 10.5;
        Assert.Equal(ciphertext, noise.CiphertextVariance, 1e-6 * ciphertext);
        double least = 12 * 1024 * double.Exp2(40) * ciphertext;
        Assert.InRange(noise.Variance, 1.001 * least, 1.15 * least);
        Assert.True(noise.Terms >= SmudgingNoise.LeastTerms && noise.Terms % 2 == 0);
    }

    [Fact]
    public void A_sum_of_16_uniforms_leaks_a_thousandth_more_than_a_Gaussian()
    {
        // Fisher's information ∫ f'²/f of the Irwin–Hall density of 16 terms, times its variance 16/12; from the left
        // end to the middle, where the alternating sum loses least.
        const int Terms = 16;
        const int Steps = 1_600;
        double width = Terms / 2.0 / Steps;
        double information = 0;
        for (int i = 0; i < Steps; i++)
        {
            double x = (i + 0.5) * width;
            double slope = Density(x, Terms - 2);
            information += 2 * width * slope * slope / Density(x, Terms - 1);
        }

        Assert.InRange(information * Terms / 12, 1.0005, 1.0012);

        static double Density(double x, int power) => Enumerable.Range(0, (int)x + 1).Sum(j =>
            (j % 2 == 0 ? 1 : -1) * (double)Choose(Terms, j) * double.Pow(x - j, power)) / (double)Factorial(power);
    }

    [Fact]
    public void The_digest_tells_parameters_apart()
    {
        byte[] digest = ThresholdParameters.For(8, 5, 64).Digest();

        Assert.Equal(digest, ThresholdParameters.For(8, 5, 64).Digest());
        Assert.NotEqual(digest, ThresholdParameters.For(8, 6, 64).Digest());
        Assert.NotEqual(digest, ThresholdParameters.For(9, 5, 64).Digest());
        Assert.NotEqual(digest, ThresholdParameters.For(8, 5, 65).Digest());
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 3)]
    [InlineData(3, 4, 3)]
    [InlineData(129, 5, 3)]
    [InlineData(3, 2, 0)]
    [InlineData(3, 2, 4097)]
    public void Parameters_outside_their_range_are_refused(int parties, int threshold, int addends) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ThresholdParameters.For(parties, threshold, addends));

    [Fact]
    public void A_million_parameters_take_the_promised_bytes()
    {
        ThresholdParameters parameters = ThresholdParameters.For(8, 5, 64);

        Assert.InRange(parameters.CiphertextBytes(1_000_000, 24), 7_000_000, 7_700_000);
        Assert.InRange(parameters.CiphertextBytes(1_000_000, 17), 5_000_000, 6_000_000);
        Assert.Equal(18, parameters.CiphertextsFor(1_000_000, 24));
    }

    private static ulong[] PrimesOf(int degree, int[] bits) => [.. bits.GroupBy(width => width)
        .SelectMany(group => Modulus.LargestPrimes(group.Key, degree, group.Count()))];

    private static BigInteger Factorial(int n) =>
        Enumerable.Range(1, n).Aggregate(BigInteger.One, (product, i) => product * i);

    private static BigInteger Choose(int n, int k) => Factorial(n) / (Factorial(k) * Factorial(n - k));
}
