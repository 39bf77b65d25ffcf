using System.Runtime.InteropServices;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Networks;

// Goal: threads change the time of a step and nothing else. Method: a network of every kind of layer, 23 rows, so that
// no number of threads gets equal parts; bytes of loss, outputs, gradient and clipped gradient against one thread.
public sealed class SharedPassTests
{
    private const int Rows = 23;
    private const double Clip = 0.5;

    // Runs of rows of one patient each; the long one is more than a part's share.
    private static readonly int[] Patients =
        [0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5, 6, 6];

    public static TheoryData<string> Names => [.. Descriptions.Keys];

    private static Dictionary<string, NetworkDescription> Descriptions { get; } = new()
    {
        ["dense"] = Of(
            SampleShape.Vector(13),
            new BinaryLoss(1),
            new Dense { Width = 70, Activation = Curve.Relu },
            new LayerNorm(),
            new Residual { Layers = [new Dense { Width = 70, Activation = Curve.Gelu }] },
            new Dense { Width = 1 }),
        ["dropout"] = Of(
            SampleShape.Vector(5),
            new SquaredLoss(2),
            new Dense { Width = 9, Activation = Curve.Tanh },
            new Dropout { Rate = 0.4 },
            new Dense { Width = 2 }),
        ["cox"] = Of(
            SampleShape.Vector(5), new CoxLoss(CoxTies.Efron), new Dense { Width = 9 }, new Dense { Width = 1 }),
        ["gru"] = Of(
            SampleShape.Sequence(7, 5),
            new BinaryLoss(1),
            new Gru { Hidden = 33, Returns = Returns.All },
            new Gru { Hidden = 17 },
            new Dense { Width = 1 }),
        ["lstm"] = Of(
            SampleShape.Sequence(7, 5),
            new BinaryLoss(1),
            new Lstm { Hidden = 33, Returns = Returns.All },
            new Lstm { Hidden = 17 },
            new Dense { Width = 1 }),
        ["gru-d"] = Of(
            SampleShape.Sequence(7, 6),
            new BinaryLoss(1),
            new GruD { Hidden = 17 },
            new Dense { Width = 1 }),
        ["graph"] = Of(
            SampleShape.Sequence(5, 6),
            new SquaredLoss(1),
            new GraphAttention { Edges = [new(0, 1), new(1, 2), new(4, 0)], Width = 3, Heads = 2 },
            new Flatten(),
            new Dense { Width = 1 }),
        ["images"] = Of(
            SampleShape.Image(1, 20, 28),
            new SoftmaxLoss(3),
            new Convolution2d { Channels = 5, Kernel = 8, Stride = 2, Padding = 3, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Convolution2d { Channels = 7, Kernel = 2, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 2 },
            new AveragePool { Size = 2, Stride = 1 },
            new Dense { Width = 3 }),
        ["steps"] = Of(
            SampleShape.Sequence(9, 6),
            new SquaredLoss(1),
            new Convolution1d { Channels = 8, Kernel = 3, Padding = 1, Activation = Curve.Sigmoid },
            new SelfAttention { Heads = 2 },
            new Flatten(),
            new Dense { Width = 1 }),
        ["codes"] = Of(
            SampleShape.Sequence(6, 1),
            new SquaredLoss(1),
            new Embedding { Vocabulary = 11, Width = 5 },
            new Flatten(),
            new Dense { Width = 1 }),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_number_of_threads_gives_the_same_bytes(string name)
    {
        Network network = new(Descriptions[name]);
        Step expected = StepOf(network, name, threads: 1);

        for (int threads = 2; threads <= 4; threads++)
        {
            Same(expected, StepOf(network, name, threads));
        }

        // More threads than rows.
        Same(expected, StepOf(network, name, threads: Rows + 1));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_width_gives_the_same_bytes(string name)
    {
        Step expected = StepOf(new Network(Descriptions[name], VectorWidth.Scalar), name, threads: 2);
        foreach (VectorWidth width in Enum.GetValues<VectorWidth>())
        {
            Same(expected, StepOf(new Network(Descriptions[name], width), name, threads: 2));
        }
    }

    // The pool allocates when it makes a thread, so the least of some steps is what a step itself allocates.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_shared_step_allocates_nothing(string name)
    {
        Network network = new(Descriptions[name]);
        Data data = new(network, name);
        NetworkWorkspace workspace = network.CreateWorkspace(Rows, threads: 2);
        float[] gradient = new float[network.ParameterCount];
        long least = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            network.LossAndGradient(data.Parameters, data.Batch(), workspace, gradient);
            if (Clips(network, name))
            {
                network.ClippedGradient(data.Parameters, data.Batch(Patients), Clip, workspace, gradient);
            }

            least = long.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // A Cox loss sorts its rows and keeps what each risk set pulls at.
        Assert.InRange(least, 0, network.Loss is CoxLoss ? 2048 : 0);
    }

    [Fact]
    public void A_failure_on_another_thread_reaches_the_caller()
    {
        Network network = new(Descriptions["codes"]);
        Data data = new(network, "codes");
        NetworkWorkspace workspace = network.CreateWorkspace(Rows, threads: 3);
        float[] gradient = new float[network.ParameterCount];
        data.Inputs[^1] = 11;

        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => network.LossAndGradient(data.Parameters, data.Batch(), workspace, gradient));
        Assert.Contains("Code 11", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_refused_with_the_row_of_the_batch()
    {
        Network network = new(Descriptions["gru"]);
        Data data = new(network, "gru");
        NetworkWorkspace workspace = network.CreateWorkspace(Rows, threads: 3);
        float[] gradient = new float[network.ParameterCount];
        data.Inputs[20 * network.Input.Size] = float.NaN;

        ArithmeticException refusal = Assert.Throws<ArithmeticException>(
            () => network.ClippedGradient(data.Parameters, data.Batch(), Clip, workspace, gradient));
        Assert.Contains("row 20 ", refusal.Message, StringComparison.Ordinal);
    }

    private static bool Clips(Network network, string name) => network.Loss.IsSumOverRows && name != "dropout";

    private static Step StepOf(Network network, string name, int threads)
    {
        Data data = new(network, name);
        NetworkWorkspace workspace = network.CreateWorkspace(Rows, threads);
        float[] gradient = new float[network.ParameterCount];
        float[] clipped = new float[network.ParameterCount];
        float[] together = new float[network.ParameterCount];
        byte[] outputs = BytesOf(network.Forward(data.Parameters, data.Batch(), workspace));
        double loss = network.LossAndGradient(data.Parameters, data.Batch(), workspace, gradient);
        if (Clips(network, name))
        {
            network.ClippedGradient(data.Parameters, data.Batch(), Clip, workspace, clipped);
            network.ClippedGradient(data.Parameters, data.Batch(Patients), Clip, workspace, together);
            Assert.NotEqual(clipped, together);
        }

        return new(loss, outputs, BytesOf(gradient), BytesOf(clipped), BytesOf(together));
    }

    private static void Same(Step expected, Step actual)
    {
        Assert.Equal(expected.Loss, actual.Loss);
        Assert.Equal(expected.Outputs, actual.Outputs);
        Assert.Equal(expected.Gradient, actual.Gradient);
        Assert.Equal(expected.Clipped, actual.Clipped);
        Assert.Equal(expected.Together, actual.Together);
    }

    private static byte[] BytesOf(ReadOnlySpan<float> floats) => MemoryMarshal.AsBytes(floats).ToArray();

    private static NetworkDescription Of(SampleShape input, Loss loss, params LayerDescription[] layers) =>
        new() { Input = input, Layers = layers, Loss = loss };

    private sealed record Step(double Loss, byte[] Outputs, byte[] Gradient, byte[] Clipped, byte[] Together);

    private sealed class Data
    {
        private readonly float[] _targets;
        private readonly float[] _mask = [];

        public Data(Network network, string name)
        {
            PhiloxStream random = new(seed: 5, stream: 3);
            Parameters = network.InitialParameters(seed: 2);
            Inputs = new float[Rows * network.Input.Size];
            foreach (ref float input in Inputs.AsSpan())
            {
                input = name == "codes" ? random.NextBelow(11) : (float)random.NextNormal();
            }

            if (name == "gru-d")
            {
                MakeMasksAndTimes();
            }

            _targets = new float[Rows * network.Loss.TargetSize];
            foreach (ref float target in _targets.AsSpan())
            {
                target = random.NextBelow(2);
            }

            if (name is "gru" or "lstm")
            {
                _mask = new float[Rows * network.Input.Steps];
                foreach (ref float mask in _mask.AsSpan())
                {
                    mask = random.NextBelow(4) > 0 ? 1 : 0;
                }
            }
        }

        public float[] Parameters { get; }

        public float[] Inputs { get; }

        // Each step of GRU-D has two values, two masks and two times since the last observation.
        private void MakeMasksAndTimes()
        {
            for (int step = 0; step < Inputs.Length; step += 6)
            {
                foreach (ref float mask in Inputs.AsSpan(step + 2, 2))
                {
                    mask = mask > 0 ? 1 : 0;
                }

                foreach (ref float time in Inputs.AsSpan(step + 4, 2))
                {
                    time = Math.Abs(time);
                }
            }
        }

        public NetworkBatch Batch(int[]? patients = null) => new()
        {
            Rows = Rows,
            Inputs = Inputs,
            Targets = _targets,
            StepMask = _mask,
            Patients = patients,
            DropoutSeed = 9,
            DropoutStep = 4,
        };
    }
}
