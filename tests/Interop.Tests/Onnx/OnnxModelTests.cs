using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Interchange;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Interop.Tests.Onnx;

// Goal: an exported network gives the outputs of ours in a runtime that is not ours. Method: every kind of layer with
// random parameters and inputs, three rows at once, through ONNX Runtime; outputs to 1e-5 of the largest.
public sealed class OnnxModelTests(NodeOnnx peer)
{
    private const int Rows = 3;
    private const double Tolerance = 1e-5;

    private static readonly GraphEdge[] Edges = [new(0, 1), new(1, 2), new(2, 0), new(3, 2), new(0, 3)];

    // One process for all of them; the first test that needs the answers asks.
    private static readonly SemaphoreSlim Asking = new(1);
    private static JsonElement? _answers;

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static Dictionary<string, Case> Cases { get; } = new()
    {
        ["dense relu"] = new(SampleShape.Vector(5), 2, false, [Dense(7, Curve.Relu), Dense(2)]),
        ["dense gelu"] = new(SampleShape.Vector(5), 2, false, [Dense(7, Curve.Gelu), Dense(2)]),
        ["dense tanh"] = new(SampleShape.Vector(5), 7, false, [Dense(7), new Activation { Curve = Curve.Tanh }]),
        ["dense sigmoid"] = new(
            SampleShape.Sequence(4, 3), 1, false, [Dense(7, Curve.Sigmoid), new Flatten(), Dense(1)]),
        ["dense of an image"] = new(SampleShape.Image(2, 3, 4), 3, false, [Dense(3)]),
        ["dropout"] = new(SampleShape.Vector(5), 3, false, [new Dropout { Rate = 0.5 }, Dense(3)]),
        ["layer norm"] = new(SampleShape.Vector(9), 9, false, [new LayerNorm()]),
        ["layer norm of steps"] = new(SampleShape.Sequence(4, 9), 36, false, [new LayerNorm()]),
        ["layer norm of an image"] = new(SampleShape.Image(2, 3, 4), 24, false, [new LayerNorm()]),
        ["residual"] = new(
            SampleShape.Vector(4),
            2,
            false,
            [
                new Residual
                {
                    Layers = [Dense(6, Curve.Tanh), new Residual { Layers = [Dense(6)] }, new LayerNorm(), Dense(4)],
                },
                Dense(2),
            ]),
        ["convolution"] = new(
            SampleShape.Image(2, 9, 8),
            2,
            false,
            [
                new Convolution2d { Channels = 4, Kernel = 3, Padding = 1, Activation = Curve.Relu },
                new MaxPool { Size = 2, Stride = 2 },
                new Convolution2d { Channels = 3, Kernel = 2, Stride = 2, Padding = 1 },
                new AveragePool { Size = 2, Stride = 1 },
                new Flatten(),
                Dense(2),
            ]),
        ["convolution over steps"] = new(
            SampleShape.Sequence(9, 3),
            6,
            false,
            [
                new Convolution1d { Channels = 5, Kernel = 3, Padding = 1, Activation = Curve.Gelu },
                new Convolution1d { Channels = 2, Kernel = 4, Stride = 2 },
            ]),
        ["gru last"] = new(SampleShape.Sequence(6, 4), 2, false, [new Gru { Hidden = 5 }, Dense(2)]),
        ["gru all"] = new(
            SampleShape.Sequence(6, 4),
            18,
            false,
            [new Gru { Hidden = 5, Returns = Returns.All }, new Gru { Hidden = 3, Returns = Returns.All }]),
        ["gru masked"] = new(
            SampleShape.Sequence(6, 4),
            3,
            true,
            [new Gru { Hidden = 5, Returns = Returns.All }, new Gru { Hidden = 3 }]),
        ["lstm last"] = new(SampleShape.Sequence(6, 4), 2, false, [new Lstm { Hidden = 5 }, Dense(2)]),
        ["lstm all"] = new(SampleShape.Sequence(6, 4), 30, false, [new Lstm { Hidden = 5, Returns = Returns.All }]),
        ["lstm masked"] = new(
            SampleShape.Sequence(6, 4),
            3,
            true,
            [new Lstm { Hidden = 5, Returns = Returns.All }, new Lstm { Hidden = 3 }]),
        ["gru-d last"] = new(SampleShape.Sequence(6, 9), 2, false, [new GruD { Hidden = 5 }, Dense(2)]),
        ["gru-d all"] = new(
            SampleShape.Sequence(6, 9),
            30,
            false,
            [new GruD { Hidden = 5, Returns = Returns.All, Means = [1, -2, 0.5] }]),
        ["gru-d masked"] = new(
            SampleShape.Sequence(6, 9),
            3,
            true,
            [new GruD { Hidden = 5, Returns = Returns.All, Means = [1, -2, 0.5] }, new Lstm { Hidden = 3 }]),
        ["self-attention"] = new(SampleShape.Sequence(4, 6), 24, false, [new SelfAttention { Heads = 3 }]),
        ["self-attention masked"] = new(SampleShape.Sequence(4, 6), 24, true, [new SelfAttention { Heads = 2 }]),
        ["graph attention"] = new(
            SampleShape.Sequence(5, 6),
            10,
            false,
            [
                new GraphAttention { Edges = Edges, Width = 4, Heads = 3, Activation = Curve.Relu },
                new GraphAttention { Edges = Edges, Width = 2 },
            ]),
        ["graph attention averaged"] = new(
            SampleShape.Sequence(4, 3),
            36,
            false,
            [new GraphAttention { Edges = Edges, Width = 9, Heads = 2, HeadOutputs = HeadOutputs.Averaged }]),
        ["graph attention masked"] = new(
            SampleShape.Sequence(4, 3), 32, true, [new GraphAttention { Edges = Edges, Width = 4, Heads = 2 }]),
        ["embedding"] = new(
            SampleShape.Sequence(4, 1),
            3,
            false,
            [
                new Embedding { Vocabulary = 6, Width = 4 },
                new Residual { Layers = [new SelfAttention { Heads = 2 }] },
                new LayerNorm(),
                new Gru { Hidden = 3 },
            ]),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_runtime_gives_our_outputs(string name)
    {
        await peer.SkipUnlessInstalledAsync(Token);
        JsonElement answer = (await AnswersAsync()).GetProperty(name);
        Assert.False(answer.TryGetProperty("error", out JsonElement error), error.ToString());

        Network network = new(DescriptionOf(name));
        NetworkBatch batch = new() { Rows = Rows, Inputs = InputsOf(name), StepMask = MaskOf(name) };
        float[] ours = [.. network.Forward(ParametersOf(network), batch, network.CreateWorkspace(Rows))];

        float[] theirs = MemoryMarshal.Cast<byte, float>(answer.GetProperty("floats").GetBytesFromBase64()).ToArray();
        Assert.Equal(Rows, answer.GetProperty("extents")[0].GetInt32());
        Assert.Equal(ours.Length, theirs.Length);
        double tolerance = Tolerance * theirs.Max(Math.Abs);
        Assert.All(theirs.Zip(ours), pair => Assert.Equal(pair.First, pair.Second, tolerance));
        Assert.True(theirs.Max() > theirs.Min(), "All outputs are one number.");
    }

    private async Task<JsonElement> AnswersAsync()
    {
        await Asking.WaitAsync(Token);
        try
        {
            _answers ??= await peer.CallAsync(
                new JsonObject(Cases.Keys.Select(name => KeyValuePair.Create<string, JsonNode?>(name, Request(name)))),
                Token);
            return _answers.Value;
        }
        finally
        {
            Asking.Release();
        }
    }

    private static JsonObject Request(string name)
    {
        (SampleShape input, _, bool masked, _) = Cases[name];
        int[] extents = input.Kind switch
        {
            SampleKind.Vector => [input.Features],
            SampleKind.Sequence => [input.Steps, input.Features],
            _ => [input.Channels, input.Height, input.Width],
        };
        JsonObject inputs = new() { ["input"] = Tensor(InputsOf(name), extents) };
        if (masked)
        {
            inputs["step_mask"] = Tensor(MaskOf(name), input.Steps);
        }

        NetworkDescription description = DescriptionOf(name);
        byte[] model = OnnxModel.Write(description, ParametersOf(new Network(description)), masked);
        return new() { ["model"] = Convert.ToBase64String(model), ["inputs"] = inputs };
    }

    private static JsonObject Tensor(float[] floats, params int[] extents) => new()
    {
        ["floats"] = Convert.ToBase64String(MemoryMarshal.AsBytes<float>(floats)),
        ["extents"] = new JsonArray([Rows, .. extents.Select(extent => JsonValue.Create(extent))]),
    };

    private static NetworkDescription DescriptionOf(string name)
    {
        (SampleShape input, int outputs, _, LayerDescription[] layers) = Cases[name];
        return new() { Input = input, Layers = layers, Loss = new SquaredLoss(outputs) };
    }

    private static float[] ParametersOf(Network network)
    {
        PhiloxStream random = new(seed: 7, stream: 1);
        return [.. Enumerable.Range(0, network.ParameterCount).Select(_ => (float)(random.NextNormal() / 2))];
    }

    // Codes for an embedding; values, masks and times for GRU-D, whose gaps hold what no runtime may read.
    private static float[] InputsOf(string name)
    {
        (SampleShape input, _, _, LayerDescription[] layers) = Cases[name];
        PhiloxStream random = new(seed: 7, stream: 2);
        float[] inputs = [.. Enumerable.Range(0, Rows * input.Size).Select(_ => (float)random.NextNormal())];
        for (int i = 0; i < inputs.Length; i++)
        {
            int part = i % input.Features / int.Max(1, input.Features / 3);
            inputs[i] = layers[0] switch
            {
                Embedding => random.NextBelow(6),
                GruD when part == 1 => random.NextBelow(2),
                GruD when part == 2 => (float)random.NextUnit(),
                _ => inputs[i],
            };
        }

        for (int i = 0; i < inputs.Length && layers[0] is GruD; i++)
        {
            bool isValue = i % input.Features < input.Features / 3;
            inputs[i] = isValue && inputs[i + (input.Features / 3)] == 0 ? float.NaN : inputs[i];
        }

        return inputs;
    }

    // With gaps, and a row that has nothing at all.
    private static float[] MaskOf(string name)
    {
        (SampleShape input, _, bool masked, _) = Cases[name];
        return masked
            ? [.. Enumerable.Range(0, Rows * input.Steps).Select(i => i / input.Steps == 2 || i % 3 == 1 ? 0f : 1f)]
            : [];
    }

    private static Dense Dense(int width, Curve curve = Curve.None) => new() { Width = width, Activation = curve };

    /// <summary>A network, how many numbers it gives per row, and whether its steps are masked.</summary>
    private sealed record Case(SampleShape Input, int Outputs, bool Masked, LayerDescription[] Layers);
}
