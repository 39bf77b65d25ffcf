using System.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: one patient more or less moves the hospital's integers by at most the stated sensitivity. Method: neighbouring
// hospitals with the same bits for the patients they share, and the counterexample for rounding a sum once.
public sealed class PatientEncodingTests
{
    private const int SlotBits = 40;
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];

    [Theory]
    [InlineData(11, 1e-6)]
    [InlineData(11, 1.0)]
    [InlineData(300, 0.5)]
    [InlineData(300, 1e9)]
    public void A_patient_moves_the_sum_by_at_most_the_sensitivity(int dimension, double length)
    {
        CompactParameters parameters = new(dimension, 1, addends: 20, SlotBits);
        using PatientEncoding hospital = new(new CompactEncoding(parameters, Key));
        for (int left = 0; left < 10; left++)
        {
            long[] with = Sum(hospital, dimension, length, leftOut: null);
            long[] without = Sum(hospital, dimension, length, left);

            BigInteger squares = with.Zip(without, (a, b) => BigInteger.Pow(a - b, 2))
                .Aggregate(BigInteger.Zero, (sum, square) => sum + square);
            Assert.InRange(squares, BigInteger.Zero, (BigInteger)parameters.SquaredSensitivity);
        }
    }

    [Fact]
    public void Rounding_a_sum_once_would_move_it_further_than_a_patient_may()
    {
        // A patient of norm 0.5 in 1024 coordinates of 1/64 each. Others sum to just below a threshold of the rounding
        // in every coordinate, which the patient then crosses: √1024 units instead of the √(¼ + …) that the bound
        // allows.
        const int Dimension = 1024;
        const double Threshold = 0.5;
        double[] others = [.. Enumerable.Repeat(Threshold - (1.0 / 128), Dimension)];
        double[] together = [.. others.Select(value => value + (1.0 / 64))];
        ConditionalRounding unbounded = new(UInt128.MaxValue, 0.5);
        long[] without = new long[Dimension];
        long[] with = new long[Dimension];

        unbounded.Round(others, new HalfBits(), without);
        unbounded.Round(together, new HalfBits(), with);

        UInt128 allowed = ConditionalRounding.SquaredBoundFor(0.5, Dimension, CompactParameters.DefaultBeta);
        long moved = with.Zip(without, (a, b) => (a - b) * (a - b)).Sum();
        Assert.Equal(Dimension, moved);
        Assert.True((UInt128)moved > allowed);
    }

    [Fact]
    public void The_slots_of_two_hospitals_decode_to_the_sum_over_patients()
    {
        const int Dimension = 100;
        CompactParameters parameters = new(Dimension, 1, addends: 20, SlotBits);
        CompactEncoding encoding = new(parameters, Key);
        using PatientEncoding hospital = new(encoding);
        SystemRandomBits rounding = new();
        ulong[] sum = new ulong[encoding.Slots];
        double[] expected = new double[Dimension];
        for (int patients = 5; patients <= 15; patients += 10)
        {
            for (int patient = 0; patient < patients; patient++)
            {
                double[] vector = CompactEncodingTests.Vector(Dimension, 0.75, rounding);
                Assert.Equal(ClipOutcome.Kept, hospital.Add(vector, rounding));
                expected = [.. expected.Zip(vector, (a, b) => a + b)];
            }

            ulong[] slots = new ulong[encoding.Slots];
            hospital.Finish(rounding, BigInteger.Zero, slots);
            CompactEncodingTests.Add(sum, slots, SlotBits);
        }

        // Eight deviations: below 1e-13 for each of 100 coordinates.
        double limit = (8 * parameters.RoundingDeviation) + parameters.FloatingPointError;
        Assert.All(encoding.Decode(sum).Zip(expected), pair => Assert.InRange(pair.First - pair.Second, -limit, limit));
    }

    [Fact]
    public void Outcomes_are_told_and_an_unusable_vector_counts_as_zero()
    {
        CompactEncoding encoding = new(new CompactParameters(3, 1, 10, SlotBits), Key);
        using PatientEncoding hospital = new(encoding);
        SystemRandomBits bits = new();
        ulong[] slots = new ulong[encoding.Slots];

        Assert.Equal(ClipOutcome.NotFinite, hospital.Add([1, double.NaN, 0], bits));
        hospital.Finish(bits, BigInteger.Zero, slots);
        Assert.All(slots, slot => Assert.Equal(0ul, slot));
        Assert.Equal(ClipOutcome.Clipped, hospital.Add([3, 4, 0], bits));
        Assert.Equal(ClipOutcome.Kept, hospital.Add([0.1, 0, 0], bits));
        hospital.Finish(bits, BigInteger.Zero, slots);
        Assert.Equal(0.7, encoding.Decode(slots)[0], 1e-6);
    }

    [Fact]
    public void A_new_sum_starts_after_the_last()
    {
        CompactEncoding encoding = new(new CompactParameters(3, 1, 10, SlotBits), Key);
        using PatientEncoding hospital = new(encoding);
        SystemRandomBits bits = new();
        ulong[] slots = new ulong[encoding.Slots];
        hospital.Add([0.5, 0.5, 0.5], bits);
        hospital.Finish(bits, BigInteger.Zero, slots);

        hospital.Finish(bits, BigInteger.Zero, slots);

        Assert.All(slots, slot => Assert.Equal(0ul, slot));
    }

    private static long[] Sum(PatientEncoding hospital, int dimension, double length, int? leftOut)
    {
        for (int patient = 0; patient < 10; patient++)
        {
            using SeededRandomBits bits = new(Key, $"patient {patient}");
            double[] vector = CompactEncodingTests.Vector(dimension, length, bits);
            if (patient != leftOut)
            {
                hospital.Add(vector, bits);
            }
        }

        ulong[] slots = new ulong[RandomisedHadamard.Padded(dimension)];
        hospital.Finish(new SystemRandomBits(), BigInteger.Zero, slots);
        return [.. slots.Select(slot => SlotCodec.Centred(slot, SlotBits))];
    }

    /// <summary>The uniform number one half, over and over: 16 bits 0x8000.</summary>
    private sealed class HalfBits : RandomBits
    {
        public override void Fill(Span<byte> destination)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = (byte)(i % 2 == 0 ? 0 : 0x80);
            }
        }
    }
}
