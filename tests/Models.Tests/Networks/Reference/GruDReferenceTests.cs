using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Reference;

namespace DigitalTwin.Models.Tests.Networks.Reference;

// Goal: the plain GRU-D is right, and the fast layer is the plain one. Method: central differences in doubles for all
// parameters over a whole sequence with gaps, then the fast layer's floats on the same numbers. All
// decays of values have begun, of those of the state some have not.
public sealed class GruDReferenceTests
{
    private const int Values = 2;
    private const int Steps = 5;
    private const int Hidden = 3;

    private static readonly double[] Means = [0.5, -1];

    [Fact]
    public void Gradients_are_derivatives()
    {
        double[] parameters = Parameters();
        double[] input = Observations(2, Steps);
        GruDReference<double> plain = new(Hidden, Means, parameters, input);
        double[] gradient = new double[parameters.Length];

        plain.Backward(Derivatives.Slopes.AsSpan(0, Steps * Hidden), gradient);

        Derivatives.AreSame(gradient, parameters, () => Derivatives.Weighted(plain.Forward()));
        Assert.All(gradient[..(2 * Values)], slope => Assert.NotEqual(0, slope));
    }

    [Fact]
    public void The_fast_layer_is_the_plain_one()
    {
        double[] parameters = Parameters();
        double[] input = Observations(2, Steps);
        GruDReference<double> plain = new(Hidden, Means, parameters, input);
        double[] gradient = new double[parameters.Length];
        plain.Backward(Derivatives.Slopes.AsSpan(0, Steps * Hidden), gradient);

        LayerResult fast = LayerResult.Of(Layer(false), parameters, input);

        Derivatives.Near(plain.Forward(), fast.Output);
        Derivatives.Near(gradient, fast.Gradient);
        Derivatives.Near(plain.Forward()[^Hidden..], LayerResult.Of(Layer(true), parameters, input).Output);
    }

    [Fact]
    public void What_stands_at_a_gap_is_not_read()
    {
        double[] parameters = Parameters();
        double[] input = Observations(2, Steps);
        double[] disturbed = [.. input];
        for (int step = 0; step < Steps; step++)
        {
            for (int i = 0; i < Values; i++)
            {
                int at = (step * 3 * Values) + i;
                disturbed[at] = input[at + Values] == 0 ? double.NaN : input[at];
            }
        }

        Assert.Contains(double.NaN, disturbed);
        Assert.Equal(
            LayerResult.Of(Layer(true), parameters, input).Output,
            LayerResult.Of(Layer(true), parameters, disturbed).Output);
    }

    [Fact]
    public void A_mask_that_is_neither_0_nor_1_is_refused()
    {
        double[] input = Observations(2, Steps);
        input[Values] = 0.5;

        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => LayerResult.Of(Layer(true), new double[Layer(true).ParameterCount], input));
        Assert.Equal("The mask of value 0 is 0.5; allowed: 0 and 1.", refusal.Message);
    }

    private static GruDLayer Layer(bool onlyLast) => new(
        SampleShape.Sequence(Steps, 3 * Values), Hidden, onlyLast, [.. Means.Select(mean => (float)mean)]);

    private static double[] Parameters()
    {
        double[] parameters = Derivatives.Normals(1, Layer(true).ParameterCount);
        for (int i = 0; i < 2 * Values; i++)
        {
            parameters[i] = Math.Abs(parameters[i]);
        }

        return parameters;
    }

    // Values, masks and times since; the first value is seen at odd steps and the second at the second step only.
    private static double[] Observations(ulong seed, int steps)
    {
        double[] values = Derivatives.Normals(seed, steps * Values);
        return
        [
            .. Enumerable.Range(0, steps).SelectMany(step => (double[])
            [
                values[2 * step],
                values[(2 * step) + 1],
                step % 2,
                step == 1 ? 1 : 0,
                step == 0 ? 0 : step % 2 == 0 ? 0.5 : step == 1 ? 0.75 : 1.25,
                step <= 1 ? step * 0.75 : 0.5 * (step - 1),
            ]),
        ];
    }
}
