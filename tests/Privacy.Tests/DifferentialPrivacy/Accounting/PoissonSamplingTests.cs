using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Accounting;

// Goal: every patient is drawn alone and with exactly the rate. Method: bits that are known, and the law of batch sizes
// (fixed seeds; each bound is wider than five standard deviations, a false alarm below 1e-6).
public sealed class PoissonSamplingTests
{
    [Fact]
    public void A_rate_is_compared_with_the_bits_digit_by_digit()
    {
        // 0.375 = 0.011 in binary: drawn are the numbers below it, so the smallest drawn word that is out starts 011.
        PoissonSampling sampling = new(0.375);

        Assert.Equal([0], sampling.Draw(1, new FixedBits(0x5FFF_FFFF_FFFF_FFFF)));
        Assert.Equal([0], sampling.Draw(1, new FixedBits(0)));
        Assert.Empty(sampling.Draw(1, new FixedBits(0x6000_0000_0000_0000)));
        Assert.Empty(sampling.Draw(1, new FixedBits(ulong.MaxValue)));
    }

    [Fact]
    public void A_tiny_rate_takes_as_many_bits_as_it_has()
    {
        // 2^-70: the first word must be zero, then the second decides.
        PoissonSampling sampling = new(Math.ScaleB(1, -70));

        Assert.Empty(sampling.Draw(1, new FixedBits(1)));
        Assert.Equal([0], sampling.Draw(1, new FixedBits(0, 0x03FF_FFFF_FFFF_FFFF)));
        Assert.Empty(sampling.Draw(1, new FixedBits(0, 0x0400_0000_0000_0000)));
    }

    [Fact]
    public void Batch_sizes_have_the_mean_and_the_variance_of_a_binomial()
    {
        const int Patients = 200;
        const int Batches = 20_000;
        PoissonSampling sampling = new(0.05);
        using SeededRandomBits bits = new(new byte[SeededRandomBits.KeySize], "sizes of batches");
        int[] sizes = [.. Enumerable.Range(0, Batches).Select(_ => sampling.Draw(Patients, bits).Count)];

        double variance = Patients * 0.05 * 0.95;
        double mean = sizes.Average();
        Assert.Equal(sampling.ExpectedBatch(Patients), mean, 5 * Math.Sqrt(variance / Batches));
        double spread = sizes.Average(size => (size - 10.0) * (size - 10.0));
        Assert.Equal(variance, spread, 5 * variance * Math.Sqrt(2.0 / Batches) * 1.1);
        Assert.Contains(sizes, size => size > 20);
    }

    [Fact]
    public void A_batch_can_be_empty_and_holds_nobody_twice()
    {
        using SeededRandomBits bits = new(new byte[SeededRandomBits.KeySize], "empty batches");
        PoissonSampling sampling = new(0.2);
        bool empty = false;
        for (int i = 0; i < 200; i++)
        {
            IReadOnlyList<int> batch = sampling.Draw(8, bits);
            Assert.Equal(batch.Distinct().Order(), batch);
            Assert.All(batch, patient => Assert.InRange(patient, 0, 7));
            empty |= batch.Count == 0;
        }

        Assert.True(empty, "0.8^8 of the batches, one in six, have nobody.");
    }

    [Fact]
    public void Everybody_is_drawn_at_rate_one_and_accounted_without_amplification()
    {
        PoissonSampling everybody = new(1);

        Assert.Equal([0, 1, 2], everybody.Draw(3, new FixedBits(ulong.MaxValue)));
        Assert.IsType<GaussianMechanism>(everybody.Gaussian(1));
    }

    [Fact]
    public void Nobody_else_makes_a_sampled_mechanism() =>
        Assert.Empty(typeof(SampledGaussianMechanism).GetConstructors());

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(1.0000001)]
    [InlineData(double.NaN)]
    public void A_rate_that_is_none_is_refused(double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoissonSampling(rate));

    private sealed class FixedBits(params ulong[] words) : RandomBits
    {
        private int _next;

        public override void Fill(Span<byte> destination)
        {
            Assert.Equal(sizeof(ulong), destination.Length);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(destination, words[_next++]);
        }
    }
}
