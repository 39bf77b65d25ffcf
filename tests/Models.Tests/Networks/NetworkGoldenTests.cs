using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Tests.Networks;

// Goal: outputs, losses and every gradient tensor are PyTorch's, and have the same bits at every width. Method: small
// networks whose extents are no multiples of a register, against Golden/golden.json, to 1e-5 of a tensor's largest
// entry.
public sealed class NetworkGoldenTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Names => [.. GoldenCase.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Outputs_loss_and_gradients_are_those_of_an_independent_implementation(string name)
    {
        GoldenCase golden = GoldenCase.All[name];
        Network network = new(golden.Description);
        NetworkWorkspace workspace = network.CreateWorkspace(golden.Rows + 1);
        Assert.Equal(golden.Parameters.Length, network.ParameterCount);
        float[] gradient = new float[network.ParameterCount];

        float[] output = [.. network.Forward(golden.Parameters, golden.Batch(0, golden.Rows), workspace)];
        double loss = network.LossAndGradient(
            golden.Parameters, golden.Batch(0, golden.Rows), workspace, gradient);

        Near(golden.Output, output);
        Assert.Equal(golden.Loss, loss, Tolerance * Math.Max(1, golden.Loss));
        foreach (ParameterBlock block in network.Blocks)
        {
            Near(
                golden.Gradient.AsSpan(block.Offset, block.Size).ToArray(),
                gradient.AsSpan(block.Offset, block.Size).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_width_gives_the_same_bits(string name)
    {
        GoldenCase golden = GoldenCase.All[name];
        (double loss, float[] gradient) = golden.Evaluate(VectorWidth.Scalar, 0, golden.Rows);

        foreach (VectorWidth width in Enum.GetValues<VectorWidth>())
        {
            (double otherLoss, float[] otherGradient) = golden.Evaluate(width, 0, golden.Rows);
            Assert.Equal(loss, otherLoss);
            Assert.Equal(gradient, otherGradient);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_used_workspace_gives_the_bits_of_a_new_one(string name)
    {
        GoldenCase golden = GoldenCase.All[name];
        Network network = new(golden.Description);
        NetworkWorkspace workspace = network.CreateWorkspace(golden.Rows);
        float[] first = new float[network.ParameterCount];
        float[] second = new float[network.ParameterCount];

        network.LossAndGradient(golden.Parameters, golden.Batch(0, golden.Rows), workspace, first);
        network.ClippedGradient(golden.Parameters, golden.Batch(0, 1), 0.1, workspace, second);
        network.LossAndGradient(golden.Parameters, golden.Batch(0, golden.Rows), workspace, second);

        Assert.Equal(first, second);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_step_allocates_nothing(string name)
    {
        GoldenCase golden = GoldenCase.All[name];
        Network network = new(golden.Description);
        NetworkWorkspace workspace = network.CreateWorkspace(golden.Rows);
        float[] gradient = new float[network.ParameterCount];
        long before = 0;
        for (int i = 0; i < 3; i++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            network.LossAndGradient(golden.Parameters, golden.Batch(0, golden.Rows), workspace, gradient);
            network.ClippedGradient(golden.Parameters, golden.Batch(0, golden.Rows), 0.1, workspace, gradient);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Near(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double tolerance = Tolerance * Math.Max(1e-3, expected.Max(Math.Abs));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
