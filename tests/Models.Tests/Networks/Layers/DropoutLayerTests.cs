using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Tests.Networks.Layers;

// Goal: dropout drops its share, in training alone, with masks that can be drawn again. Method: networks that are only
// dropout, whose outputs at an input of ones are the mask. A right generator would be rejected
// with probability below 1e-8 if the seed were drawn anew.
public sealed class DropoutLayerTests
{
    private const int Features = 20_000;

    [Fact]
    public void The_share_that_falls_is_the_rate_and_the_rest_grows()
    {
        float[] mask = MaskOf(0.3, seed: 1, step: 0);

        // Six standard deviations of a binomial share.
        double bound = 6 * Math.Sqrt(0.3 * 0.7 / Features);
        Assert.Equal(0.3, mask.Count(value => value == 0) / (double)Features, bound);
        Assert.All(mask.Where(value => value != 0), value => Assert.Equal(1 / 0.7, value, 1e-6));
    }

    [Fact]
    public void Masks_repeat_with_seed_and_step_and_differ_without()
    {
        float[] mask = MaskOf(0.5, seed: 1, step: 7);

        Assert.Equal(mask, MaskOf(0.5, seed: 1, step: 7));
        Assert.NotEqual(mask, MaskOf(0.5, seed: 2, step: 7));
        Assert.NotEqual(mask, MaskOf(0.5, seed: 1, step: 8));
    }

    [Fact]
    public void Two_layers_drop_different_entries()
    {
        float[] one = MaskOf(0.5, 1, 0, new Dropout { Rate = 0.5 });
        float[] two = MaskOf(0.5, 1, 0, new Dropout { Rate = 0.5 }, new Dropout { Rate = 0.5 });

        double share = two.Count(value => value != 0) / (double)Features;
        Assert.Equal(0.25, share, 6 * Math.Sqrt(0.25 * 0.75 / Features));
        Assert.All(one.Zip(two), pair => Assert.True(pair.Second == 0 || pair.First != 0));
    }

    [Fact]
    public void Nothing_falls_outside_training()
    {
        Network network = NetworkOf(new Dropout { Rate = 0.9 });
        float[] ones = [.. Enumerable.Repeat(1f, Features)];

        Assert.Equal(ones, network.Forward(
            [], new() { Rows = 1, Inputs = ones, DropoutSeed = 3 }, network.CreateWorkspace(1)).ToArray());
    }

    // Goal: the backward pass draws the forward pass's mask. Method: weights, biases and input of 1 give 2
    // before a dropout of gain 2, so that y is 4 or 0; then dL/d(bias) is 2 y in both cases.
    [Fact]
    public void The_backward_pass_drops_what_the_forward_pass_dropped()
    {
        Network network = new(new()
        {
            Input = SampleShape.Vector(1),
            Layers = [new Dense { Width = 64 }, new Dropout { Rate = 0.5 }],
            Loss = new SquaredLoss(64),
        });
        NetworkWorkspace workspace = network.CreateWorkspace(1);
        float[] gradient = new float[network.ParameterCount];
        float[] parameters = [.. Enumerable.Repeat(1f, network.ParameterCount)];

        network.LossAndGradient(
            parameters, new() { Rows = 1, Inputs = [1f], Targets = new float[64] }, workspace, gradient);

        Assert.Contains(0f, workspace.Outputs);
        Assert.Contains(4f, workspace.Outputs);
        Assert.Equal(workspace.Outputs.Select(y => 2 * y), gradient[64..]);
    }

    [Fact]
    public void Clipping_a_network_with_dropout_is_refused()
    {
        Network network = new(new()
        {
            Input = SampleShape.Vector(2),
            Layers = [new Residual { Layers = [new Dropout { Rate = 0.5 }] }, new Dense { Width = 1 }],
            Loss = new SquaredLoss(1),
        });

        Assert.Throws<ArgumentException>(() => network.ClippedGradient(
            new float[3],
            new() { Rows = 1, Inputs = [1f, 1f], Targets = [1f] },
            1,
            network.CreateWorkspace(1),
            new float[3]));
    }

    private static float[] MaskOf(double rate, ulong seed, ulong step, params LayerDescription[] layers)
    {
        Network network = NetworkOf(layers.Length == 0 ? [new Dropout { Rate = rate }] : layers);
        NetworkWorkspace workspace = network.CreateWorkspace(1);
        float[] ones = [.. Enumerable.Repeat(1f, Features)];
        network.LossAndGradient(
            [],
            new()
            {
                Rows = 1,
                Inputs = ones,
                Targets = new float[Features],
                DropoutSeed = seed,
                DropoutStep = step,
            },
            workspace,
            []);
        return [.. workspace.Outputs];
    }

    private static Network NetworkOf(params LayerDescription[] layers) => new(new()
    {
        Input = SampleShape.Vector(Features),
        Layers = layers,
        Loss = new SquaredLoss(Features),
    });
}
