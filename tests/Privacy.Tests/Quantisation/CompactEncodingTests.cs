using System.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: slots summed modulo 2^b decode to the clipped vectors' sum within the stated bounds; no addend is too long.
// Method: seeded cohorts, their sums compared with those of the reals; every statistical limit says how rare it is.
public sealed class CompactEncodingTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];

    [Theory]
    [InlineData(11, 4, 17, 1.0)]
    [InlineData(3000, 64, 17, 1.0)]
    [InlineData(3000, 64, 17, 1e-3)]
    [InlineData(3000, 16, 24, 50.0)]
    [InlineData(5000, 128, 20, 1.0)]
    [InlineData(1, 3, 12, 2.0)]
    public void A_cohorts_sum_is_right_within_the_stated_errors(int dimension, int addends, int slotBits, double length)
    {
        CompactParameters parameters = new(dimension, 1, addends, slotBits);
        CompactEncoding encoding = new(parameters, Key);
        using SeededRandomBits bits = new(Key, "cohort");
        ulong[] sum = new ulong[encoding.Slots];
        double[] expected = new double[dimension];
        for (int addend = 0; addend < addends; addend++)
        {
            double[] vector = Vector(dimension, length, bits);
            Add(sum, Encoded(encoding, vector, bits), slotBits);
            AddClipped(expected, vector, 1);
        }

        double[] decoded = encoding.Decode(sum);

        // Where nothing wraps, a coordinate is beyond t·RoundingDeviation with probability 2·exp(−t²/2): 7.5 deviations
        // for all coordinates of all cases, 2e-8. Vectors of all directions leave a slot with probability below 1e-6:
        // they use √n of the n that the head-room covers.
        double limit = (7.5 * parameters.RoundingDeviation) + parameters.FloatingPointError;
        Assert.Equal(dimension, decoded.Length);
        double squares = 0;
        for (int i = 0; i < dimension; i++)
        {
            double error = decoded[i] - expected[i];
            Assert.InRange(error, -limit, limit);
            Assert.InRange(error, -parameters.WorstRoundingError, parameters.WorstRoundingError);
            squares += error * error;
        }

        // The mean square is at most that of the bound; its own deviation is below √(2/d) of it.
        double ratio = squares / dimension / (parameters.RoundingDeviation * parameters.RoundingDeviation);
        Assert.InRange(ratio, 0, 1 + (dimension >= 3000 ? 5 * Math.Sqrt(2.0 / dimension) : 56));
    }

    [Fact]
    public void Equal_vectors_at_the_clip_use_the_head_room_and_do_not_wrap()
    {
        // The worst case that the grid is computed for: all vectors equal, at the clip, without noise.
        const int Dimension = 1 << 14;
        CompactParameters parameters = new(Dimension, 1, 64, 17, headRoom: 7.2);
        CompactEncoding encoding = new(parameters, Key);
        using SeededRandomBits bits = new(Key, "equal");
        double[] vector = Vector(Dimension, 1, bits);
        ulong[] sum = new ulong[encoding.Slots];
        for (int addend = 0; addend < 64; addend++)
        {
            Add(sum, Encoded(encoding, vector, bits), 17);
        }

        double[] decoded = encoding.Decode(sum);

        // 2·P·exp(−k²/2) is the bound for a fresh seed.
        Assert.InRange(parameters.WrapProbability, 1e-7, 2e-7);
        double limit = (8 * parameters.RoundingDeviation) + parameters.FloatingPointError;
        Assert.All(decoded.Zip(vector), pair => Assert.InRange(pair.First - (64 * pair.Second), -limit, limit));
        Assert.InRange(
            sum.Max(slot => Math.Abs(SlotCodec.Centred(slot, 17))),
            parameters.LargestSlotSum / 3,
            parameters.LargestSlotSum);
    }

    [Fact]
    public void Wrapping_one_slot_costs_what_is_stated()
    {
        CompactParameters parameters = new(1000, 1, 8, 12);
        CompactEncoding encoding = new(parameters, Key);
        ulong[] sum = new ulong[encoding.Slots];
        double[] before = encoding.Decode(sum);
        sum[17] = 1ul << 11;
        double[] upper = encoding.Decode(sum);

        // −2^11 stands for 2^11 that wrapped: half of 2^12 on either side of zero.
        Assert.All(
            before.Zip(upper),
            pair => Assert.InRange(2 * Math.Abs(pair.First - pair.Second), 0, parameters.WrapError * (1 + 1e-12)));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.0 + 1e-15)]
    [InlineData(3.0)]
    [InlineData(1e30)]
    [InlineData(1e300)]
    [InlineData(1e-300)]
    public void No_addend_is_longer_than_the_sensitivity(double length)
    {
        CompactParameters parameters = new(1000, 1, 1, 30);
        CompactEncoding encoding = new(parameters, Key);
        using SeededRandomBits bits = new(Key, "sensitivity");
        for (int draw = 0; draw < 20; draw++)
        {
            ulong[] slots = Encoded(encoding, Vector(1000, length, bits), bits);

            BigInteger squares = slots.Aggregate(
                BigInteger.Zero, (sum, slot) => sum + BigInteger.Pow(SlotCodec.Centred(slot, 30), 2));
            Assert.InRange(squares, BigInteger.Zero, (BigInteger)parameters.SquaredSensitivity);
        }
    }

    [Fact]
    public void Noise_of_the_share_is_what_is_added()
    {
        // The same rounding with and without noise: the difference is the noise, one draw per slot in order.
        CompactParameters parameters = new(500, 1, 10, 24, sumNoise: 1);
        CompactEncoding encoding = new(parameters, Key);
        BigInteger variance = new(Math.Floor(Math.Pow(1 / parameters.Grid, 2) / 10));
        double[] vector = Vector(500, 1, new SystemRandomBits());
        ulong[] plain = new ulong[encoding.Slots];
        ulong[] noised = new ulong[encoding.Slots];
        using SeededRandomBits rounding = new(Key, "rounding");
        using SeededRandomBits sameRounding = new(Key, "rounding");
        using SeededRandomBits noise = new(Key, "noise");
        using SeededRandomBits sameNoise = new(Key, "noise");

        encoding.Encode(vector, rounding, noise, BigInteger.Zero, plain);
        encoding.Encode(vector, sameRounding, noise, variance, noised);

        DiscreteGaussian sampler = new(variance);
        for (int i = 0; i < plain.Length; i++)
        {
            long expected = SlotCodec.Centred(plain[i], 24) + sampler.Sample(sameNoise);
            Assert.Equal(SlotCodec.Reduced(expected, 24), noised[i]);
        }
    }

    [Fact]
    public void A_noised_sum_is_the_sum_of_vectors_and_noise()
    {
        const int Addends = 16;
        CompactParameters parameters = CompactParameters.ForNoiseMultiplier(
            2000, 2, Addends, 18, multiplier: 0.5, Addends, fewestSharers: 11);
        CompactEncoding encoding = new(parameters, Key);
        BigInteger variance = parameters.ShareVariance(0.5, 11);
        using SeededRandomBits bits = new(Key, "noised sum");
        ulong[] sum = new ulong[encoding.Slots];
        double[] expected = new double[2000];
        for (int addend = 0; addend < Addends; addend++)
        {
            double[] vector = Vector(2000, 2, bits);
            ulong[] slots = new ulong[encoding.Slots];
            encoding.Encode(vector, bits, bits, variance, slots);
            Add(sum, slots, 18);
            AddClipped(expected, vector, 2);
        }

        double[] decoded = encoding.Decode(sum);

        // Variance of noise and rounding; its estimate from 2000 coordinates has deviation √(2/2000), five of them
        // 6e-7.
        double deviation = Math.Sqrt(((double)variance * Addends * parameters.Grid * parameters.Grid)
            + (parameters.RoundingDeviation * parameters.RoundingDeviation * 2 / 3));
        double meanSquare = decoded.Zip(expected, (a, b) => (a - b) * (a - b)).Average();
        Assert.InRange(meanSquare / (deviation * deviation), 1 - (5 * Math.Sqrt(1e-3)), 1 + (5 * Math.Sqrt(1e-3)));
    }

    [Fact]
    public void Values_that_are_not_finite_and_wrong_lengths_leave_the_slots_alone()
    {
        CompactEncoding encoding = new(new CompactParameters(3, 1, 4, 17), Key);
        SystemRandomBits bits = new();
        ulong[] slots = [9, 9, 9, 9];

        QuantisationException refusal = Assert.Throws<QuantisationException>(
            () => encoding.Encode([1, 2, double.NaN], bits, bits, 0, slots));
        Assert.Equal(2, refusal.Index);
        Assert.Throws<ArgumentException>(() => encoding.Encode([1, 2], bits, bits, 0, slots));
        Assert.Throws<ArgumentException>(() => encoding.Encode([1, 2, 3], bits, bits, 0, new ulong[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => encoding.Encode([1, 2, 3], bits, bits, -1, slots));
        Assert.Throws<ArgumentException>(() => encoding.Decode(new ulong[3]));
        Assert.Equal([9ul, 9, 9, 9], slots);
    }

    [Fact]
    public void Zero_is_encoded_as_zero()
    {
        CompactEncoding encoding = new(new CompactParameters(5, 1, 4, 17), Key);
        SystemRandomBits bits = new();
        ulong[] slots = new ulong[8];

        encoding.Encode([0, -0.0, 0, 0, 0], bits, bits, 0, slots);

        Assert.All(slots, slot => Assert.Equal(0ul, slot));
    }

    internal static double[] Vector(int dimension, double length, RandomBits bits)
    {
        // Unequal entries from a mixed counter (SplitMix64's constants), which is quicker than a stream of bits. Scaled
        // in two steps, so that no square overflows.
        ulong start = bits.NextUInt64();
        double[] vector = new double[dimension];
        for (int i = 0; i < dimension; i++)
        {
            ulong word = unchecked(start + ((ulong)i * 0x9E3779B97F4A7C15));
            word = unchecked((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9);
            vector[i] = (((word >> 11) * Math.ScaleB(1, -52)) - 1) / (1 + (i % 7));
        }

        double norm = Math.Sqrt(vector.Sum(value => value * value));
        return [.. vector.Select(value => value / norm * length)];
    }

    internal static void Add(ulong[] sum, ulong[] slots, int slotBits)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] = SlotCodec.Reduced(unchecked((long)(sum[i] + slots[i])), slotBits);
        }
    }

    private static ulong[] Encoded(CompactEncoding encoding, double[] vector, RandomBits bits)
    {
        ulong[] slots = new ulong[encoding.Slots];
        encoding.Encode(vector, bits, bits, BigInteger.Zero, slots);
        return slots;
    }

    private static void AddClipped(double[] sum, double[] vector, double clip)
    {
        double norm = Math.Sqrt(vector.Sum(value => value * value));
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += norm > clip ? vector[i] / norm * clip : vector[i];
        }
    }
}
