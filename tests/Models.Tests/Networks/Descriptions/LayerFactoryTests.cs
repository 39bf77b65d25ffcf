using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Tests.Networks.Descriptions;

// Goal: what cannot be a network is refused with the name of the field and what is allowed.
public sealed class LayerFactoryTests
{
    public static TheoryData<string> Sentences => [.. Refused.Keys];

    private static Dictionary<string, (SampleShape Input, LayerDescription Layer)> Refused { get; } = new()
    {
        ["layers[0].width is 0; allowed: 1 to 65536."] = (SampleShape.Vector(3), new Dense { Width = 0 }),
        ["layers[0].activation is 9; allowed: relu, gelu, tanh, sigmoid."] =
            (SampleShape.Vector(3), new Dense { Width = 1, Activation = (Curve)9 }),
        ["layers[0] takes a sequence, and gets 3 features."] = (SampleShape.Vector(3), new Gru { Hidden = 2 }),
        ["layers[0].hidden is 4097; allowed: 1 to 4096."] = (SampleShape.Sequence(2, 3), new Lstm { Hidden = 4097 }),
        ["layers[0] takes as many values as masks and times, and gets 2 steps of 4 features."] =
            (SampleShape.Sequence(2, 4), new GruD { Hidden = 2 }),
        ["layers[0].means has 1 numbers; allowed: 0 or 2."] =
            (SampleShape.Sequence(2, 6), new GruD { Hidden = 2, Means = [1] }),
        ["layers[0].means holds a number that is not finite."] =
            (SampleShape.Sequence(2, 3), new GruD { Hidden = 2, Means = [1e300] }),
        ["layers[0].layers[0] reads masks and times, so it can only be layers[0]."] =
            (SampleShape.Sequence(2, 3), new Residual { Layers = [new GruD { Hidden = 3 }] }),
        ["layers[0] takes an image, and gets 2 steps of 3 features."] =
            (SampleShape.Sequence(2, 3), new MaxPool { Size = 2, Stride = 1 }),
        ["layers[0].kernel is 6; allowed: 1 to 5."] =
            (SampleShape.Image(1, 5, 7), new Convolution2d { Channels = 1, Kernel = 6 }),
        ["layers[0].padding is 3; allowed: 0 to 2."] =
            (SampleShape.Image(1, 5, 7), new Convolution2d { Channels = 1, Kernel = 3, Padding = 3 }),
        ["layers[0].stride is 0; allowed: 1 to 4."] =
            (SampleShape.Sequence(4, 1), new Convolution1d { Channels = 1, Kernel = 3, Stride = 0 }),
        ["layers[0].rate is 1; allowed: 0 to below 1."] = (SampleShape.Vector(3), new Dropout { Rate = 1 }),
        ["layers[0].heads is 2; allowed: divisors of 3, the features."] =
            (SampleShape.Sequence(4, 3), new SelfAttention { Heads = 2 }),
        ["layers[0].edges[1].target is 4; allowed: 0 to 3."] =
            (SampleShape.Sequence(4, 3), new GraphAttention { Edges = [new(0, 1), new(0, 4)], Width = 1 }),
        ["layers[0].edges[0], from 2 to 2, is there already; each may be named once, and every node looks at itself."] =
            (SampleShape.Sequence(4, 3), new GraphAttention { Edges = [new(2, 2)], Width = 1 }),
        ["layers[0].edges[1], from 0 to 1, is there already; each may be named once, and every node looks at itself."] =
            (SampleShape.Sequence(4, 3), new GraphAttention { Edges = [new(0, 1), new(0, 1)], Width = 1 }),
        ["layers[0].heads is 65; allowed: 1 to 64."] =
            (SampleShape.Sequence(4, 3), new GraphAttention { Edges = [], Width = 1, Heads = 65 }),
        ["layers[0].headOutputs is 2; allowed: joined, averaged."] =
            (SampleShape.Sequence(4, 3), new GraphAttention { Edges = [], Width = 1, HeadOutputs = (HeadOutputs)2 }),
        ["layers[0].layers turn 3 features into 2 features, and must keep the shape."] =
            (SampleShape.Vector(3), new Residual { Layers = [new Dense { Width = 2 }] }),
        ["layers[0].layers[0].width is -1; allowed: 1 to 65536."] =
            (SampleShape.Vector(3), new Residual { Layers = [new Dense { Width = -1 }] }),
        ["layers[0] is a batch norm, which mixes the patients of a batch; use a layer norm."] =
            (SampleShape.Vector(3), new BatchNorm()),
        ["The last layer gives 3 features, and the loss SquaredLoss takes 1."] =
            (SampleShape.Vector(3), new LayerNorm()),
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void A_refusal_names_the_field_and_what_is_allowed(string sentence)
    {
        (SampleShape input, LayerDescription layer) = Refused[sentence];

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => new Network(new()
        {
            Input = input,
            Layers = [layer],
            Loss = new SquaredLoss(1),
        }));

        Assert.Equal(sentence, refusal.Message);
    }

    [Fact]
    public void A_network_without_layers_is_refused() => Assert.Equal(
        "layers.count is 0; allowed: 1 to 256.",
        Assert.Throws<ArgumentException>(() => new Network(new()
        {
            Input = SampleShape.Vector(1),
            Layers = [],
            Loss = new SquaredLoss(1),
        })).Message);

    [Fact]
    public void Tensors_are_named_and_placed_as_in_pytorch()
    {
        Network network = new(new()
        {
            Input = SampleShape.Sequence(5, 3),
            Layers =
            [
                new Gru { Hidden = 4 },
                new Dense { Width = 2, Activation = Curve.Tanh },
                new Dense { Width = 1 },
            ],
            Loss = new SquaredLoss(1),
        });

        Assert.Equal(
            [
                "0.weight_ih_l0 0 12x3", "0.weight_hh_l0 36 12x4", "0.bias_ih_l0 84 12", "0.bias_hh_l0 96 12",
                "1.weight 108 2x4", "1.bias 116 2", "3.weight 118 1x2", "3.bias 120 1",
            ],
            network.Blocks.Select(block => $"{block.Name} {block.Offset} {string.Join('x', block.Extents)}"));
        Assert.Equal(121, network.ParameterCount);
    }

    [Fact]
    public void Initial_parameters_depend_on_the_seed_alone()
    {
        Network network = new(GoldenCase.All["self-attention"].Description);

        Assert.Equal(network.InitialParameters(1), network.InitialParameters(1));
        Assert.NotEqual(network.InitialParameters(1), network.InitialParameters(2));
        Assert.All(network.InitialParameters(1), value => Assert.InRange(value, -1.5f, 1.5f));
    }
}
