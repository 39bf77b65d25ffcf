using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Tests.Networks;

// Goal: what a workspace is said to take is what it takes, and clipping hardly adds to it. Method: bytes that the
// runtime allocates; the documented formulas by hand; scratch that a step has touched, told by a mark.
public sealed class NetworkWorkspaceTests
{
    private const float Mark = -8.125e30f;
    private const int Rows = 64;

    public static TheoryData<string> Names => [.. Descriptions.Keys];

    private static Dictionary<string, NetworkDescription> Descriptions { get; } = new()
    {
        ["perceptron"] = Of(SampleShape.Vector(39), new Dense { Width = 128, Activation = Curve.Relu }),
        ["gru"] = Of(SampleShape.Sequence(48, 20), new Gru { Hidden = 64 }),
        ["lstm"] = Of(SampleShape.Sequence(48, 20), new Lstm { Hidden = 64 }),
        ["images"] = Of(
            SampleShape.Image(1, 28, 28),
            new Convolution2d { Channels = 16, Kernel = 8, Stride = 2, Padding = 3, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Convolution2d { Channels = 32, Kernel = 4, Stride = 2, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Dense { Width = 32, Activation = Curve.Relu }),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_are_those_that_are_allocated(string name)
    {
        Network network = new(Descriptions[name]);
        foreach (int threads in (int[])[1, 3])
        {
            // The least of some: a collection in between counts what it takes from the thread's buffer.
            long allocated = long.MaxValue;
            for (int i = 0; i < 5; i++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                network.CreateWorkspace(Rows, threads);
                allocated = long.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            // Beside the arrays' floats: their headers, and the objects that hold them.
            Assert.InRange(allocated - network.WorkspaceBytes(Rows, threads), 0, 2048);
        }
    }

    [Fact]
    public void The_formulas_are_the_documented_ones()
    {
        const int Steps = 48;
        const int Hidden = 64;
        const int Inputs = 20;
        const int Packed = 256 * 64;

        // Between GRU and dense layer 2 H per row; the last layer writes to the workspace's own outputs.
        long kept = (Steps * 7 * Hidden) + (2 * Hidden) + (2 * Hidden);
        long scratch = Packed + (Hidden * 3 * Hidden) + (3 * Hidden);
        long expected = (4 * ((2 * Rows) + (Rows * kept) + scratch)) + (8 * 3 * Rows) + (4 * Rows);
        Network gru = new(Descriptions["gru"]);
        Assert.Equal(expected, gru.WorkspaceBytes(Rows));

        // Two threads: the scratch twice, and copies of parameters, gradient, inputs, step mask and patients.
        long copies = (2 * gru.ParameterCount) + (Rows * ((Steps * Inputs) + Steps + 1));
        Assert.Equal(expected + (4 * (scratch + copies)), gru.WorkspaceBytes(Rows, threads: 2));

        Network lstm = new(Descriptions["lstm"]);
        long keptOfLstm = (Steps * 5 * Hidden) + (2 * Hidden) + ((Steps + 2) * Hidden) + (2 * Hidden);
        long scratchOfLstm = Packed + (Hidden * 4 * Hidden) + (4 * Hidden);
        Assert.Equal(
            (4 * ((2 * Rows) + (Rows * keptOfLstm) + scratchOfLstm)) + (8 * 3 * Rows) + (4 * Rows),
            lstm.WorkspaceBytes(Rows));
    }

    // Norms, factors and the matrix of one patient are all that clipping adds.
    [Theory]
    [MemberData(nameof(Names))]
    public void Clipping_takes_at_most_a_tenth_more_than_a_plain_step(string name)
    {
        Network network = new(Descriptions[name]);
        NetworkWorkspace workspace = network.CreateWorkspace(Rows);
        long shared = network.WorkspaceBytes(Rows) - (workspace.ScratchOf(0).Length * sizeof(float))
            - (Rows * (sizeof(double) + sizeof(float)));
        float[] parameters = network.InitialParameters(seed: 1);
        float[] gradient = new float[network.ParameterCount];
        float[] inputs = new float[Rows * network.Input.Size];
        Array.Fill(inputs, 0.5f);
        NetworkBatch batch = new() { Rows = Rows, Inputs = inputs, Targets = new float[Rows] };

        workspace.ScratchOf(0).Fill(Mark);
        network.LossAndGradient(parameters, batch, workspace, gradient);
        long plain = shared + Touched(workspace);
        workspace.ScratchOf(0).Fill(Mark);
        network.ClippedGradient(parameters, batch, 1, workspace, gradient);
        long clipped = shared + Touched(workspace) + (Rows * (sizeof(double) + sizeof(float)));

        Assert.True(clipped <= 1.1 * plain, $"Plain {plain} bytes, clipped {clipped}.");
        TestContext.Current.SendDiagnosticMessage("{0}: plain {1} bytes, clipped {2}", name, plain, clipped);
    }

    // Up to the last float that is not the mark any more.
    private static long Touched(NetworkWorkspace workspace) =>
        (workspace.ScratchOf(0).LastIndexOfAnyExcept(Mark) + 1) * sizeof(float);

    private static NetworkDescription Of(SampleShape input, params LayerDescription[] layers) =>
        new() { Input = input, Layers = [.. layers, new Dense { Width = 1 }], Loss = new BinaryLoss(1) };
}
