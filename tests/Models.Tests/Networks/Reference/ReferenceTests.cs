using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Reference;

namespace DigitalTwin.Models.Tests.Networks.Reference;

// Goal: the plain forms are right, and the fast forms are the plain ones. Method: in doubles, every entry of every
// gradient of the plain forms by central differences, to 1e-6; then the fast layers in floats against the plain forms,
// on the same numbers.
public sealed class ReferenceTests
{
    [Fact]
    public void Dense_gradients_are_derivatives()
    {
        double[] weights = Derivatives.Normals(1, 6);
        double[] biases = Derivatives.Normals(2, 2);
        double[] input = Derivatives.Normals(3, 12);
        double[] dw = new double[6];
        double[] db = new double[2];
        double[] dx = new double[12];

        DenseReference.Backward<double>(4, weights, input, Derivatives.Slopes.AsSpan(0, 8), dw, db, dx);

        Derivatives.AreSame(dw, weights, Loss);
        Derivatives.AreSame(db, biases, Loss);
        Derivatives.AreSame(dx, input, Loss);

        double Loss()
        {
            double[] output = new double[8];
            DenseReference.Forward<double>(4, weights, biases, input, output);
            return Derivatives.Weighted(output);
        }
    }

    [Fact]
    public void Gru_gradients_are_derivatives()
    {
        double[] x = Derivatives.Normals(1, 9);
        double[] u = Derivatives.Normals(2, 9);
        double[] h = Derivatives.Normals(3, 3);
        (double[] gates, double[] after) = (new double[9], new double[3]);
        (double[] dx, double[] du, double[] dh) = (new double[9], new double[9], new double[3]);

        GruReference.Forward<double>(x, u, h, gates, after);
        GruReference.Backward<double>(gates, u, h, Derivatives.Slopes.AsSpan(0, 3), dx, du, dh);

        Derivatives.AreSame(dx, x, Loss);
        Derivatives.AreSame(du, u, Loss);
        Derivatives.AreSame(dh, h, Loss);

        double Loss()
        {
            GruReference.Forward<double>(x, u, h, new double[9], after);
            return Derivatives.Weighted(after);
        }
    }

    [Fact]
    public void Lstm_gradients_are_derivatives()
    {
        double[] sums = Derivatives.Normals(1, 12);
        double[] c = Derivatives.Normals(2, 3);
        (double[] gates, double[] memory, double[] after) = (new double[12], new double[3], new double[3]);
        (double[] da, double[] dc) = (new double[12], new double[3]);

        LstmReference.Forward<double>(sums, c, gates, memory, after);
        LstmReference.Backward<double>(
            gates, c, memory, Derivatives.Slopes.AsSpan(0, 3), Derivatives.Slopes.AsSpan(3, 3), da, dc);

        Derivatives.AreSame(da, sums, Loss);
        Derivatives.AreSame(dc, c, Loss);

        double Loss()
        {
            LstmReference.Forward<double>(sums, c, new double[12], memory, after);
            return Derivatives.Weighted([.. after, .. memory]);
        }
    }

    [Fact]
    public void Layer_norm_gradients_are_derivatives()
    {
        double[] gains = Derivatives.Normals(1, 5);
        double[] shifts = Derivatives.Normals(2, 5);
        double[] input = Derivatives.Normals(3, 5);
        (double[] dg, double[] db, double[] dx) = (new double[5], new double[5], new double[5]);

        LayerNormReference.Backward(gains, 1e-5, input, Derivatives.Slopes.AsSpan(0, 5), dg, db, dx);

        Derivatives.AreSame(dg, gains, Loss);
        Derivatives.AreSame(db, shifts, Loss);
        Derivatives.AreSame(dx, input, Loss);

        double Loss()
        {
            double[] output = new double[5];
            LayerNormReference.Forward(gains, shifts, 1e-5, input, output);
            return Derivatives.Weighted(output);
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void Convolution_gradients_are_derivatives_and_the_fast_layer_has_them(int stride, int padding)
    {
        Windows windows = new(SampleShape.Image(2, 5, 6), Size: 3, stride, padding);
        double[] weights = Derivatives.Normals(1, 3 * windows.PatchSize);
        double[] biases = Derivatives.Normals(2, 3);
        double[] input = Derivatives.Normals(3, 60);
        double[] dw = new double[weights.Length];
        double[] db = new double[3];
        double[] dx = new double[60];
        ReadOnlySpan<double> slopes = Derivatives.Slopes.AsSpan(0, 3 * windows.Count);

        ConvolutionReference.Backward(windows, weights, input, slopes, dw, db, dx);

        Derivatives.AreSame(dw, weights, Loss);
        Derivatives.AreSame(db, biases, Loss);
        Derivatives.AreSame(dx, input, Loss);
        LayerResult fast = LayerResult.Of(new ConvolutionLayer(windows, 3), [.. weights, .. biases], input);
        double[] plain = new double[slopes.Length];
        ConvolutionReference.Forward<double>(windows, weights, biases, input, plain);
        Derivatives.Near(plain, fast.Output);
        Derivatives.Near(dx, fast.InputGradient);
        Derivatives.Near([.. dw, .. db], fast.Gradient);

        double Loss()
        {
            double[] output = new double[3 * windows.Count];
            ConvolutionReference.Forward<double>(windows, weights, biases, input, output);
            return Derivatives.Weighted(output);
        }
    }

    [Fact]
    public void Fast_dense_and_layer_norm_are_the_plain_ones()
    {
        double[] parameters = Derivatives.Normals(1, 33 * 20);
        double[] input = Derivatives.Normals(2, 19);
        double[] output = new double[33];
        double[] dx = new double[19];
        double[] gradient = new double[33 * 20];
        DenseReference.Forward<double>(
            1, parameters.AsSpan(0, 33 * 19), parameters.AsSpan(33 * 19), input, output);
        DenseReference.Backward<double>(
            1,
            parameters.AsSpan(0, 33 * 19),
            input,
            Derivatives.Slopes.AsSpan(0, 33),
            gradient.AsSpan(0, 33 * 19),
            gradient.AsSpan(33 * 19),
            dx);

        LayerResult fast = LayerResult.Of(new DenseNetworkLayer(SampleShape.Vector(19), 33), parameters, input);

        Derivatives.Near(output, fast.Output);
        Derivatives.Near(dx, fast.InputGradient);
        Derivatives.Near(gradient, fast.Gradient);

        double[] norm = new double[19];
        dx.AsSpan().Clear();
        gradient.AsSpan().Clear();
        LayerNormReference.Forward(parameters.AsSpan(0, 19), parameters.AsSpan(19, 19), 1e-5, input, norm);
        LayerNormReference.Backward(
            parameters.AsSpan(0, 19),
            1e-5,
            input,
            Derivatives.Slopes.AsSpan(0, 19),
            gradient.AsSpan(0, 19),
            gradient.AsSpan(19, 19),
            dx);
        fast = LayerResult.Of(new LayerNormLayer(SampleShape.Vector(19)), parameters[..38], input);
        Derivatives.Near(norm, fast.Output);
        Derivatives.Near(dx, fast.InputGradient);
        Derivatives.Near(gradient[..38], fast.Gradient);
    }
}
