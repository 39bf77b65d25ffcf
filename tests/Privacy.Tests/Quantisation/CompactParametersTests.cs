using System.Numerics;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: grid, sensitivity and head-room are those of the paper, and what is derived from them never falls short.
// Method: published worked figures, the equations put back together, parameters at their limits.
public sealed class CompactParametersTests
{
    // One million weights, 64 hospitals, clip 1, noise 1 in the sum, five standard deviations: bits of a slot and
    // growth of the norm for a grid of 2^-s, with the paper's β = exp(−½).
    [Theory]
    [InlineData(11, 14.3, 0.031)]
    [InlineData(12, 15.3, 0.008)]
    [InlineData(13, 16.3, 0.0020)]
    public void The_worked_example_comes_out(int log2Scale, double bits, double inflation)
    {
        double clipUnits = Math.ScaleB(1, log2Scale);

        Assert.Equal(bits, CompactParameters.BitsFor(1 << 20, 1, 64, 1, 1 / clipUnits), 0.05);
        double norm = Math.Sqrt((double)ConditionalRounding.SquaredBoundFor(clipUnits, 1 << 20, Math.Exp(-0.5)));
        Assert.Equal(inflation, (norm / clipUnits) - 1, inflation / 20);
    }

    [Fact]
    public void Seventeen_bits_are_enough_for_the_worked_example()
    {
        CompactParameters parameters = new(1 << 20, 1, 64, 17, 1);

        // Half a bit finer than 2^-13.
        Assert.InRange(1 / parameters.Grid, Math.ScaleB(1, 13), Math.ScaleB(1, 14));
        Assert.InRange(parameters.NormInflation, 0, 0.0020);
        Assert.Equal(17, CompactParameters.BitsFor(1 << 20, 1, 64, 1, parameters.Grid), 1e-9);
        Assert.Equal((1 << 16) - 1, parameters.LargestSlotSum);
    }

    [Theory]
    [InlineData(1, 1.0, 1, 8, 0.0)]
    [InlineData(11, 0.5, 4, 17, 0.0)]
    [InlineData(11, 0.5, 4, 17, 3.0)]
    [InlineData(70_000, 10.0, 128, 24, 1.0)]
    [InlineData(1 << 20, 1.0, 10_000, 32, 2.0)]
    [InlineData(1 << 20, 1e-90, 3, 20, 1e-90)]
    public void A_slot_holds_exactly_the_planned_head_room(
        int dimension, double clip, int addends, int slotBits, double noise)
    {
        CompactParameters parameters = new(dimension, clip, addends, slotBits, noise, headRoom: 6);

        Assert.Equal(slotBits, CompactParameters.BitsFor(dimension, clip, addends, noise, parameters.Grid, 6), 1e-9);

        // The rounded norm is the paper's, put in squares and units: within one unit and the doubles' own rounding.
        double units = clip / parameters.Grid;
        double d = parameters.PaddedDimension;
        double squared = Math.Min(
            Math.Pow(units + Math.Sqrt(d), 2),
            (units * units) + (d / 4) + (Math.Sqrt(2 * Math.Log(1 / parameters.Beta)) * (units + (Math.Sqrt(d) / 2))));
        Assert.Equal(1, (double)(parameters.SquaredSensitivity + 1) / squared, 1e-9 + (1 / squared));
        Assert.True(
            (UInt128)(parameters.SensitivityGrid * parameters.SensitivityGrid) >= parameters.SquaredSensitivity);
    }

    [Fact]
    public void A_grid_finer_than_doubles_carry_is_not_chosen()
    {
        CompactParameters parameters = new(1000, 2, 10, 64);

        Assert.Equal(CompactParameters.LargestClipUnits, parameters.Clip / parameters.Grid, 1e-3);
        Assert.InRange(parameters.NormInflation, 0, 1e-9);
        Assert.Equal(long.MaxValue, parameters.LargestSlotSum);
    }

    [Theory]
    [InlineData(1 << 20, 17, 1.0, 64, 43)]
    [InlineData(70_000, 20, 20.0, 16, 12)]
    [InlineData(11, 24, 5.0, 3, 2)]
    public void Noise_shares_of_the_fewest_sharers_reach_the_multiplier_and_all_fit_the_plan(
        int dimension, int slotBits, double multiplier, int sharers, int fewest)
    {
        CompactParameters parameters = CompactParameters.ForNoiseMultiplier(
            dimension, 1.5, sharers, slotBits, multiplier, sharers, fewest);
        BigInteger share = parameters.ShareVariance(multiplier, fewest);

        // In integers with 40 further bits: fewest · share ≥ multiplier² · sensitivity².
        BigInteger multiplierBits = new(Math.ScaleB(multiplier, 40));
        BigInteger needed = multiplierBits * multiplierBits * (BigInteger)parameters.SquaredSensitivity;
        Assert.True((share * fewest) << 80 >= needed);

        double all = Math.Sqrt((double)share * sharers) * parameters.Grid;
        Assert.InRange(all / parameters.SumNoise, 0.99, 1 + 1e-6);
    }

    [Fact]
    public void Slots_too_narrow_for_the_sum_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new CompactParameters(100, 1, 64, 5));
        Assert.Throws<ArgumentException>(
            () => CompactParameters.ForNoiseMultiplier(1 << 20, 1, 64, 7, multiplier: 100, 64, 43));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(0, 1, 64, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(1, 0, 64, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(1, double.NaN, 64, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(1, 1, 0, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(1, 1, 64, 65));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(1, 1, 64, 17, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(1, 1, 64, 17, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactParameters(1, 1, 64, 17, 1, 5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => CompactParameters.ForNoiseMultiplier(1, 1, 4, 17, 1, sharers: 3, fewestSharers: 4));
    }
}
