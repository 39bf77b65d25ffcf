using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Descriptions;

/// <summary>Makes layers of their descriptions; every refusal names the field and what is allowed.</summary>
internal sealed class LayerFactory
{
    private const int MostLayers = 256;
    private const int LargestWidth = 65_536;
    private const int LargestHidden = 4_096;
    private const int MostHeads = 64;
    private const string FirstLayer = "layers[0]";

    // Every dropout has masks of its own.
    private int _dropouts;

    private LayerFactory()
    {
    }

    /// <exception cref="ArgumentException">A field is not allowed, or does not fit the layer before.</exception>
    public static ChainLayer Create(NetworkDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        ChainLayer chain = new LayerFactory().Chain(description.Input, description.Layers, "layers");
        int outputs = description.Loss.OutputSize;
        string loss = description.Loss.GetType().Name;
        return chain.Output.Size == outputs
            ? chain
            : throw new ArgumentException(
                $"The last layer gives {chain.Output}, and the loss {loss} takes {outputs}.");
    }

    /// <summary>What one description of an allowed network becomes, with its curve as a layer of its own.</summary>
    public static Layer[] CreateAlone(LayerDescription description, SampleShape input) =>
        [.. new LayerFactory().Create(description, input, FirstLayer)];

    private ChainLayer Chain(SampleShape input, IReadOnlyList<LayerDescription> descriptions, string path)
    {
        RequireRange($"{path}.count", descriptions.Count, 1, MostLayers);
        List<Layer> layers = [];
        for (int i = 0; i < descriptions.Count; i++)
        {
            SampleShape shape = layers.Count == 0 ? input : layers[^1].Output;
            layers.AddRange(Create(descriptions[i], shape, $"{path}[{i}]"));
        }

        return new ChainLayer([.. layers]);
    }

    private IEnumerable<Layer> Create(LayerDescription description, SampleShape input, string path) =>
        description switch
        {
            Dense dense => Followed(
                new DenseNetworkLayer(input, RequireRange($"{path}.width", dense.Width, 1, LargestWidth)),
                dense.Activation,
                path),
            Activation activation => [CurveOf(activation.Curve, input, path)],
            Flatten => [new FlattenLayer(input)],
            Gru gru => [new GruLayer(Sequence(input, path), Hidden(gru.Hidden, path), IsLast(gru.Returns, path))],
            Lstm lstm => [new LstmLayer(Sequence(input, path), Hidden(lstm.Hidden, path), IsLast(lstm.Returns, path))],
            GruD gruD => [GruDOf(gruD, Sequence(input, path), path)],
            Convolution2d convolution => Followed(
                new ConvolutionLayer(
                    WindowsOf(input, convolution.Kernel, convolution.Stride, convolution.Padding, path),
                    RequireRange($"{path}.channels", convolution.Channels, 1, LargestHidden)),
                convolution.Activation,
                path),
            Convolution1d convolution => Followed(
                StepConvolution(convolution, Sequence(input, path), path), convolution.Activation, path),
            MaxPool pool => [new MaxPoolLayer(WindowsOf(input, pool.Size, pool.Stride, 0, path))],
            AveragePool pool => [new AveragePoolLayer(WindowsOf(input, pool.Size, pool.Stride, 0, path))],
            LayerNorm => [new LayerNormLayer(input)],
            Dropout dropout => [new DropoutLayer(input, Rate(dropout.Rate, path), _dropouts++)],
            Embedding embedding =>
            [
                new EmbeddingLayer(
                    input,
                    RequireRange($"{path}.vocabulary", embedding.Vocabulary, 1, LargestWidth),
                    RequireRange($"{path}.width", embedding.Width, 1, LargestHidden)),
            ],
            Residual residual => [ResidualOf(residual, input, path)],
            SelfAttention attention => [AttentionOf(attention, Sequence(input, path), path)],
            GraphAttention attention => Followed(
                GraphAttentionOf(attention, Sequence(input, path), path), attention.Activation, path),
            BatchNorm => throw new ArgumentException(
                $"{path} is a batch norm, which mixes the patients of a batch; use a layer norm."),
            _ => throw new ArgumentException($"{path} is a {description?.GetType().Name ?? "null"}, no known layer."),
        };

    private static IEnumerable<Layer> Followed(Layer layer, Curve curve, string path) =>
        curve == Curve.None ? [layer] : [layer, CurveOf(curve, layer.Output, path)];

    private static Layer CurveOf(Curve curve, SampleShape shape, string path) => curve switch
    {
        Curve.Relu => new CurveLayer<ReluCurve>(shape),
        Curve.Gelu => new CurveLayer<GeluCurve>(shape),
        Curve.Tanh => new CurveLayer<TanhCurve>(shape),
        Curve.Sigmoid => new CurveLayer<SigmoidCurve>(shape),
        _ => throw new ArgumentException($"{path}.activation is {curve}; allowed: relu, gelu, tanh, sigmoid."),
    };

    private static GruDLayer GruDOf(GruD described, SampleShape input, string path)
    {
        if (path != FirstLayer)
        {
            throw new ArgumentException($"{path} reads masks and times, so it can only be {FirstLayer}.");
        }

        if (input.Features % GruDLayer.Parts != 0)
        {
            throw new ArgumentException($"{path} takes as many values as masks and times, and gets {input}.");
        }

        int values = input.Features / GruDLayer.Parts;
        if (described.Means.Count != 0 && described.Means.Count != values)
        {
            throw new ArgumentException($"{path}.means has {described.Means.Count} numbers; allowed: 0 or {values}.");
        }

        if (described.Means.Any(mean => !float.IsFinite((float)mean)))
        {
            throw new ArgumentException($"{path}.means holds a number that is not finite.");
        }

        return new GruDLayer(
            input,
            Hidden(described.Hidden, path),
            IsLast(described.Returns, path),
            described.Means.Count == 0 ? new float[values] : [.. described.Means.Select(mean => (float)mean)]);
    }

    private static StepConvolutionLayer StepConvolution(Convolution1d described, SampleShape input, string path)
    {
        RequireRange($"{path}.padding", described.Padding, 0, int.Max(0, described.Kernel - 1));
        int longest = input.Steps + (2 * described.Padding);
        return new StepConvolutionLayer(
            input,
            RequireRange($"{path}.channels", described.Channels, 1, LargestHidden),
            RequireRange($"{path}.kernel", described.Kernel, 1, longest),
            RequireRange($"{path}.stride", described.Stride, 1, longest),
            described.Padding);
    }

    private ResidualLayer ResidualOf(Residual residual, SampleShape input, string path)
    {
        ChainLayer inner = Chain(input, residual.Layers, $"{path}.layers");
        return inner.Output == input
            ? new ResidualLayer(inner)
            : throw new ArgumentException($"{path}.layers turn {input} into {inner.Output}, and must keep the shape.");
    }

    private static SelfAttentionLayer AttentionOf(SelfAttention attention, SampleShape input, string path)
    {
        RequireRange($"{path}.heads", attention.Heads, 1, input.Features);
        return input.Features % attention.Heads == 0
            ? new SelfAttentionLayer(input, attention.Heads)
            : throw new ArgumentException(
                $"{path}.heads is {attention.Heads}; allowed: divisors of {input.Features}, the features.");
    }

    private static GraphAttentionLayer GraphAttentionOf(GraphAttention described, SampleShape input, string path)
    {
        HashSet<GraphEdge> known = [];
        for (int i = 0; i < described.Edges.Count; i++)
        {
            GraphEdge edge = described.Edges[i];
            RequireRange($"{path}.edges[{i}].source", edge.Source, 0, input.Steps - 1);
            RequireRange($"{path}.edges[{i}].target", edge.Target, 0, input.Steps - 1);
            if (edge.Source == edge.Target || !known.Add(edge))
            {
                throw new ArgumentException(
                    $"{path}.edges[{i}], from {edge.Source} to {edge.Target}, is there already; each may be named "
                    + "once, and every node looks at itself.");
            }
        }

        bool joined = Enum.IsDefined(described.HeadOutputs)
            ? described.HeadOutputs == HeadOutputs.Joined
            : throw new ArgumentException($"{path}.headOutputs is {described.HeadOutputs}; allowed: joined, averaged.");
        return new GraphAttentionLayer(
            input,
            new Neighbourhoods(input.Steps, described.Edges),
            RequireRange($"{path}.width", described.Width, 1, LargestHidden),
            RequireRange($"{path}.heads", described.Heads, 1, MostHeads),
            joined);
    }

    private static double Rate(double rate, string path) => rate >= 0 && rate < 1
        ? rate
        : throw new ArgumentException($"{path}.rate is {rate}; allowed: 0 to below 1.");

    private static SampleShape Sequence(SampleShape shape, string path) => shape.Kind == SampleKind.Sequence
        ? shape
        : throw new ArgumentException($"{path} takes a sequence, and gets {shape}.");

    private static int Hidden(int hidden, string path) => RequireRange($"{path}.hidden", hidden, 1, LargestHidden);

    private static bool IsLast(Returns returns, string path) => Enum.IsDefined(returns)
        ? returns == Returns.Last
        : throw new ArgumentException($"{path}.returns is {returns}; allowed: last, all.");

    private static Windows WindowsOf(SampleShape shape, int size, int stride, int padding, string path)
    {
        if (shape.Kind != SampleKind.Image)
        {
            throw new ArgumentException($"{path} takes an image, and gets {shape}.");
        }

        RequireRange($"{path}.padding", padding, 0, int.Max(0, size - 1));
        int largest = int.Min(shape.Height, shape.Width) + (2 * padding);
        return new Windows(
            shape,
            RequireRange($"{path}.kernel", size, 1, largest),
            RequireRange($"{path}.stride", stride, 1, largest),
            padding);
    }

    private static int RequireRange(string field, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new ArgumentException($"{field} is {value}; allowed: {least} to {most}.");
}
