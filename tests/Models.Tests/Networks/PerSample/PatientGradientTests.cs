using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Tests.Networks.Kernels;

namespace DigitalTwin.Models.Tests.Networks.PerSample;

// Goal: a patient's gradient is the sum over the patient's rows, for every layer, and depends on nobody else. Method:
// against the norms and sums that the clipped backward pass finds for the same patients; bits compared between cohorts,
// widths and places.
public sealed class PatientGradientTests
{
    private const double Tolerance = 1e-4;

    // Those that have a gradient per patient at all.
    public static TheoryData<string> Names =>
        [.. GoldenCase.All.Values.Where(golden => golden.Description.Loss.IsSumOverRows).Select(golden => golden.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_have_the_norms_of_the_clipped_backward_pass(string name)
    {
        GoldenCase golden = GoldenCase.All[name];
        Network network = new(golden.Description);
        int[] patients = [.. Enumerable.Range(0, golden.Rows).Select(row => row / 2)];
        NetworkWorkspace workspace = network.CreateWorkspace(golden.Rows);
        float[] sum = new float[network.ParameterCount];
        network.ClippedGradient(
            golden.Parameters,
            new()
            {
                Rows = golden.Rows,
                Inputs = golden.Input,
                Targets = golden.Target,
                StepMask = golden.Mask,
                Patients = patients,
            },
            clip: 1e6,
            workspace,
            sum);
        PatientGradient gradients = new(
            network, new PatientRows(network, [.. golden.Input], [.. golden.Target], patients, [.. golden.Mask]));
        double[] total = new double[network.ParameterCount];
        for (int patient = 0; patient <= patients[^1]; patient++)
        {
            float[] gradient = new float[network.ParameterCount];
            gradients.Write(golden.Parameters, patient, dropoutSeed: 0, step: 0, gradient);

            double norm = Math.Sqrt(gradient.Sum(entry => (double)entry * entry));
            double expected = Math.Sqrt(Network.SquaredNorms(workspace)[patient]);
            Assert.Equal(expected, norm, Tolerance * (expected + 1e-3));
            for (int i = 0; i < total.Length; i++)
            {
                total[i] += gradient[i];
            }
        }

        double scale = total.Max(Math.Abs);
        Assert.All(Enumerable.Range(0, total.Length), i => Assert.Equal(total[i], sum[i], Tolerance * scale));
    }

    // 70 rows are three passes, one of them short.
    [Fact]
    public void Many_rows_are_added_up_over_several_passes()
    {
        Network network = Perceptron(VectorWidths.Widest);
        float[] inputs = GemmTests.Normals(1, 70 * 3);
        float[] targets = [.. Enumerable.Range(0, 70).Select(row => row % 3 == 0 ? 1f : 0f)];
        float[] parameters = network.InitialParameters(1);
        float[] gradient = new float[network.ParameterCount];

        double loss = new PatientGradient(network, new PatientRows(network, inputs, targets, new int[70]))
            .Write(parameters, 0, 0, 0, gradient);

        float[] mean = new float[network.ParameterCount];
        double meanLoss = network.LossAndGradient(
            parameters, new() { Rows = 70, Inputs = inputs, Targets = targets }, network.CreateWorkspace(70), mean);
        Assert.Equal(70 * meanLoss, loss, 1e-9);
        Assert.All(Enumerable.Range(0, mean.Length), i => Assert.Equal(70 * mean[i], gradient[i], 1e-3));
    }

    // With dropout, whose masks go by the place in a batch: here the place among the patient's own rows.
    [Fact]
    public void Neither_neighbours_nor_the_width_of_the_processor_change_the_bits()
    {
        float[] inputs = GemmTests.Normals(2, 9 * 3);
        float[] targets = [0, 1, 1, 0, 1, 0, 0, 1, 1];
        float[] Bits(VectorWidth width, int first, int rows)
        {
            Network network = Perceptron(width, new Dropout { Rate = 0.3 });
            float[] gradient = new float[network.ParameterCount];
            PatientRows cohort = new(
                network, inputs[(first * 3)..((first + rows) * 3)], targets[first..(first + rows)]);
            new PatientGradient(network, cohort).Write(network.InitialParameters(1), 4 - first, 7, 3, gradient);
            return gradient;
        }

        float[] expected = Bits(VectorWidth.Scalar, 0, 9);

        Assert.All(Enum.GetValues<VectorWidth>(), width => Assert.Equal(expected, Bits(width, 0, 9)));
        Assert.Equal(expected, Bits(VectorWidths.Widest, 4, 1));
        Assert.Equal(expected, Bits(VectorWidths.Widest, 3, 4));
    }

    [Fact]
    public void Rows_that_do_not_fit_are_refused()
    {
        Network network = Perceptron(VectorWidths.Widest);

        Assert.Throws<ArgumentException>(() => new PatientRows(network, new float[7], new float[2]));
        Assert.Throws<ArgumentException>(() => new PatientRows(network, new float[6], new float[3]));
        Assert.Throws<ArgumentException>(() => new PatientRows(network, new float[6], new float[2], [1, 0]));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new PatientRows(network, new float[6], new float[2]).BatchOf(0, 0, 2).Rows);
    }

    private static Network Perceptron(VectorWidth width, params LayerDescription[] middle) => new(
        new NetworkDescription
        {
            Input = SampleShape.Vector(3),
            Layers = [new Dense { Width = 20, Activation = Curve.Tanh }, .. middle, new Dense { Width = 1 }],
            Loss = new BinaryLoss(1),
        },
        width);
}
