namespace DigitalTwin.Models.Networks.Layers;

/// <summary>One named tensor of a network and where it lies in the parameter vector.</summary>
/// <param name="Name">As in PyTorch: the layer's number and the tensor's name, such as <c>0.weight</c>.</param>
/// <param name="Offset">First float in the parameter vector.</param>
/// <param name="Extents">Extents, the last fastest.</param>
public sealed record ParameterBlock(string Name, int Offset, IReadOnlyList<int> Extents)
{
    /// <summary>Floats of the tensor.</summary>
    public int Size => Extents.Aggregate(1, (product, extent) => product * extent);
}
