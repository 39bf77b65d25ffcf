namespace DigitalTwin.Models.Networks.Descriptions;

/// <summary>One layer of a network as data.</summary>
public abstract record LayerDescription;

/// <summary>What follows a layer, entry by entry.</summary>
public enum Curve
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x Φ(x).</summary>
    Gelu,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + e^−x).</summary>
    Sigmoid,
}

/// <summary>y = W x + b; for each step of a sequence, and of a flattened image.</summary>
public sealed record Dense : LayerDescription
{
    /// <summary>Outputs, 1 to 65536.</summary>
    public required int Width { get; init; }

    public Curve Activation { get; init; }
}

/// <summary>Only a curve.</summary>
public sealed record Activation : LayerDescription
{
    public required Curve Curve { get; init; }
}

/// <summary>A sequence or an image as one vector.</summary>
public sealed record Flatten : LayerDescription;

/// <summary>Always refused: its statistics mix the patients of a batch.</summary>
/// <remarks>
/// A row's output would depend on the other rows, so there would be no gradient per patient to clip, and running
/// averages would leave the hospital without noise. A layer norm does the same within one row.
/// </remarks>
public sealed record BatchNorm : LayerDescription;
