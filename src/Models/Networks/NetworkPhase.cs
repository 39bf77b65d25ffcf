namespace DigitalTwin.Models.Networks;

/// <summary>What is done with a part of a batch before all parts meet again.</summary>
internal enum NetworkPhase
{
    /// <summary>Outputs of the part's rows.</summary>
    Forward,

    /// <summary>Deltas of the part's rows.</summary>
    Backward,

    /// <summary>Deltas of the part's rows, norms of their patients, deltas clipped.</summary>
    BackwardAndClip,

    /// <summary>A share of the gradient's entries, over all rows.</summary>
    Gradient,
}
