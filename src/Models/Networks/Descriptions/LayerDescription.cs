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

/// <summary>Which states a recurrent layer hands on.</summary>
public enum Returns
{
    /// <summary>The state after the last step, as a vector.</summary>
    Last,

    /// <summary>The state after every step, as a sequence.</summary>
    All,
}

/// <summary>A gated recurrent unit over the steps of a sequence.</summary>
public sealed record Gru : LayerDescription
{
    /// <summary>Units of the state, 1 to 4096.</summary>
    public required int Hidden { get; init; }

    public Returns Returns { get; init; }
}

/// <summary>Long short-term memory over the steps of a sequence.</summary>
public sealed record Lstm : LayerDescription
{
    /// <summary>Units of the state, 1 to 4096.</summary>
    public required int Hidden { get; init; }

    public Returns Returns { get; init; }
}

/// <summary>A gated recurrent unit for series with gaps: what is not observed fades with time.</summary>
/// <remarks>
/// Che, Purushotham, Cho, Sontag and Liu, "Recurrent neural networks for multivariate time series with missing
/// values", Scientific Reports 8:6085, 2018. It reads the network's input, whose steps hold D values (what stands at
/// a gap is not read), D masks (1 where observed, else 0) and D times since the last observation (equation 2; 0 at
/// the first step), in a unit in which a typical gap is about 1.
/// </remarks>
public sealed record GruD : LayerDescription
{
    /// <summary>Units of the state, 1 to 4096.</summary>
    public required int Hidden { get; init; }

    public Returns Returns { get; init; }

    /// <summary>The D means that gaps fade towards; empty: 0, as standardised values have.</summary>
    /// <remarks>They are public, like the rest of a description, and are not learned.</remarks>
    public IReadOnlyList<double> Means { get; init; } = [];
}

/// <summary>A convolution over an image with square windows.</summary>
public sealed record Convolution2d : LayerDescription
{
    /// <summary>Channels that come out, 1 to 4096.</summary>
    public required int Channels { get; init; }

    /// <summary>Rows and columns of a window, 1 to the padded image.</summary>
    public required int Kernel { get; init; }

    public int Stride { get; init; } = 1;

    /// <summary>Zeros around the image, 0 to below the kernel.</summary>
    public int Padding { get; init; }

    public Curve Activation { get; init; }
}

/// <summary>The largest entry of each square window.</summary>
public sealed record MaxPool : LayerDescription
{
    public required int Size { get; init; }

    public required int Stride { get; init; }
}

/// <summary>The mean of each square window.</summary>
public sealed record AveragePool : LayerDescription
{
    public required int Size { get; init; }

    public required int Stride { get; init; }
}

/// <summary>A convolution along the steps of a sequence.</summary>
public sealed record Convolution1d : LayerDescription
{
    /// <summary>Features that come out, 1 to 4096.</summary>
    public required int Channels { get; init; }

    /// <summary>Steps of a window, 1 to the padded sequence.</summary>
    public required int Kernel { get; init; }

    public int Stride { get; init; } = 1;

    /// <summary>Zero steps before and after, 0 to below the kernel.</summary>
    public int Padding { get; init; }

    public Curve Activation { get; init; }
}

/// <summary>The features of a row, or of one step of it, to mean 0 and variance 1, then γ and β.</summary>
public sealed record LayerNorm : LayerDescription;

/// <summary>In training, entries that fall.</summary>
public sealed record Dropout : LayerDescription
{
    /// <summary>Share that falls, 0 to below 1.</summary>
    public required double Rate { get; init; }
}

/// <summary>A learned vector for each code of the input, which gives a sequence of as many steps.</summary>
public sealed record Embedding : LayerDescription
{
    /// <summary>Codes, 1 to 65536.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Features per code, 1 to 4096.</summary>
    public required int Width { get; init; }
}

/// <summary>y = x + f(x).</summary>
public sealed record Residual : LayerDescription
{
    /// <summary>f, which must keep the shape.</summary>
    public required IReadOnlyList<LayerDescription> Layers { get; init; }
}

/// <summary>Multi-head attention of the steps to each other.</summary>
public sealed record SelfAttention : LayerDescription
{
    /// <summary>Heads, a divisor of the features.</summary>
    public required int Heads { get; init; }
}

/// <summary>What becomes of the heads of a graph attention.</summary>
public enum HeadOutputs
{
    /// <summary>They stand side by side.</summary>
    Joined,

    /// <summary>Their mean.</summary>
    Averaged,
}

/// <summary>Attention of the nodes of a graph to their neighbours; a node is a step of the sequence.</summary>
/// <remarks>
/// Veličković et al., "Graph attention networks", ICLR 2018. The graph is part of the description, so it is public and
/// the same for all patients; every node also looks at itself.
/// </remarks>
public sealed record GraphAttention : LayerDescription
{
    /// <summary>Who looks at whom; none twice, and no node at itself, which it does anyway.</summary>
    public required IReadOnlyList<GraphEdge> Edges { get; init; }

    /// <summary>Features per head and node, 1 to 4096.</summary>
    public required int Width { get; init; }

    /// <summary>Heads, 1 to 64.</summary>
    public int Heads { get; init; } = 1;

    public HeadOutputs HeadOutputs { get; init; }

    public Curve Activation { get; init; }
}

/// <summary>Always refused: its statistics mix the patients of a batch.</summary>
/// <remarks>
/// A row's output would depend on the other rows, so there would be no gradient per patient to clip, and running
/// averages would leave the hospital without noise. <see cref="LayerNorm"/> does the same within one row.
/// </remarks>
public sealed record BatchNorm : LayerDescription;
