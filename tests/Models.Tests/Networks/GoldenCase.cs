using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Tests.Networks;

/// <summary>One network with numbers of PyTorch: Golden/make.py says how they were made.</summary>
internal sealed record GoldenCase
{
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("input")]
    public required float[] Input { get; init; }

    [JsonPropertyName("target")]
    public required float[] Target { get; init; }

    [JsonPropertyName("parameters")]
    public required float[] Parameters { get; init; }

    [JsonPropertyName("output")]
    public required double[] Output { get; init; }

    [JsonPropertyName("loss")]
    public required double Loss { get; init; }

    [JsonPropertyName("gradient")]
    public required double[] Gradient { get; init; }

    [JsonPropertyName("mask")]
    public float[] Mask { get; init; } = [];

    public static IReadOnlyDictionary<string, GoldenCase> All { get; } = JsonSerializer
        .Deserialize<GoldenCase[]>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Networks", "Golden", "golden.json")))!
        .ToDictionary(one => one.Name);

    public NetworkDescription Description => Descriptions[Name];

    public int Rows => Input.Length / Description.Input.Size;

    // Before the descriptions, which hold it.
    private static GraphEdge[] Edges { get; } = [new(0, 1), new(1, 2), new(2, 0), new(3, 2), new(0, 3)];

    private static Dictionary<string, NetworkDescription> Descriptions { get; } = new()
    {
        ["dense relu"] = Of(SampleShape.Vector(5), new SquaredLoss(2), Dense(9, Curve.Relu), Dense(2)),
        ["dense gelu"] = Of(SampleShape.Vector(5), new SoftmaxLoss(3), Dense(9, Curve.Gelu), Dense(3)),
        ["dense tanh"] = Of(SampleShape.Vector(5), new BinaryLoss(2), Dense(9, Curve.Tanh), Dense(2)),
        ["dense sigmoid"] = Of(SampleShape.Vector(5), new PoissonLoss(), Dense(9, Curve.Sigmoid), Dense(1)),
        ["gru last"] = Of(SampleShape.Sequence(4, 3), new SquaredLoss(1), new Gru { Hidden = 9 }, Dense(1)),
        ["gru masked"] = Of(SampleShape.Sequence(4, 3), new SquaredLoss(1), new Gru { Hidden = 9 }, Dense(1)),
        ["gru all"] = Of(
            SampleShape.Sequence(3, 3),
            new SquaredLoss(6),
            new Gru { Hidden = 5, Returns = Returns.All },
            new Gru { Hidden = 4, Returns = Returns.All },
            Dense(2)),
        ["lstm all"] = Of(
            SampleShape.Sequence(3, 3), new SquaredLoss(6), new Lstm { Hidden = 9, Returns = Returns.All }, Dense(2)),
        ["lstm masked"] = Of(SampleShape.Sequence(4, 3), new SquaredLoss(1), new Lstm { Hidden = 9 }, Dense(1)),
        ["convolution"] = Of(
            SampleShape.Image(2, 5, 6),
            new SquaredLoss(2),
            new Convolution2d { Channels = 3, Kernel = 3, Padding = 1, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Convolution2d { Channels = 4, Kernel = 2, Stride = 2, Activation = Curve.Tanh },
            new AveragePool { Size = 2, Stride = 1 },
            Dense(2)),
        ["max pool of stride 2"] = Of(
            SampleShape.Image(1, 7, 7),
            new SquaredLoss(1),
            new Convolution2d { Channels = 2, Kernel = 3, Stride = 2, Padding = 2 },
            new MaxPool { Size = 2, Stride = 2 },
            Dense(1)),
        ["convolution over steps"] = Of(
            SampleShape.Sequence(6, 3),
            new SquaredLoss(1),
            new Convolution1d { Channels = 4, Kernel = 3, Stride = 2, Padding = 1, Activation = Curve.Relu },
            new Flatten(),
            Dense(1)),
        ["layer norm"] = Of(SampleShape.Vector(4), new SquaredLoss(2), Dense(19), new LayerNorm(), Dense(2)),
        ["residual"] = Of(
            SampleShape.Vector(4),
            new SquaredLoss(1),
            new Residual { Layers = [Dense(9, Curve.Tanh), Dense(4)] },
            Dense(1)),
        ["embedding"] = Of(
            SampleShape.Sequence(3, 1),
            new SquaredLoss(1),
            new Embedding { Vocabulary = 5, Width = 3 },
            new Flatten(),
            Dense(1)),
        ["self-attention"] = Of(
            SampleShape.Sequence(4, 6), new SquaredLoss(1), new SelfAttention { Heads = 2 }, new Flatten(), Dense(1)),
        ["gru-d"] = Of(SampleShape.Sequence(5, 9), new SquaredLoss(1), new GruD { Hidden = 9 }, Dense(1)),
        ["gru-d masked"] = Of(
            SampleShape.Sequence(4, 9), new SquaredLoss(1), new GruD { Hidden = 5, Means = [0.5, -0.25, 1] }, Dense(1)),
        ["gru-d all"] = Of(
            SampleShape.Sequence(3, 6),
            new SquaredLoss(6),
            new GruD { Hidden = 9, Returns = Returns.All, Means = [-1, 0.5] },
            Dense(2)),
        ["graph attention"] = Of(
            SampleShape.Sequence(5, 6),
            new SquaredLoss(1),
            new GraphAttention { Edges = Edges, Width = 4, Heads = 3, Activation = Curve.Relu },
            new Flatten(),
            Dense(1)),
        ["graph attention averaged"] = Of(
            SampleShape.Sequence(4, 3),
            new SquaredLoss(1),
            new GraphAttention { Edges = Edges, Width = 9, Heads = 2, HeadOutputs = HeadOutputs.Averaged },
            new Flatten(),
            Dense(1)),
    };

    /// <summary>The rows of this case, from <paramref name="first"/> on.</summary>
    public NetworkBatch Batch(int first, int rows, int[]? patients = null)
    {
        int input = Description.Input.Size;
        int target = Description.Loss.TargetSize;
        int steps = Description.Input.Steps;
        return new()
        {
            Rows = rows,
            Inputs = Input.AsSpan(first * input, rows * input),
            Targets = Target.AsSpan(first * target, rows * target),
            StepMask = Mask.Length == 0 ? default : Mask.AsSpan(first * steps, rows * steps),
            Patients = patients,
        };
    }

    /// <summary>Mean loss and gradient of some rows at one width.</summary>
    public (double Loss, float[] Gradient) Evaluate(VectorWidth width, int first, int rows)
    {
        Network network = new(Description, width);
        float[] gradient = new float[network.ParameterCount];
        double loss = network.LossAndGradient(
            Parameters, Batch(first, rows), network.CreateWorkspace(rows), gradient);
        return (loss, gradient);
    }

    private static Dense Dense(int width, Curve curve = Curve.None) => new() { Width = width, Activation = curve };

    private static NetworkDescription Of(SampleShape input, Loss loss, params LayerDescription[] layers) =>
        new() { Input = input, Layers = layers, Loss = loss };
}
