using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Tests.Networks.Kernels;

namespace DigitalTwin.Models.Tests.Networks.PerSample;

// Goal: the clipped sum is the sum of each patient's own clipped gradient, for every layer and both ways of finding a
// norm. Method: the patients' gradients one at a time through the plain backward pass, clipped in doubles.
public sealed class ClippedGradientTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Names => [.. GoldenCase.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Norms_and_clipped_sum_are_those_of_explicit_gradients(string name)
    {
        GoldenCase golden = GoldenCase.All[name];
        Same(golden, [.. Enumerable.Range(0, golden.Rows)], explicitly: false);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_of_one_patient_are_clipped_together(string name)
    {
        GoldenCase golden = GoldenCase.All[name];
        Same(golden, [.. Enumerable.Range(0, golden.Rows).Select(row => row / 2)], explicitly: true);
    }

    // 2 T^2 = 32 is below I O here, so that norms of the recurrent and convolutional layers are ghosts.
    [Fact]
    public void Ghost_norms_of_wide_layers_are_those_of_explicit_gradients()
    {
        NetworkDescription description = new()
        {
            Input = SampleShape.Sequence(4, 12),
            Layers =
            [
                new Gru { Hidden = 10, Returns = Returns.All },
                new Convolution1d { Channels = 9, Kernel = 3, Padding = 1, Activation = Curve.Gelu },
                new SelfAttention { Heads = 3 },
                new Lstm { Hidden = 8 },
                new Dense { Width = 1 },
            ],
            Loss = new BinaryLoss(1),
        };
        Network network = new(description);
        float[] parameters = network.InitialParameters(seed: 3);
        float[] inputs = GemmTests.Normals(1, 5 * 48);
        float[] targets = [0, 1, 1, 0, 1];
        NetworkWorkspace workspace = network.CreateWorkspace(5);
        float[] gradient = new float[network.ParameterCount];
        NetworkBatch batch = new() { Rows = 5, Inputs = inputs, Targets = targets };

        network.ClippedGradient(parameters, batch, 1e9, workspace, gradient);

        for (int row = 0; row < 5; row++)
        {
            double norm = Math.Sqrt(Network.SquaredNorms(workspace)[row]);
            float[] alone = new float[network.ParameterCount];
            network.LossAndGradient(
                parameters,
                new() { Rows = 1, Inputs = inputs.AsSpan(row * 48, 48), Targets = targets.AsSpan(row, 1) },
                network.CreateWorkspace(1),
                alone);
            double expected = Norm(alone);
            Assert.Equal(expected, norm, Tolerance * expected);
        }
    }

    [Fact]
    public void No_patient_moves_the_sum_by_more_than_the_clip()
    {
        GoldenCase golden = GoldenCase.All["gru last"];
        Network network = new(golden.Description);
        NetworkWorkspace workspace = network.CreateWorkspace(golden.Rows);
        for (int row = 0; row < golden.Rows; row++)
        {
            float[] gradient = new float[network.ParameterCount];
            network.ClippedGradient(golden.Parameters, golden.Batch(row, 1), 0.01, workspace, gradient);
            Assert.InRange(Norm(gradient), 0.00999, 0.01);
        }
    }

    [Fact]
    public void Every_width_clips_to_the_same_bits()
    {
        foreach (GoldenCase golden in GoldenCase.All.Values)
        {
            float[] scalar = Clipped(golden, VectorWidth.Scalar);

            Assert.All(Enum.GetValues<VectorWidth>(), width => Assert.Equal(scalar, Clipped(golden, width)));
        }
    }

    [Fact]
    public void An_empty_batch_gives_zeros()
    {
        Network network = new(GoldenCase.All["dense relu"].Description);
        float[] gradient = [.. Enumerable.Repeat(1f, network.ParameterCount)];

        Assert.Equal(0, network.ClippedGradient(
            network.InitialParameters(1), new() { Rows = 0, Inputs = [] }, 1, network.CreateWorkspace(1), gradient));
        Assert.All(gradient, value => Assert.Equal(0f, value));
    }

    [Fact]
    public void Gradients_that_are_not_finite_are_refused_by_their_row()
    {
        GoldenCase golden = GoldenCase.All["dense relu"];
        Network network = new(golden.Description);
        float[] inputs = [.. golden.Input];
        inputs[5] = float.NaN;

        ArithmeticException refusal = Assert.Throws<ArithmeticException>(() => network.ClippedGradient(
            golden.Parameters,
            new() { Rows = golden.Rows, Inputs = inputs, Targets = golden.Target },
            1,
            network.CreateWorkspace(golden.Rows),
            new float[network.ParameterCount]));
        Assert.Contains("row 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_that_mix_rows_and_patients_out_of_order_are_refused()
    {
        GoldenCase golden = GoldenCase.All["gru last"];
        Network network = new(golden.Description);
        Network cox = new(golden.Description with { Loss = new CoxLoss(CoxTies.Efron) });
        float[] gradient = new float[network.ParameterCount];

        Assert.Throws<ArgumentException>(() => network.ClippedGradient(
            golden.Parameters, golden.Batch(0, 3, [0, 1, 0]), 1, network.CreateWorkspace(3), gradient));
        Assert.Throws<ArgumentException>(() => network.ClippedGradient(
            golden.Parameters, golden.Batch(0, 3, [0, 2, 3]), 1, network.CreateWorkspace(3), gradient));
        Assert.Throws<ArgumentException>(() => cox.ClippedGradient(
            golden.Parameters,
            new() { Rows = 1, Inputs = golden.Input.AsSpan(0, 12), Targets = [1, 1] },
            1,
            cox.CreateWorkspace(1),
            gradient));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.ClippedGradient(
            golden.Parameters, golden.Batch(0, 3), 0, network.CreateWorkspace(3), gradient));
    }

    private static void Same(GoldenCase golden, int[] patients, bool explicitly)
    {
        Network network = new(golden.Description);
        NetworkWorkspace workspace = network.CreateWorkspace(golden.Rows);
        float[] clipped = new float[network.ParameterCount];
        double[][] gradients = [.. patients.Distinct().Select(patient => Gradient(golden, patients, patient))];

        // Between the norms, so that some patients are clipped and some are not.
        double[] norms = [.. gradients.Select(Norm).Order()];
        double clip = norms.Length > 1 ? (norms[0] + norms[^1]) / 2 : norms[0] / 2;
        network.ClippedGradient(
            golden.Parameters,
            golden.Batch(0, golden.Rows, explicitly ? patients : null),
            clip,
            workspace,
            clipped);

        double[] expected = new double[clipped.Length];
        for (int patient = 0; patient < gradients.Length; patient++)
        {
            double norm = Norm(gradients[patient]);
            Assert.Equal(norm, Math.Sqrt(Network.SquaredNorms(workspace)[patient]), Tolerance * norm);
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] += gradients[patient][i] * Math.Min(1, clip / norm);
            }
        }

        double tolerance = Tolerance * expected.Max(Math.Abs);
        Assert.All(expected.Zip(clipped), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    private static double[] Gradient(GoldenCase golden, int[] patients, int patient)
    {
        int first = Array.IndexOf(patients, patient);
        int rows = patients.Count(one => one == patient);
        (_, float[] mean) = golden.Evaluate(VectorWidth.Vector256, first, rows);
        return [.. mean.Select(value => (double)value * rows)];
    }

    private static float[] Clipped(GoldenCase golden, VectorWidth width)
    {
        Network network = new(golden.Description, width);
        float[] gradient = new float[network.ParameterCount];
        network.ClippedGradient(
            golden.Parameters,
            golden.Batch(0, golden.Rows),
            0.05,
            network.CreateWorkspace(golden.Rows),
            gradient);
        return gradient;
    }

    private static double Norm(float[] vector) => Norm([.. vector.Select(value => (double)value)]);

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(value => value * value));
}
