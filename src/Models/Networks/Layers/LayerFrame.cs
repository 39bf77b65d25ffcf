using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>What one layer reads and writes while a batch of B rows passes through it.</summary>
/// <remarks>All buffers belong to the caller's workspace; a layer allocates nothing while it runs.</remarks>
internal ref struct LayerFrame
{
    public VectorWidth Width;

    /// <summary>B.</summary>
    public int Rows;

    /// <summary>Where in the whole batch the first of these rows stands: threads share a batch.</summary>
    public int FirstRow;

    /// <summary>The layer's own slice of the parameter vector.</summary>
    public ReadOnlySpan<float> Parameters;

    /// <summary>B × size of the input's shape.</summary>
    public ReadOnlySpan<float> Input;

    /// <summary>B × size of the output's shape.</summary>
    public Span<float> Output;

    /// <summary>dL/d(output), B × size of the output's shape.</summary>
    public Span<float> OutputGradient;

    /// <summary>dL/d(input), or empty where nobody wants it.</summary>
    public Span<float> InputGradient;

    /// <summary>What the forward pass leaves for the backward pass, and deltas for the parameters' gradient.</summary>
    public Span<float> Kept;

    /// <summary>Room that any layer may overwrite at any time.</summary>
    public Span<float> Scratch;

    /// <summary>B × steps of the network's input, 0 where a step is only padding; empty when all steps count.</summary>
    public ReadOnlySpan<float> StepMask;

    /// <summary>Whether dropout drops.</summary>
    public bool Training;

    /// <summary>Key of the dropout masks of this pass.</summary>
    public ulong DropoutSeed;

    /// <summary>Number of this pass, so that every step has masks of its own.</summary>
    public ulong DropoutStep;
}
