namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Which of the two nodes that share a mask this one is.</summary>
public enum MaskSign
{
    /// <summary>The node whose name comes first in ordinal order adds.</summary>
    Add,

    /// <summary>The other node subtracts.</summary>
    Subtract,
}
