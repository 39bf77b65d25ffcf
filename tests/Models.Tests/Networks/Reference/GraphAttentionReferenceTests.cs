using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Reference;

namespace DigitalTwin.Models.Tests.Networks.Reference;

// Goal: the plain graph attention is right, and the fast layer is the plain one. Method: central differences in doubles
// for parameters and input, then the fast layer's floats on the same numbers.
public sealed class GraphAttentionReferenceTests
{
    private const int Nodes = 4;
    private const int Features = 3;
    private const int Width = 2;
    private const int Heads = 3;

    // Node 1 looks at three nodes, node 3 only at itself.
    private static readonly Neighbourhoods Graph = new(Nodes, [new(0, 1), new(3, 1), new(1, 0), new(3, 2)]);

    [Fact]
    public void Every_node_looks_at_itself_and_at_the_sources_of_its_edges() => Assert.Equal(
        ["0 1", "0 1 3", "2 3", "3"],
        Enumerable.Range(0, Nodes).Select(node => string.Join(' ', Graph.SourcesOf(node).ToArray())));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradients_are_derivatives_and_the_fast_layer_has_them(bool joined)
    {
        GraphAttentionLayer layer = new(SampleShape.Sequence(Nodes, Features), Graph, Width, Heads, joined);
        double[] parameters = Derivatives.Normals(1, layer.ParameterCount);
        double[] input = Derivatives.Normals(2, Nodes * Features);
        GraphAttentionReference<double> plain = new(Graph, Width, Heads, joined, parameters, input);
        (double[] gradient, double[] dx) = (new double[parameters.Length], new double[input.Length]);

        plain.Backward(Derivatives.Slopes.AsSpan(0, layer.Output.Size), gradient, dx);

        Derivatives.AreSame(gradient, parameters, () => Derivatives.Weighted(plain.Forward()));
        Derivatives.AreSame(dx, input, () => Derivatives.Weighted(plain.Forward()));
        LayerResult fast = LayerResult.Of(layer, parameters, input);
        Derivatives.Near(plain.Forward(), fast.Output);
        Derivatives.Near(gradient, fast.Gradient);
        Derivatives.Near(dx, fast.InputGradient);
    }

    [Fact]
    public void A_masked_node_is_not_looked_at()
    {
        GraphAttentionLayer layer = new(SampleShape.Sequence(Nodes, Features), Graph, Width, Heads, joined: true);
        double[] parameters = Derivatives.Normals(1, layer.ParameterCount);
        double[] input = Derivatives.Normals(2, Nodes * Features);
        float[] mask = [1, 1, 1, 0];
        float[] before = LayerResult.Of(layer, parameters, input, mask).Output;

        input[^1] += 1;
        float[] after = LayerResult.Of(layer, parameters, input, mask).Output;

        Assert.Equal(before, after);
        Assert.Equal(
            Derivatives.Floats(parameters[^(Width * Heads)..]), before[^(Width * Heads)..]);
        Assert.NotEqual(before, LayerResult.Of(layer, parameters, input).Output);
    }

    [Fact]
    public void A_mask_of_other_steps_is_refused()
    {
        GraphAttentionLayer layer = new(SampleShape.Sequence(Nodes, Features), Graph, Width, Heads, joined: true);

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => LayerResult.Of(
            layer, new double[layer.ParameterCount], new double[Nodes * Features], [1, 1, 1]));
        Assert.Equal("The step mask has 3 steps, and this layer has 4.", refusal.Message);
    }
}
