using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Reference;

namespace DigitalTwin.Models.Tests.Networks.Reference;

// Goal: the plain forms of whole layers are right, and the fast layers are the plain ones. Method: central differences
// in doubles for all parameters and inputs, to 1e-6; then the fast layer's floats on the same numbers, to 1e-5.
public sealed class PlainLayerTests
{
    [Theory]
    [InlineData(Curve.Relu)]
    [InlineData(Curve.Gelu)]
    [InlineData(Curve.Tanh)]
    [InlineData(Curve.Sigmoid)]
    public void Curves(Curve curve)
    {
        double[] input = [.. Derivatives.Normals(1, 40).Select(x => 2 * x)];
        double[] dx = [.. input.Select((x, i) => Derivatives.Slopes[i] * CurveReference.Derivative(curve, x))];

        Derivatives.AreSame(dx, input, () => Derivatives.Weighted(Plain()));
        LayerResult fast = LayerResult.Of(LayerOf(curve, 40), [], input);
        Derivatives.Near(Plain(), fast.Output);
        Derivatives.Near(dx, fast.InputGradient);

        double[] Plain() => [.. input.Select(x => CurveReference.Forward(curve, x))];
    }

    // Φ(1) and Φ(−2) to 15 digits: Abramowitz and Stegun 1964, table 26.1.
    [Theory]
    [InlineData(1, 0.841344746068543)]
    [InlineData(-2, 0.022750131948179)]
    public void The_plain_gelu_has_the_normal_distribution_in_it(double x, double distribution) =>
        Assert.Equal(x * distribution, CurveReference.Forward(Curve.Gelu, x), 1e-14);

    [Fact]
    public void Embedding()
    {
        double[] table = Derivatives.Normals(1, 12);
        int[] codes = [2, 0, 2, 3, 2];
        double[] gradient = new double[12];

        EmbeddingReference.Backward<double>(3, codes, Derivatives.Slopes.AsSpan(0, 15), gradient);

        Derivatives.AreSame(gradient, table, () => Derivatives.Weighted(Plain()));
        LayerResult fast = LayerResult.Of(
            new EmbeddingLayer(SampleShape.Sequence(5, 1), 4, 3), table, [.. codes.Select(code => (double)code)]);
        Derivatives.Near(Plain(), fast.Output);
        Derivatives.Near(gradient, fast.Gradient);

        double[] Plain()
        {
            double[] output = new double[15];
            EmbeddingReference.Forward<double>(table, 3, codes, output);
            return output;
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public void Pools(int size, int stride)
    {
        Windows windows = new(SampleShape.Image(2, 5, 6), size, stride, Padding: 0);
        double[] input = Derivatives.Normals(1, 60);
        (double[] ofLargest, double[] ofMean) = (new double[60], new double[60]);
        ReadOnlySpan<double> slopes = Derivatives.Slopes.AsSpan(0, 2 * windows.Count);

        PoolReference.BackwardLargest(windows, input, slopes, ofLargest);
        PoolReference.BackwardMean(windows, slopes, ofMean);

        Derivatives.AreSame(ofLargest, input, () => Derivatives.Weighted(Largest()));
        Derivatives.AreSame(ofMean, input, () => Derivatives.Weighted(Mean()));
        LayerResult largest = LayerResult.Of(new MaxPoolLayer(windows), [], input);
        Derivatives.Near(Largest(), largest.Output);
        Derivatives.Near(ofLargest, largest.InputGradient);
        LayerResult mean = LayerResult.Of(new AveragePoolLayer(windows), [], input);
        Derivatives.Near(Mean(), mean.Output);
        Derivatives.Near(ofMean, mean.InputGradient);

        double[] Largest()
        {
            double[] output = new double[2 * windows.Count];
            PoolReference.ForwardLargest<double>(windows, input, output);
            return output;
        }

        double[] Mean()
        {
            double[] output = new double[2 * windows.Count];
            PoolReference.ForwardMean<double>(windows, input, output);
            return output;
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void Convolution_over_steps(int stride, int padding)
    {
        StepConvolutionReference plain = new(Features: 2, Channels: 4, Kernel: 3, stride, padding);
        StepConvolutionLayer layer = new(SampleShape.Sequence(7, 2), 4, 3, stride, padding);
        double[] weights = Derivatives.Normals(1, 24);
        double[] biases = Derivatives.Normals(2, 4);
        double[] input = Derivatives.Normals(3, 14);
        (double[] dw, double[] db, double[] dx) = (new double[24], new double[4], new double[14]);

        plain.Backward(weights, input, Derivatives.Slopes.AsSpan(0, layer.Output.Size), dw, db, dx);

        Derivatives.AreSame(dw, weights, () => Derivatives.Weighted(Plain()));
        Derivatives.AreSame(db, biases, () => Derivatives.Weighted(Plain()));
        Derivatives.AreSame(dx, input, () => Derivatives.Weighted(Plain()));
        LayerResult fast = LayerResult.Of(layer, [.. weights, .. biases], input);
        Derivatives.Near(Plain(), fast.Output);
        Derivatives.Near([.. dw, .. db], fast.Gradient);
        Derivatives.Near(dx, fast.InputGradient);

        double[] Plain()
        {
            double[] output = new double[layer.Output.Size];
            plain.Forward<double>(weights, biases, input, output);
            return output;
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(0, 1, 0, 1)]
    public void Self_attention(params int[] mask)
    {
        SelfAttentionLayer layer = new(SampleShape.Sequence(4, 6), heads: 2);
        double[] parameters = Derivatives.Normals(1, layer.ParameterCount);
        double[] input = Derivatives.Normals(2, 24);
        SelfAttentionReference<double> plain = new(6, 2, parameters, input, [.. mask.Select(one => one == 1)]);
        (double[] gradient, double[] dx) = (new double[parameters.Length], new double[24]);

        plain.Backward(Derivatives.Slopes.AsSpan(0, 24), gradient, dx);

        Derivatives.AreSame(gradient, parameters, () => Derivatives.Weighted(plain.Forward()));
        Derivatives.AreSame(dx, input, () => Derivatives.Weighted(plain.Forward()));
        LayerResult fast = LayerResult.Of(layer, parameters, input, [.. mask.Select(one => (float)one)]);
        Derivatives.Near(plain.Forward(), fast.Output);
        Derivatives.Near(gradient, fast.Gradient);
        Derivatives.Near(dx, fast.InputGradient);
    }

    [Fact]
    public void Attention_refuses_a_mask_of_other_steps()
    {
        SelfAttentionLayer layer = new(SampleShape.Sequence(4, 2), heads: 1);

        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => LayerResult.Of(layer, new double[layer.ParameterCount], new double[8], [1, 1, 1, 1, 1]));
        Assert.Equal("The step mask has 5 steps, and this layer has 4.", refusal.Message);
    }

    [Theory]
    [InlineData(false, 1, 1, 1, 1, 1)]
    [InlineData(false, 0, 1, 1, 0, 1)]
    [InlineData(true, 1, 1, 1, 1, 1)]
    [InlineData(true, 1, 0, 1, 1, 0)]
    public void Recurrent_layers(bool isLstm, params int[] mask)
    {
        SampleShape shape = SampleShape.Sequence(5, 3);
        Layer layer = isLstm ? new LstmLayer(shape, 4, onlyLast: false) : new GruLayer(shape, 4, onlyLast: false);
        double[] parameters = Derivatives.Normals(1, layer.ParameterCount);
        double[] input = Derivatives.Normals(2, 15);
        RecurrentReference<double> plain = new(4, isLstm, parameters, input, [.. mask.Select(one => one == 1)]);
        (double[] gradient, double[] dx) = (new double[parameters.Length], new double[15]);

        plain.Backward(Derivatives.Slopes.AsSpan(0, 20), gradient, dx);

        Derivatives.AreSame(gradient, parameters, () => Derivatives.Weighted(plain.Forward()));
        Derivatives.AreSame(dx, input, () => Derivatives.Weighted(plain.Forward()));
        LayerResult fast = LayerResult.Of(layer, parameters, input, [.. mask.Select(one => (float)one)]);
        Derivatives.Near(plain.Forward(), fast.Output);
        Derivatives.Near(gradient, fast.Gradient);
        Derivatives.Near(dx, fast.InputGradient);
    }

    [Fact]
    public void Residual()
    {
        double[] parameters = Derivatives.Normals(1, 20);
        double[] input = Derivatives.Normals(2, 4);
        double[] gradient = new double[20];
        double[] dx = Derivatives.Slopes[..4];

        DenseReference.Backward<double>(
            1,
            parameters.AsSpan(0, 16),
            input,
            Derivatives.Slopes.AsSpan(0, 4),
            gradient.AsSpan(0, 16),
            gradient.AsSpan(16),
            dx);

        Derivatives.AreSame(gradient, parameters, () => Derivatives.Weighted(Plain()));
        Derivatives.AreSame(dx, input, () => Derivatives.Weighted(Plain()));
        ChainLayer inner = new([new DenseNetworkLayer(SampleShape.Vector(4), 4)]);
        LayerResult fast = LayerResult.Of(new ResidualLayer(inner), parameters, input);
        Derivatives.Near(Plain(), fast.Output);
        Derivatives.Near(gradient, fast.Gradient);
        Derivatives.Near(dx, fast.InputGradient);

        double[] Plain()
        {
            double[] output = new double[4];
            DenseReference.Forward<double>(1, parameters.AsSpan(0, 16), parameters.AsSpan(16), input, output);
            return [.. output.Zip(input, (f, x) => x + f)];
        }
    }

    // With a mask that is drawn, y is linear in x: the slope of an entry is its mask, and the differences show it.
    [Fact]
    public void Dropout()
    {
        DropoutLayer layer = new(SampleShape.Vector(40), rate: 0.4, number: 0);
        double[] input = Derivatives.Normals(1, 40);
        LayerResult ones = LayerResult.Of(layer, [], [.. Enumerable.Repeat(1.0, 40)], training: true);
        double[] dx = [.. ones.Output.Select((mask, i) => mask * Derivatives.Slopes[i])];

        Derivatives.AreSame(dx, input, () => Derivatives.Weighted(Plain()));
        LayerResult fast = LayerResult.Of(layer, [], input, training: true);
        Derivatives.Near(Plain(), fast.Output);
        Derivatives.Near(dx, fast.InputGradient);
        Assert.Contains(0f, ones.Output);

        double[] Plain() => [.. input.Zip(ones.Output, (x, mask) => x * mask)];
    }

    private static Layer LayerOf(Curve curve, int features) => curve switch
    {
        Curve.Relu => new CurveLayer<ReluCurve>(SampleShape.Vector(features)),
        Curve.Gelu => new CurveLayer<GeluCurve>(SampleShape.Vector(features)),
        Curve.Tanh => new CurveLayer<TanhCurve>(SampleShape.Vector(features)),
        _ => new CurveLayer<SigmoidCurve>(SampleShape.Vector(features)),
    };
}
