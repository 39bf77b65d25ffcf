using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>The tensors of one layer by their names.</summary>
/// <param name="layer">Whose they are.</param>
/// <param name="parameters">The layer's slice of the parameter vector.</param>
internal sealed class OnnxTensors(Layer layer, ReadOnlyMemory<float> parameters)
{
    /// <summary>All floats of a tensor, in their order.</summary>
    public float[] this[string name] => Rows(name, 0, 1);

    /// <summary>One of <paramref name="parts"/> equal parts of a tensor's rows.</summary>
    public float[] Rows(string name, int part, int parts)
    {
        ParameterBlock block = layer.Blocks.Single(one => one.Name == name);
        int size = block.Size / parts;
        return parameters.Slice(block.Offset + (part * size), size).ToArray();
    }

    /// <summary>A matrix of <paramref name="rows"/> rows with rows and columns exchanged.</summary>
    public static float[] Transposed(float[] matrix, int rows)
    {
        int columns = matrix.Length / rows;
        return [.. Enumerable.Range(0, matrix.Length).Select(i => matrix[(i % rows * columns) + (i / rows)])];
    }
}
