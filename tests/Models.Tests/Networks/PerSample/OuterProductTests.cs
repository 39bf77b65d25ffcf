using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Networks.Reference;
using DigitalTwin.Models.Tests.Networks.Kernels;

namespace DigitalTwin.Models.Tests.Networks.PerSample;

// Goal: the ghost norm is the norm of the gradient, in exact enough arithmetic to tell the formula from its rounding,
// and the fast form is either. Method: the plain forms in doubles, to 1e-10; then floats, to 1e-4, with shapes on both
// sides of 2 T^2 = I O.
public sealed class OuterProductTests
{
    [Theory]
    [InlineData(1, 7, 5)]
    [InlineData(3, 7, 5)]
    [InlineData(4, 40, 30)]
    [InlineData(25, 6, 5)]
    [InlineData(25, 64, 33)]
    public void Ghost_and_explicit_norms_agree(int steps, int inputSize, int deltaSize)
    {
        const int Rows = 3;
        float[] inputs = GemmTests.Normals(1, Rows * steps * inputSize);
        float[] deltas = GemmTests.Normals(2, Rows * steps * deltaSize);
        double[] fast = new double[Rows];
        float[] scratch = new float[OuterProduct.ScratchSize(Rows, steps, inputSize, deltaSize)];
        OuterProduct product = new()
        {
            Steps = steps,
            InputSize = inputSize,
            DeltaSize = deltaSize,
            Inputs = inputs,
            Deltas = deltas,
            WeightOffset = 0,
            BiasOffset = -1,
        };

        product.AddSquaredNorms(VectorWidths.Widest, PrivacyUnits.Of(Rows, []), fast, scratch);

        for (int row = 0; row < Rows; row++)
        {
            double[] a = Doubles(inputs.AsSpan(row * steps * inputSize, steps * inputSize));
            double[] b = Doubles(deltas.AsSpan(row * steps * deltaSize, steps * deltaSize));
            double[] gradient = new double[inputSize * deltaSize];
            OuterProductReference.AddGradient<double>(steps, a, b, gradient);
            double expected = gradient.Sum(value => value * value);

            double ghost = OuterProductReference.GhostSquaredNorm<double>(steps, a, b);
            Assert.Equal(expected, ghost, 1e-10 * expected);
            Assert.Equal(expected, fast[row], 1e-4 * expected);
        }
    }

    // Two steps with one input and nearly opposite deltas: what is left is 1e-4 of either, and 1e-8 in the square,
    // which is below the digits of a float.
    [Fact]
    public void Steps_that_cancel_do_not_hide_a_norm()
    {
        const int Inputs = 40;
        const int Deltas = 30;
        float[] input = GemmTests.Normals(1, Inputs);
        float[] delta = GemmTests.Normals(2, Deltas);
        float[] inputs = [.. input, .. input];
        float[] deltas = [.. delta, .. delta.Select(value => -value * 1.0001f)];
        double[] gradient = new double[Inputs * Deltas];
        OuterProductReference.AddGradient<double>(2, Doubles(inputs), Doubles(deltas), gradient);
        double[] square = new double[1];
        OuterProduct product = new()
        {
            Steps = 2,
            InputSize = Inputs,
            DeltaSize = Deltas,
            Inputs = inputs,
            Deltas = deltas,
            WeightOffset = 0,
            BiasOffset = -1,
        };

        product.AddSquaredNorms(
            VectorWidths.Widest,
            PrivacyUnits.Of(1, []),
            square,
            new float[OuterProduct.ScratchSize(1, 2, Inputs, Deltas)]);

        double expected = gradient.Sum(value => value * value);
        Assert.Equal(expected, square[0], 1e-3 * expected);
    }

    [Fact]
    public void Finding_norms_takes_no_memory_that_grows_with_the_rows()
    {
        // Scratch: one unit's matrix and what packing takes; never rows x inputs x deltas.
        int few = OuterProduct.ScratchSize(1, 4, 300, 200);
        int many = OuterProduct.ScratchSize(64, 4, 300, 200);

        Assert.InRange(many - few, 0, 64 * 4 * 320);
        Assert.InRange(many, 0, 3 * 300 * 200);
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        double[] doubles = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            doubles[i] = values[i];
        }

        return doubles;
    }
}
