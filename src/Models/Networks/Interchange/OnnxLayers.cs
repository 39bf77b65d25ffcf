using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>Layers as ONNX operators, one after another.</summary>
/// <param name="graph">What they are added to.</param>
/// <param name="parameters">What is left of the parameter vector; moves on with every layer.</param>
/// <param name="steps">Steps of the step mask.</param>
/// <param name="mask">Name of the step mask, or null.</param>
internal sealed class OnnxLayers(OnnxGraph graph, ReadOnlyMemory<float> parameters, int steps, string? mask)
{
    private ReadOnlyMemory<float> _parameters = parameters;

    /// <summary>Whether any layer so far reads the step mask.</summary>
    public bool ReadMask { get; private set; }

    /// <summary>Adds the layers and returns the name of what the last one gives.</summary>
    public string Append(
        IReadOnlyList<LayerDescription> descriptions, SampleShape input, string value, string path)
    {
        for (int i = 0; i < descriptions.Count; i++)
        {
            Layer[] layers = LayerFactory.CreateAlone(descriptions[i], input);
            value = Append(descriptions[i], layers[0], value, $"{path}[{i}]");
            input = layers[^1].Output;
        }

        return value;
    }

    private string Append(LayerDescription description, Layer layer, string value, string path)
    {
        if (description is Residual residual)
        {
            return graph.Add("Add", [value, Append(residual.Layers, layer.Input, value, $"{path}.layers")]);
        }

        OnnxTensors tensors = new(layer, _parameters);
        _parameters = _parameters[layer.ParameterCount..];
        return description switch
        {
            Dense dense => Curved(DenseOf(tensors, layer, value), dense.Activation),
            Activation activation => Curved(value, activation.Curve),
            Flatten => graph.Add("Flatten", [value]),
            Dropout => value,
            Embedding => EmbeddingOf(tensors, layer, value),
            LayerNorm => LayerNormOf(tensors, layer, value),
            Convolution2d convolution => Curved(
                Convolution(tensors, layer, convolution, value), convolution.Activation),
            Convolution1d convolution => Curved(
                Convolution(tensors, layer, convolution, value), convolution.Activation),
            MaxPool pool => Pool("MaxPool", value, pool.Size, pool.Stride),
            AveragePool pool => Pool("AveragePool", value, pool.Size, pool.Stride),
            Gru gru => new OnnxRecurrence(graph, tensors, layer.Input, gru.Hidden, gru.Returns)
                .Gru(value, MaskFor(layer, path)),
            Lstm lstm => new OnnxRecurrence(graph, tensors, layer.Input, lstm.Hidden, lstm.Returns)
                .Lstm(value, MaskFor(layer, path)),
            GruD gruD => new OnnxRecurrence(graph, tensors, layer.Input, gruD.Hidden, gruD.Returns)
                .GruD(gruD.Means, value, MaskFor(layer, path)),
            SelfAttention attention => new OnnxAttention(graph, tensors, layer)
                .OfSteps(attention, value, MaskFor(layer, path)),
            GraphAttention attention => Curved(
                new OnnxAttention(graph, tensors, layer).OfNodes(attention, value, MaskFor(layer, path)),
                attention.Activation),
            _ => throw new NotSupportedException(
                $"{path} is a {description.GetType().Name}, which has no form in ONNX here."),
        };
    }

    private string? MaskFor(Layer layer, string path)
    {
        if (mask is not null && layer.Input.Steps != steps)
        {
            throw new ArgumentException($"{path} has {layer.Input.Steps} steps, and the step mask has {steps}.");
        }

        ReadMask = true;
        return mask;
    }

    // The operators have the names of the curves; ONNX's Gelu is the exact one unless told otherwise.
    private string Curved(string value, Curve curve) =>
        curve == Curve.None ? value : graph.Add(curve.ToString(), [value]);

    private string DenseOf(OnnxTensors tensors, Layer layer, string value)
    {
        int width = layer.Output.Features;
        int features = layer.Input.Features;
        if (layer.Input.Kind == SampleKind.Sequence)
        {
            string product = graph.Add(
                "MatMul",
                [value, graph.AddTensor(OnnxTensors.Transposed(tensors["weight"], width), features, width)]);
            return graph.Add("Add", [product, graph.AddTensor(tensors["bias"], width)]);
        }

        string rows = layer.Input.Kind == SampleKind.Image ? graph.Add("Flatten", [value]) : value;
        return graph.Add(
            "Gemm",
            [rows, graph.AddTensor(tensors["weight"], width, features), graph.AddTensor(tensors["bias"], width)],
            OnnxAttribute.Of("transB", 1));
    }

    private string EmbeddingOf(OnnxTensors tensors, Layer layer, string value)
    {
        int width = layer.Output.Features;
        float[] table = tensors["weight"];
        string codes = graph.ToIntegers(graph.Add("Flatten", [value]));
        return graph.Add("Gather", [graph.AddTensor(table, table.Length / width, width), codes]);
    }

    // Over all that a row, a step of it or an image holds.
    private string LayerNormOf(OnnxTensors tensors, Layer layer, string value)
    {
        SampleShape shape = layer.Input;
        bool isImage = shape.Kind == SampleKind.Image;
        int[] extents = isImage ? [shape.Channels, shape.Height, shape.Width] : [shape.Features];
        return graph.Add(
            "LayerNormalization",
            [value, graph.AddTensor(tensors["weight"], extents), graph.AddTensor(tensors["bias"], extents)],
            OnnxAttribute.Of("axis", isImage ? 1 : -1),
            OnnxAttribute.Of("epsilon", LayerNormLayer.Epsilon));
    }

    private string Convolution(OnnxTensors tensors, Layer layer, Convolution2d described, string value) => graph.Add(
        "Conv",
        [
            value,
            graph.AddTensor(
                tensors["weight"], described.Channels, layer.Input.Channels, described.Kernel, described.Kernel),
            graph.AddTensor(tensors["bias"], described.Channels),
        ],
        OnnxAttribute.All("kernel_shape", described.Kernel, described.Kernel),
        OnnxAttribute.All("strides", described.Stride, described.Stride),
        OnnxAttribute.All("pads", described.Padding, described.Padding, described.Padding, described.Padding));

    // ONNX has features before steps, as PyTorch has.
    private string Convolution(OnnxTensors tensors, Layer layer, Convolution1d described, string value)
    {
        string convolved = graph.Add(
            "Conv",
            [
                graph.Add("Transpose", [value], OnnxAttribute.All("perm", 0, 2, 1)),
                graph.AddTensor(tensors["weight"], described.Channels, layer.Input.Features, described.Kernel),
                graph.AddTensor(tensors["bias"], described.Channels),
            ],
            OnnxAttribute.All("kernel_shape", described.Kernel),
            OnnxAttribute.All("strides", described.Stride),
            OnnxAttribute.All("pads", described.Padding, described.Padding));
        return graph.Add("Transpose", [convolved], OnnxAttribute.All("perm", 0, 2, 1));
    }

    private string Pool(string operation, string value, int size, int stride) => graph.Add(
        operation,
        [value],
        OnnxAttribute.All("kernel_shape", size, size),
        OnnxAttribute.All("strides", stride, stride));
}
