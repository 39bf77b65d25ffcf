namespace DigitalTwin.Models.Networks.Descriptions;

/// <summary>One node looks at another: <paramref name="Target"/> takes in what <paramref name="Source"/> holds.</summary>
/// <param name="Source">Number of a node, from 0.</param>
/// <param name="Target">Number of a node, from 0.</param>
public readonly record struct GraphEdge(int Source, int Target);
