using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Reference;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Networks.Reference;

// Goal: the plain forms are right, and the fast forms are the plain ones. Method: in doubles, every entry of every
// gradient of the plain forms by central differences, to 1e-6; then the fast layers in floats against the plain forms,
// on the same numbers.
public sealed class ReferenceTests
{
    private const double Step = 1e-5;

    // A loss of the outputs with slopes of its own: L = Σ c_i y_i.
    private static readonly double[] Slopes = Normals(77, 200);

    [Fact]
    public void Dense_gradients_are_derivatives()
    {
        double[] weights = Normals(1, 6);
        double[] biases = Normals(2, 2);
        double[] input = Normals(3, 12);
        double[] dw = new double[6];
        double[] db = new double[2];
        double[] dx = new double[12];

        DenseReference.Backward<double>(4, weights, input, Slopes.AsSpan(0, 8), dw, db, dx);

        SameAsDifferences(dw, weights, Loss);
        SameAsDifferences(db, biases, Loss);
        SameAsDifferences(dx, input, Loss);

        double Loss()
        {
            double[] output = new double[8];
            DenseReference.Forward<double>(4, weights, biases, input, output);
            return Weighted(output);
        }
    }

    [Fact]
    public void Gru_gradients_are_derivatives()
    {
        double[] x = Normals(1, 9);
        double[] u = Normals(2, 9);
        double[] h = Normals(3, 3);
        (double[] gates, double[] after) = (new double[9], new double[3]);
        (double[] dx, double[] du, double[] dh) = (new double[9], new double[9], new double[3]);

        GruReference.Forward<double>(x, u, h, gates, after);
        GruReference.Backward<double>(gates, u, h, Slopes.AsSpan(0, 3), dx, du, dh);

        SameAsDifferences(dx, x, Loss);
        SameAsDifferences(du, u, Loss);
        SameAsDifferences(dh, h, Loss);

        double Loss()
        {
            GruReference.Forward<double>(x, u, h, new double[9], after);
            return Weighted(after);
        }
    }

    [Fact]
    public void Lstm_gradients_are_derivatives()
    {
        double[] sums = Normals(1, 12);
        double[] c = Normals(2, 3);
        (double[] gates, double[] memory, double[] after) = (new double[12], new double[3], new double[3]);
        (double[] da, double[] dc) = (new double[12], new double[3]);

        LstmReference.Forward<double>(sums, c, gates, memory, after);
        LstmReference.Backward<double>(gates, c, memory, Slopes.AsSpan(0, 3), Slopes.AsSpan(3, 3), da, dc);

        SameAsDifferences(da, sums, Loss);
        SameAsDifferences(dc, c, Loss);

        double Loss()
        {
            LstmReference.Forward<double>(sums, c, new double[12], memory, after);
            return Weighted([.. after, .. memory]);
        }
    }

    [Fact]
    public void Layer_norm_gradients_are_derivatives()
    {
        double[] gains = Normals(1, 5);
        double[] shifts = Normals(2, 5);
        double[] input = Normals(3, 5);
        (double[] dg, double[] db, double[] dx) = (new double[5], new double[5], new double[5]);

        LayerNormReference.Backward(gains, 1e-5, input, Slopes.AsSpan(0, 5), dg, db, dx);

        SameAsDifferences(dg, gains, Loss);
        SameAsDifferences(db, shifts, Loss);
        SameAsDifferences(dx, input, Loss);

        double Loss()
        {
            double[] output = new double[5];
            LayerNormReference.Forward(gains, shifts, 1e-5, input, output);
            return Weighted(output);
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void Convolution_gradients_are_derivatives_and_the_fast_layer_has_them(int stride, int padding)
    {
        Windows windows = new(SampleShape.Image(2, 5, 6), Size: 3, stride, padding);
        double[] weights = Normals(1, 3 * windows.PatchSize);
        double[] biases = Normals(2, 3);
        double[] input = Normals(3, 60);
        double[] dw = new double[weights.Length];
        double[] db = new double[3];
        double[] dx = new double[60];
        ReadOnlySpan<double> slopes = Slopes.AsSpan(0, 3 * windows.Count);

        ConvolutionReference.Backward(windows, weights, input, slopes, dw, db, dx);

        SameAsDifferences(dw, weights, Loss);
        SameAsDifferences(db, biases, Loss);
        SameAsDifferences(dx, input, Loss);
        LayerResult fast = Run(new ConvolutionLayer(windows, 3), [.. weights, .. biases], input);
        double[] plain = new double[slopes.Length];
        ConvolutionReference.Forward<double>(windows, weights, biases, input, plain);
        Near(plain, fast.Output);
        Near(dx, fast.InputGradient);
        Near([.. dw, .. db], fast.Gradient);

        double Loss()
        {
            double[] output = new double[3 * windows.Count];
            ConvolutionReference.Forward<double>(windows, weights, biases, input, output);
            return Weighted(output);
        }
    }

    [Fact]
    public void Fast_dense_and_layer_norm_are_the_plain_ones()
    {
        double[] parameters = Normals(1, 33 * 20);
        double[] input = Normals(2, 19);
        double[] output = new double[33];
        double[] dx = new double[19];
        double[] gradient = new double[33 * 20];
        DenseReference.Forward<double>(
            1, parameters.AsSpan(0, 33 * 19), parameters.AsSpan(33 * 19), input, output);
        DenseReference.Backward<double>(
            1,
            parameters.AsSpan(0, 33 * 19),
            input,
            Slopes.AsSpan(0, 33),
            gradient.AsSpan(0, 33 * 19),
            gradient.AsSpan(33 * 19),
            dx);

        LayerResult fast = Run(new DenseNetworkLayer(SampleShape.Vector(19), 33), parameters, input);

        Near(output, fast.Output);
        Near(dx, fast.InputGradient);
        Near(gradient, fast.Gradient);

        double[] norm = new double[19];
        dx.AsSpan().Clear();
        gradient.AsSpan().Clear();
        LayerNormReference.Forward(parameters.AsSpan(0, 19), parameters.AsSpan(19, 19), 1e-5, input, norm);
        LayerNormReference.Backward(
            parameters.AsSpan(0, 19),
            1e-5,
            input,
            Slopes.AsSpan(0, 19),
            gradient.AsSpan(0, 19),
            gradient.AsSpan(19, 19),
            dx);
        fast = Run(new LayerNormLayer(SampleShape.Vector(19)), parameters[..38], input);
        Near(norm, fast.Output);
        Near(dx, fast.InputGradient);
        Near(gradient[..38], fast.Gradient);
    }

    private static LayerResult Run(Layer layer, double[] parameters, double[] input)
    {
        LayerResult result = new(
            new float[layer.Output.Size], new float[layer.Input.Size], new float[layer.ParameterCount]);
        LayerFrame frame = new()
        {
            Width = VectorWidths.Widest,
            Rows = 1,
            Parameters = Floats(parameters),
            Input = Floats(input),
            Output = result.Output,
            OutputGradient = Floats(Slopes[..layer.Output.Size]),
            InputGradient = result.InputGradient,
            Kept = new float[layer.KeptSize(1)],
            Scratch = new float[layer.ScratchSize(1)],
        };
        layer.Forward(frame);
        layer.BackwardInput(frame);
        layer.BackwardParameters(frame, result.Gradient);
        return result;
    }

    private static void SameAsDifferences(double[] gradient, double[] values, Func<double> loss)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double value = values[i];
            values[i] = value + Step;
            double above = loss();
            values[i] = value - Step;
            double below = loss();
            values[i] = value;
            double difference = (above - below) / (2 * Step);
            Assert.Equal(difference, gradient[i], 1e-6 * Math.Max(1, Math.Abs(difference)));
        }
    }

    private static double Weighted(double[] output) => output.Zip(Slopes, (y, slope) => y * slope).Sum();

    private static void Near(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double tolerance = 1e-5 * Math.Max(1, expected.Max(Math.Abs));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    private static double[] Normals(ulong seed, int count)
    {
        PhiloxStream random = new(seed, stream: 98);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }

    private static float[] Floats(double[] values) => [.. values.Select(value => (float)value)];

    private sealed record LayerResult(float[] Output, float[] InputGradient, float[] Gradient);
}
