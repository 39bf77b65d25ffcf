using System.Numerics;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Tests.PrivateTraining;

// Goal: clipping per layer and to a quantile keeps the bound it announces, and the quantile is found. Method: gradients
// worked out by hand; every sum against the announced sensitivity, in integers; a hundred steps on invented norms.
public sealed class GradientBoundTests
{
    private static readonly ParameterBlock[] TwoLayers =
        [new("0.weight", 0, [1, 2]), new("0.bias", 2, [1]), new("2.weight", 3, [2])];

    [Fact]
    public void Each_layer_is_clipped_to_its_own_bound()
    {
        // C = 5, so that a unit of the grid is 5/2^26. (6, 0, 8) has norm 10, the bound is 3; (1, 1) is within 4.
        LayerBounds bounds = new(TwoLayers, [3, 4]);
        long[] sum = new long[5];

        Assert.Equal(ClipOutcome.Clipped, bounds.AddClipped([6, 0, 8, 1, 1], sum));

        double unit = 5.0 / GradientClipping.LargestClip;
        double[] expected = [1.8, 0, 2.4, 1, 1];
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(expected[i], sum[i] * unit, 1e-5));
        Assert.Equal(5, bounds.Clip, 1e-12);
        Assert.InRange(bounds.SensitivityGrid, GradientClipping.LargestClip - 2, GradientClipping.LargestClip);
        float[] gradient = new float[5];
        bounds.Read([.. sum.Select(entry => (double)entry)], divisor: 2, gradient);
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(expected[i] / 2, gradient[i], 1e-5));
    }

    [Fact]
    public void Equal_bounds_make_the_clip_together()
    {
        LayerBounds bounds = LayerBounds.Equal(TwoLayers, clip: 2);
        long[] sum = new long[5];

        bounds.AddClipped([1e9f, 0, 0, 0, -1e9f], sum);

        Assert.Equal(Math.Sqrt(2), sum[0] * 2.0 / GradientClipping.LargestClip, 1e-5);
        Assert.Equal(-Math.Sqrt(2), sum[4] * 2.0 / GradientClipping.LargestClip, 1e-5);
        Assert.True(Square(sum) <= (Int128)(bounds.SensitivityGrid * bounds.SensitivityGrid));
    }

    [Fact]
    public void One_layer_that_is_not_finite_takes_the_patient_out_of_all()
    {
        long[] sum = new long[5];

        Assert.Equal(
            ClipOutcome.NotFinite, LayerBounds.Equal(TwoLayers, 1).AddClipped([1, 1, 1, float.NaN, 1], sum));
        Assert.All(sum, entry => Assert.Equal(0, entry));
    }

    [Fact]
    public void Bounds_for_another_number_of_layers_are_refused() =>
        Assert.Throws<ArgumentException>(() => new LayerBounds(TwoLayers, [1, 1, 1]));

    // z = 1, σ_b = 5: z_Δ = (1 − 1/100)^(−1/2).
    [Fact]
    public void The_noise_is_split_as_in_the_paper()
    {
        CountNoise noise = new(total: 1, count: 5);
        QuantileBound bound = new(3, 1, 0.5, noise);

        Assert.Equal(1 / Math.Sqrt(0.99), noise.GradientMultiplier, 1e-15);

        // Noise of z times the sensitivity is z_Δ clips on the gradient and σ_b patients on the count, 2a grid units
        // each.
        double sigma = noise.Total * bound.SensitivityGrid;
        Assert.Equal(noise.GradientMultiplier, sigma / GradientClipping.LargestClip, 1e-7);
        long[] sum = new long[4];
        bound.AddClipped([0, 0, 0], sum);
        Assert.Equal(5, sigma / (2 * sum[3]), 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CountNoise(total: 1, count: 0.5));
    }

    [Theory]
    [InlineData(0f, 1)]
    [InlineData(1e9f, -1)]
    [InlineData(float.NaN, 0)]
    public void A_patient_moves_gradient_and_count_by_the_sensitivity_at_most(float value, int sign)
    {
        QuantileBound bound = new(3, 0.1, 0.5, new CountNoise(2, 1.1));
        long[] sum = new long[4];

        bound.AddClipped([value, value, -value], sum);

        Assert.Equal(sign, Math.Sign(sum[3]));
        Assert.True(Square(sum) <= (Int128)(bound.SensitivityGrid * bound.SensitivityGrid));
        Assert.Equal(value > 0, sum[0] > 0);
    }

    // 200 patients with norms 0.01 to 2: the 0.3-quantile is 0.6. Two start points, far below and far above; σ_b = 10
    // patients of noise on each count.
    [Theory]
    [InlineData(1e-3)]
    [InlineData(100)]
    public void The_clip_finds_the_quantile(double start)
    {
        CountNoise noise = new(total: 1, count: 10);
        QuantileBound bound = new(1, start, 0.3, noise);
        DiscreteGaussian gaussian = new((BigInteger)(bound.SensitivityGrid * bound.SensitivityGrid));
        using CounterRandomBits bits = Cohort.Key("quantile").Noise(0);
        double late = 0;
        for (int step = 0; step < 300; step++)
        {
            long[] sum = new long[2];
            for (int patient = 1; patient <= 200; patient++)
            {
                bound.AddClipped([0.01f * patient], sum);
            }

            double[] released = [.. sum.Select(entry => (double)(entry + gaussian.Sample(bits)))];
            bound.Read(released, divisor: 200, new float[1]);
            late += step >= 200 ? bound.Clip / 100 : 0;
        }

        Assert.Equal(0.6, late, 0.06);
    }

    [Fact]
    public void Training_with_either_learns()
    {
        PatientRows rows = Cohort.Patients(1000);
        int parameters = Cohort.Network.ParameterCount;
        GradientBound[] bounds =
        [
            LayerBounds.Equal(Cohort.Network.Blocks, clip: 1),
            new QuantileBound(parameters, 10, 0.5, new CountNoise(1, 5)),
        ];
        foreach (GradientBound bound in bounds)
        {
            PrivateTrainer trainer = Cohort.Trainer(rows, "bounds", rate: 0.1, bound: bound);
            for (int step = 0; step < 60; step++)
            {
                trainer.Step(1);
            }

            Assert.InRange(Cohort.Accuracy(trainer.Parameters), 0.88, 1);
        }

        Assert.InRange(bounds[1].Clip, 0.05, 3);
    }

    private static Int128 Square(long[] sum) =>
        sum.Aggregate((Int128)0, (total, entry) => total + ((Int128)entry * entry));
}
